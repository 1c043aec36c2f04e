#include "conclave/gateway_core/base64.hpp"

#include <array>
#include <cstdint>

namespace conclave::gateway {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t no_digit = 0xff;

constexpr std::array<std::uint8_t, 256> digits = [] {
  std::array<std::uint8_t, 256> table{};
  table.fill(no_digit);
  for (std::uint8_t i = 0; i < 64; ++i) table[static_cast<std::uint8_t>(alphabet[i])] = i;
  table[static_cast<std::uint8_t>('-')] = 62;
  table[static_cast<std::uint8_t>('_')] = 63;
  return table;
}();

std::uint32_t byte_at(ByteView bytes, std::size_t at) { return at < bytes.size() ? static_cast<std::uint8_t>(bytes[at]) : 0U; }

}  // namespace

void append_base64(std::string& out, ByteView bytes) {
  const std::size_t start = out.size();
  out.resize(start + (bytes.size() + 2) / 3 * 4, '=');
  char* to = out.data() + start;
  for (std::size_t i = 0; i < bytes.size(); i += 3, to += 4) {
    const std::uint32_t group = (byte_at(bytes, i) << 16U) | (byte_at(bytes, i + 1) << 8U) | byte_at(bytes, i + 2);
    to[0] = alphabet[group >> 18U];
    to[1] = alphabet[(group >> 12U) & 63U];
    if (i + 1 < bytes.size()) to[2] = alphabet[(group >> 6U) & 63U];
    if (i + 2 < bytes.size()) to[3] = alphabet[group & 63U];
  }
}

std::optional<std::string> from_base64(std::string_view text) {
  const std::size_t given = text.size();
  while (!text.empty() && text.back() == '=' && given - text.size() < 2) text.remove_suffix(1);
  if (text.size() != given && given % 4 != 0) return std::nullopt;
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out;
  out.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const std::uint8_t digit = digits[static_cast<std::uint8_t>(c)];
    if (digit == no_digit) return std::nullopt;
    bits = (bits << 6U) | digit;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out.push_back(static_cast<char>(static_cast<std::uint8_t>(bits >> count)));
  }
  return out;
}

}  // namespace conclave::gateway
