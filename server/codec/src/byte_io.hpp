#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "conclave/base/bytes.hpp"

/// Little-endian numbers in plain byte strings.
namespace conclave::codec {

inline void append_u8(std::string& out, std::uint8_t value) { out.push_back(static_cast<char>(value)); }
inline void append_u32(std::string& out, std::uint32_t value) {
  char bytes[4];
  for (char& byte : bytes) {
    byte = static_cast<char>(value & 0xff);
    value >>= 8;
  }
  out.append(bytes, sizeof bytes);
}
inline void append_u64(std::string& out, std::uint64_t value) {
  append_u32(out, static_cast<std::uint32_t>(value));
  append_u32(out, static_cast<std::uint32_t>(value >> 32));
}

/// Reads from the front. Beyond the end it gives zeros and empty views, and ok() is false from then on.
class ByteReader {
 public:
  explicit ByteReader(ByteView bytes) : rest_(bytes) {}

  [[nodiscard]] std::uint8_t u8() {
    const ByteView view = take(1);
    return view.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(view[0]);
  }
  [[nodiscard]] std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
  [[nodiscard]] std::uint64_t u64() { return number(8); }
  ByteView take(std::size_t count) {
    if (count > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const ByteView view = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return view;
  }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::size_t left() const { return rest_.size(); }

 private:
  std::uint64_t number(std::size_t size) {
    const ByteView view = take(size);
    std::uint64_t value = 0;
    for (std::size_t i = view.size(); i > 0; --i) value = (value << 8) | static_cast<unsigned char>(view[i - 1]);
    return value;
  }

  ByteView rest_;
  bool ok_ = true;
};

}  // namespace conclave::codec
