#include "conclave/http_core/origin.hpp"

#include <algorithm>

namespace conclave::http {
namespace {

/// "http://host:1" -> "host:1". The scheme does not matter: a proxy may have taken TLS off.
std::string_view authority_of(std::string_view origin) {
  const std::size_t at = origin.find("://");
  return at == std::string_view::npos ? std::string_view() : origin.substr(at + 3);
}

}  // namespace

Page page_of(const RequestHead& head) {
  const std::string* origin = head.fields.find("Origin");
  if (origin != nullptr) {
    const std::string_view authority = authority_of(*origin);
    return !authority.empty() && same_text(authority, head.fields.get("Host")) ? Page::own : Page::other;
  }
  const std::string* site = head.fields.find("Sec-Fetch-Site");
  if (site == nullptr || *site == "none") return Page::none;
  return *site == "same-origin" ? Page::own : Page::other;
}

bool is_listed(std::span<const std::string> origins, std::string_view origin) {
  return std::ranges::any_of(origins, [&](const std::string& each) { return each == "*" || each == origin; });
}

bool may_change(std::string_view method) { return method != "GET" && method != "HEAD" && method != "OPTIONS"; }

}  // namespace conclave::http
