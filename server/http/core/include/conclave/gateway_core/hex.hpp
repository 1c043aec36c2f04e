#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace conclave::gateway {

/// As etcd writes numbers of members and leases where they are text: without zeros in front.
[[nodiscard]] inline std::string hex(std::uint64_t number) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (; number != 0; number >>= 4U) out.insert(out.begin(), digits[number & 15U]);
  return out.empty() ? "0" : out;
}

}  // namespace conclave::gateway
