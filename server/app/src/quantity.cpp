#include "quantity.hpp"

#include <array>
#include <charconv>
#include <limits>
#include <utility>

namespace conclave::app {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::uint64_t second = 1'000'000'000;
constexpr std::array<Unit, 5> time_units = {
    {{"d", 86'400 * second}, {"h", 3600 * second}, {"m", 60 * second}, {"s", second}, {"ms", 1'000'000}}};
constexpr std::array<Unit, 5> byte_units = {
    {{"TiB", 1ULL << 40}, {"GiB", 1ULL << 30}, {"MiB", 1ULL << 20}, {"KiB", 1ULL << 10}, {"", 1}}};

/// The number at the front and what follows it.
Result<std::pair<std::uint64_t, std::string_view>> split(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return fail(Errc::invalid_argument, "not a number");
  return std::pair(number, text.substr(static_cast<std::size_t>(end - text.data())));
}

template <std::size_t N>
Result<std::uint64_t> scaled(std::string_view text, const std::array<Unit, N>& units) {
  const auto parts = split(text);
  if (!parts.has_value()) return fail(parts.error());
  for (const Unit& unit : units) {
    if (parts->second != unit.name) continue;
    if (parts->first > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / unit.factor) {
      return fail(Errc::too_large, "too large");
    }
    return parts->first * unit.factor;
  }
  return fail(Errc::invalid_argument, "unknown unit");
}

template <std::size_t N>
std::string text_of(std::uint64_t value, const std::array<Unit, N>& units) {
  for (const Unit& unit : units) {
    if (value % unit.factor == 0 && value != 0) return std::to_string(value / unit.factor) + std::string(unit.name);
  }
  return std::to_string(value / units.back().factor) + std::string(units.back().name);
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  const auto count = scaled(text, time_units);
  if (!count.has_value()) return fail(count.error());
  return Duration(static_cast<std::int64_t>(*count));
}

Result<std::uint64_t> parse_bytes(std::string_view text) { return scaled(text, byte_units); }

Result<std::uint64_t> parse_number(std::string_view text) {
  const auto parts = split(text);
  if (!parts.has_value()) return fail(parts.error());
  if (!parts->second.empty()) return fail(Errc::invalid_argument, "not a whole number");
  return parts->first;
}

std::string duration_text(Duration duration) { return text_of(static_cast<std::uint64_t>(duration.count()), time_units); }
std::string bytes_text(std::uint64_t bytes) { return text_of(bytes, byte_units); }

}  // namespace conclave::app
