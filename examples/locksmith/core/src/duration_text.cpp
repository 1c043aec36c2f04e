#include "conclave/locksmith_core/duration_text.hpp"

#include <array>
#include <cstdint>

namespace conclave::locksmith {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t millis;
};
constexpr std::array<Unit, 5> units{{{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::int64_t millis_max = 366 * units[0].millis;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

Unexpected wrong(std::string_view text, std::string_view what) {
  return fail(Errc::invalid_argument, "'" + std::string(text) + "' is no duration such as 1h30m: " + std::string(what));
}

}  // namespace

Result<milliseconds> parse_duration(std::string_view text) {
  if (text.empty()) return wrong(text, "it is empty");
  if (text == "0") return milliseconds(0);
  std::int64_t total = 0;
  std::size_t next_unit = 0;
  for (std::size_t at = 0; at < text.size();) {
    std::int64_t number = 0;
    const std::size_t digits_at = at;
    while (at < text.size() && is_digit(text[at])) {
      number = number * 10 + (text[at++] - '0');
      if (number > millis_max) return wrong(text, "it is longer than a year");
    }
    if (at == digits_at) return wrong(text, "a whole number is missing");
    const std::size_t unit_at = at;
    while (at < text.size() && !is_digit(text[at])) ++at;
    const std::string_view name = text.substr(unit_at, at - unit_at);
    std::size_t unit = 0;
    while (unit < units.size() && units[unit].name != name) ++unit;
    if (unit == units.size()) return wrong(text, "the units are d, h, m, s and ms");
    if (unit < next_unit) return wrong(text, "larger units come first, and none twice");
    next_unit = unit + 1;
    if (number > millis_max / units[unit].millis) return wrong(text, "it is longer than a year");
    total += number * units[unit].millis;
  }
  if (total > millis_max) return wrong(text, "it is longer than a year");
  return milliseconds(total);
}

std::string duration_text(milliseconds span) {
  std::int64_t left = span.count();
  if (left == 0) return "0s";
  std::string text;
  if (left < 0) {
    text = "-";
    left = -left;
  }
  for (const Unit& unit : units) {
    if (left < unit.millis) continue;
    text += std::to_string(left / unit.millis) + std::string(unit.name);
    left %= unit.millis;
  }
  return text;
}

}  // namespace conclave::locksmith
