#include "text.hpp"

namespace conclave::mvcc {

std::string beyond(std::string_view what, std::uint64_t number, std::string_view unit, std::uint64_t limit) {
  std::string text(what);
  text.append(" of ").append(std::to_string(number)).append(" ").append(unit);
  return text.append("; the limit is ").append(std::to_string(limit));
}

Unexpected too_large(std::string_view what, std::uint64_t number, std::string_view unit, std::uint64_t limit) {
  return fail(Errc::too_large, beyond(what, number, unit, limit));
}

std::string quoted(ByteView key) {
  constexpr std::size_t shown_max = 64;
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text = "\"";
  for (const char c : key.substr(0, shown_max)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\') {
      text += c;
    } else {
      text.append("\\x").append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
    }
  }
  return text.append(key.size() > shown_max ? "...\"" : "\"");
}

}  // namespace conclave::mvcc
