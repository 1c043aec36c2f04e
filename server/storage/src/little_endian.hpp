#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>

#include "conclave/base/bytes.hpp"

namespace conclave::storage {

template <std::unsigned_integral T>
void put_little_endian(std::string& out, T number) {
  std::array<char, sizeof(T)> bytes;
  for (std::size_t i = 0; i < sizeof(T); ++i) bytes[i] = static_cast<char>((number >> (8 * i)) & 0xff);
  out.append(bytes.data(), bytes.size());
}

/// `offset` + sizeof(T) must lie within the bytes.
template <std::unsigned_integral T>
[[nodiscard]] T get_little_endian(ByteView bytes, std::size_t offset) {
  T number = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    number = static_cast<T>(number | static_cast<T>(static_cast<T>(static_cast<unsigned char>(bytes[offset + i])) << (8 * i)));
  }
  return number;
}

}  // namespace conclave::storage
