#include "conclave/locksmith_report/text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace conclave::locksmith::report {
namespace {

constexpr char32_t replacement = 0xFFFD;

struct Decoded {
  char32_t point = replacement;
  std::size_t bytes = 1;
  bool valid = false;
};

/// The first character; an overlong form, a surrogate or a broken sequence is not valid and one byte long.
Decoded decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1, true};
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return {};
  char32_t point = first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    point = (point << 6) | (byte(i) & 0x3FU);
  }
  constexpr std::array<char32_t, 5> least = {0, 0, 0x80, 0x800, 0x10000};
  if (point < least[length] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return {};
  return {point, length, true};
}

struct Span {
  char32_t first;
  char32_t last;
};
template <std::size_t N>
bool is_in(const std::array<Span, N>& spans, char32_t point) {
  return std::any_of(spans.begin(), spans.end(), [&](const Span& span) { return point >= span.first && point <= span.last; });
}

/// Controls, and what changes how the text around it is shown.
bool is_obeyed(char32_t point) {
  static constexpr std::array<Span, 12> spans = {{{0x00, 0x1F},
                                                  {0x7F, 0x9F},
                                                  {0xAD, 0xAD},
                                                  {0x61C, 0x61C},
                                                  {0x180E, 0x180E},
                                                  {0x200B, 0x200F},
                                                  {0x2028, 0x202E},
                                                  {0x2060, 0x206F},
                                                  {0xFE00, 0xFE0F},
                                                  {0xFEFF, 0xFEFF},
                                                  {0xFFF0, 0xFFFB},
                                                  {0xE0000, 0xE0FFF}}};
  return is_in(spans, point);
}

/// Marks that stand on the character before them.
bool is_combining(char32_t point) {
  static constexpr std::array<Span, 5> spans = {
      {{0x300, 0x36F}, {0x483, 0x489}, {0x1AB0, 0x1AFF}, {0x20D0, 0x20FF}, {0xFE20, 0xFE2F}}};
  return is_in(spans, point);
}

bool is_wide(char32_t point) {
  static constexpr std::array<Span, 9> spans = {{{0x1100, 0x115F},
                                                 {0x2E80, 0x303E},
                                                 {0x3041, 0xA4CF},
                                                 {0xAC00, 0xD7A3},
                                                 {0xF900, 0xFAFF},
                                                 {0xFE30, 0xFE6F},
                                                 {0xFF00, 0xFF60},
                                                 {0x1F300, 0x1FAFF},
                                                 {0x20000, 0x3FFFD}}};
  return is_in(spans, point);
}

std::size_t columns_of(char32_t point) { return is_combining(point) ? 0 : is_wide(point) ? 2 : 1; }

struct Civil {
  std::int64_t year;
  unsigned month, day, hour, minute, second;
};

/// Days to civil date in the proleptic Gregorian calendar, counted in eras of 400 years from a March 1st.
std::optional<Civil> civil_of(std::int64_t millis) {
  constexpr std::int64_t day_seconds = 86'400;
  std::int64_t seconds = millis / 1000 - (millis % 1000 < 0 ? 1 : 0);
  std::int64_t days = seconds / day_seconds - (seconds % day_seconds < 0 ? 1 : 0);
  seconds -= days * day_seconds;
  days += 719'468;
  const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const std::int64_t of_era = days - era * 146'097;
  const std::int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36'524 - of_era / 146'096) / 365;
  const std::int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_from_march = (5 * of_year + 2) / 153;
  const std::int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  const std::int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  if (year < 0 || year > 9999) return std::nullopt;
  const auto number = [](std::int64_t value) { return static_cast<unsigned>(value); };
  return Civil{year,
               number(month),
               number(of_year - (153 * month_from_march + 2) / 5 + 1),
               number(seconds / 3600),
               number(seconds / 60 % 60),
               number(seconds % 60)};
}

std::string formatted(const Civil& civil, char between) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04u-%02u-%02u%c%02u:%02u:%02uZ", static_cast<unsigned>(civil.year), civil.month,
                civil.day, between, civil.hour, civil.minute, civil.second);
  return text.data();
}

std::string padded(std::int64_t number) { return (number < 10 ? "0" : "") + std::to_string(number); }

}  // namespace

std::string clean(std::string_view text, bool unicode) {
  std::string out;
  while (!text.empty()) {
    const Decoded one = decode(text);
    if (one.valid && !is_obeyed(one.point) && (unicode || one.point < 0x80))
      out.append(text.substr(0, one.bytes));
    else
      out += unicode ? "\xEF\xBF\xBD" : "?";
    text.remove_prefix(one.bytes);
  }
  return out;
}

std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const Decoded one = decode(text);
    width += columns_of(one.point);
    text.remove_prefix(one.bytes);
  }
  return width;
}

std::string shorten(std::string_view text, std::size_t width, bool unicode) {
  if (width_of(text) <= width) return std::string(text);
  const std::string_view ellipsis = unicode ? "\xE2\x80\xA6" : "~";
  if (width == 0) return {};
  std::string out;
  std::size_t used = 1;  // the ellipsis
  while (!text.empty()) {
    const Decoded one = decode(text);
    used += columns_of(one.point);
    if (used > width) break;
    out.append(text.substr(0, one.bytes));
    text.remove_prefix(one.bytes);
  }
  return out.append(ellipsis);
}

std::string span_text(std::int64_t millis) {
  const std::int64_t seconds = std::max<std::int64_t>(millis, 0) / 1000;
  const std::int64_t minutes = seconds / 60;
  const std::int64_t hours = minutes / 60;
  if (seconds < 60) return std::to_string(seconds) + "s";
  if (minutes < 60)
    return std::to_string(minutes) + "m" + (minutes < 10 && seconds % 60 != 0 ? " " + padded(seconds % 60) + "s" : "");
  if (hours < 24) return std::to_string(hours) + "h" + (minutes % 60 != 0 ? " " + padded(minutes % 60) + "m" : "");
  return std::to_string(hours / 24) + "d" + (hours % 24 != 0 ? " " + padded(hours % 24) + "h" : "");
}

std::string time_text(std::int64_t millis_since_1970) {
  const auto civil = civil_of(millis_since_1970);
  return civil ? formatted(*civil, ' ') : "-";
}

std::optional<std::string> rfc3339(std::int64_t millis_since_1970) {
  const auto civil = civil_of(millis_since_1970);
  if (!civil) return std::nullopt;
  return formatted(*civil, 'T');
}

std::string count_text(std::uint64_t count, std::string_view singular, std::string_view plural) {
  std::string text = std::to_string(count) + " ";
  if (count == 1) return text.append(singular);
  return plural.empty() ? text.append(singular).append("s") : text.append(plural);
}

}  // namespace conclave::locksmith::report
