#include "origins.hpp"

#include <algorithm>

namespace conclave::dashboard {
namespace {

bool is_plain(char byte) {
  const bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
  return letter || (byte >= '0' && byte <= '9') || std::string_view(".:-[]").find(byte) != std::string_view::npos;
}

}  // namespace

std::vector<std::string> origins_of(const raft::Membership& membership, bool tls) {
  std::vector<std::string> origins;
  for (const raft::Member& member : membership.members) {
    const std::string& address = member.http_address;
    if (!address.empty() && std::ranges::all_of(address, is_plain)) origins.push_back((tls ? "https://" : "http://") + address);
  }
  return origins;
}

http::Fields page_fields(const std::vector<std::string>& members) {
  std::string connect = "'self'";
  for (const std::string& origin : members) connect += " " + origin;
  return {{"Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src " +
                                          connect + "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
          {"X-Content-Type-Options", "nosniff"},
          {"X-Frame-Options", "DENY"},
          {"Referrer-Policy", "no-referrer"},
          {"Cache-Control", "no-cache"}};
}

http::Fields reader_fields(std::string_view origin, const std::vector<std::string>& members, const std::vector<std::string>& cors) {
  const bool member = std::ranges::find(members, origin) != members.end();
  const bool allowed = std::ranges::any_of(cors, [&](const std::string& each) { return each == "*" || each == origin; });
  if (origin.empty() || (!member && !allowed)) return {};
  http::Fields fields = {{"Access-Control-Allow-Origin", std::string(origin)}, {"Vary", "Origin"}};
  // Members that ask for certificates are shown the one the browser has; pages of strangers are not given that.
  if (member) fields.add("Access-Control-Allow-Credentials", "true");
  return fields;
}

}  // namespace conclave::dashboard
