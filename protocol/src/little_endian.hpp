#pragma once

#include <cstdint>
#include <string>

namespace conclave::protocol {

inline void append_u32(std::string& out, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<char>((value >> shift) & 0xff));
}
inline void append_u64(std::string& out, std::uint64_t value) {
  for (int shift = 0; shift < 64; shift += 8) out.push_back(static_cast<char>((value >> shift) & 0xff));
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
