#include "conclave/http_core/target.hpp"

namespace conclave::http {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

}  // namespace

Result<std::string> decode_percent(std::string_view text, bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      decoded += ' ';
    } else if (text[i] != '%') {
      decoded += text[i];
    } else {
      const int high = i + 1 < text.size() ? hex_value(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
      if (high < 0 || low < 0) {
        return fail(Errc::malformed, "the '%' at byte " + std::to_string(i) + " is not followed by two hexadecimal digits");
      }
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return decoded;
}

std::string encode_percent(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (is_unreserved(c)) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += '%';
    encoded += digits[byte >> 4];
    encoded += digits[byte & 15];
  }
  return encoded;
}

Result<Parameters> parse_parameters(std::string_view text, std::size_t parameters_max) {
  Parameters parameters;
  while (!text.empty()) {
    const auto ampersand = text.find('&');
    const std::string_view one = text.substr(0, ampersand);
    text.remove_prefix(ampersand == std::string_view::npos ? text.size() : ampersand + 1);
    if (one.empty()) continue;
    if (parameters.all().size() == parameters_max) {
      return fail(Errc::too_large, "more than " + std::to_string(parameters_max) + " parameters");
    }
    const auto equals = one.find('=');
    auto name = decode_percent(one.substr(0, equals), true);
    if (!name.has_value()) return fail(name.error());
    auto value = decode_percent(equals == std::string_view::npos ? std::string_view() : one.substr(equals + 1), true);
    if (!value.has_value()) return fail(value.error().code, "parameter " + *name + ": " + value.error().context);
    parameters.add(std::move(*name), std::move(*value));
  }
  return parameters;
}

bool is_form(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (!type.empty() && type.back() == ' ') type.remove_suffix(1);
  return same_text(type, "application/x-www-form-urlencoded");
}

}  // namespace conclave::http
