#pragma once

#include <cstdint>

namespace conclave::protocol {

/// Four writable bytes at `at`.
inline void store_u32(char* at, std::uint32_t value) {
  for (int i = 0; i < 4; ++i) at[i] = static_cast<char>((value >> (8 * i)) & 0xff);
}
/// Eight writable bytes at `at`.
inline void store_u64(char* at, std::uint64_t value) {
  for (int i = 0; i < 8; ++i) at[i] = static_cast<char>((value >> (8 * i)) & 0xff);
}
/// Four readable bytes at `at`.
inline std::uint32_t load_u32(const char* at) {
  std::uint32_t value = 0;
  for (int i = 3; i >= 0; --i) value = (value << 8) | static_cast<unsigned char>(at[i]);
  return value;
}
/// Eight readable bytes at `at`.
inline std::uint64_t load_u64(const char* at) { return (static_cast<std::uint64_t>(load_u32(at + 4)) << 32) | load_u32(at); }

}  // namespace conclave::protocol
