#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "conclave/base/result.hpp"

namespace conclave::transport {

/// HOST:PORT taken apart; an IPv6 host loses its brackets.
struct Address {
  std::string host;
  std::uint16_t port = 0;
  bool operator==(const Address&) const = default;
};

/// Accepts "127.0.0.1:7400", "db1.example:7400", "[::1]:7400". Port 0 is allowed only with `any_port` (the system chooses).
[[nodiscard]] Result<Address> parse_address(std::string_view text, bool any_port = false);

/// True for 0.0.0.0 and ::, which say where to listen but not where others connect.
[[nodiscard]] bool is_wildcard(const Address& address);

}  // namespace conclave::transport
