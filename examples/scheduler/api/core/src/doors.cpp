#include "conclave/scheduler_api/doors.hpp"

#include <algorithm>

namespace conclave::scheduler::api {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Without the port: "[::1]:80" is "[::1]".
std::string_view name_in(std::string_view host) {
  if (const auto end = host.find(']'); host.starts_with('[') && end != std::string_view::npos) return host.substr(0, end + 1);
  return host.substr(0, host.find(':'));
}

/// Of the form of an address: no name server can make it lead anywhere else.
bool is_address(std::string_view name) {
  if (name.starts_with('[')) return name.ends_with(']');
  return !name.empty() && is_digit(name.back()) &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_digit(c) || c == '.'; });
}

bool has(const std::vector<std::string>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& each) { return http::same_text(each, name); });
}

std::string_view authority_of(std::string_view origin) {
  const auto slashes = origin.find("://");
  return slashes == std::string_view::npos ? std::string_view() : origin.substr(slashes + 3);
}

}  // namespace

std::optional<Trouble> refuse_host(const http::RequestHead& head, const Doors& doors) {
  const std::string_view name = name_in(head.fields.get("Host"));
  if (name.empty() || is_address(name) || http::same_text(name, "localhost") || has(doors.hosts, name) || has(doors.hosts, "*"))
    return std::nullopt;
  return Trouble{403, "unknown_host", "Host",
                 "'" + std::string(name) + "' is no name of this interface; --allow-host makes it one"};
}

std::optional<Trouble> refuse_stranger(const http::RequestHead& head, const Doors& doors) {
  if (auto refused = refuse_host(head, doors)) return refused;
  const std::string_view site = head.fields.get("Sec-Fetch-Site");
  const std::string_view origin = head.fields.get("Origin");
  if (!origin.empty() && has(doors.origins, origin)) return std::nullopt;
  if (!site.empty() && site != "same-origin" && site != "none")
    return Trouble{403, "cross_site", "Sec-Fetch-Site", "a page of another site may not ask this"};
  const bool is_own = origin.empty() || site == "same-origin" || http::same_text(authority_of(origin), head.fields.get("Host"));
  if (!is_own) return Trouble{403, "cross_site", "Origin", "a page of '" + std::string(origin) + "' may not ask this"};
  return std::nullopt;
}

}  // namespace conclave::scheduler::api
