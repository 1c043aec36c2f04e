#include <array>
#include <cstdint>

#include "conclave/http_core/response.hpp"

namespace conclave::http {
namespace {

/// The bytes of the UTF-8 sequence at the front; 0 if there is none (overlong forms and surrogates are none).
std::size_t sequence_at_front(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = byte(0);
  const std::size_t size = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (size == 0 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const bool overlong = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xf0 && byte(1) < 0x90);
  const bool no_character = (first == 0xed && byte(1) > 0x9f) || (first == 0xf4 && byte(1) > 0x8f);
  return overlong || no_character ? 0 : size;
}

void append_ascii(std::string& to, char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  if (c == '"' || c == '\\') {
    to += '\\';
    to += c;
  } else if (c == '\n') {
    to += "\\n";
  } else if (static_cast<std::uint8_t>(c) < 0x20 || c == 0x7f) {
    const auto byte = static_cast<std::uint8_t>(c);
    to.append("\\u00") += digits[byte >> 4];
    to += digits[byte & 15];
  } else {
    to += c;
  }
}

}  // namespace

std::string json_quote(std::string_view text) {
  std::string quoted = "\"";
  while (!text.empty()) {
    const std::size_t size = sequence_at_front(text);
    if (size == 0) quoted += "\xef\xbf\xbd";
    if (size == 1) append_ascii(quoted, text.front());
    if (size > 1) quoted.append(text.substr(0, size));
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return quoted + '"';
}

std::string json_error(const Refusal& refusal) {
  return "{\"error\":" + json_quote(refusal.text) + ",\"kind\":" + json_quote(refusal.kind) + "}\n";
}

}  // namespace conclave::http
