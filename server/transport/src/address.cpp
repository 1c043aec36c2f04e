#include "conclave/transport/address.hpp"

#include <charconv>

namespace conclave::transport {
namespace {

constexpr std::size_t host_bytes_max = 253;

bool is_host(std::string_view host, bool bracketed) {
  if (host.empty() || host.size() > host_bytes_max) return false;
  for (const char c : host) {
    const bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!alnum && c != '.' && c != '-' && c != '_' && !(bracketed && (c == ':' || c == '%'))) return false;
  }
  return true;
}

}  // namespace

Result<Address> parse_address(std::string_view text, bool any_port) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return fail(Errc::invalid_argument, "there is no port");
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (!is_host(host, bracketed)) return fail(Errc::invalid_argument, "the host is not a name or an address");
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size() || digits.empty()) {
    return fail(Errc::invalid_argument, "the port is not a number up to 65535");
  }
  if (port == 0 && !any_port) return fail(Errc::invalid_argument, "the port must not be 0");
  return Address{std::string(host), port};
}

bool is_wildcard(const Address& address) { return address.host == "0.0.0.0" || address.host == "::"; }

}  // namespace conclave::transport
