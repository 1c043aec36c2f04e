#include "conclave/locksmith_core/windows.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "conclave/locksmith_core/duration_text.hpp"

namespace conclave::locksmith {
namespace {

constexpr std::int64_t day_seconds = 86'400;
constexpr milliseconds week = milliseconds(7 * day_seconds * 1000);
constexpr std::array<std::string_view, 7> day_names{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b != 0 && (a % b < 0) != (b < 0) ? 1 : 0); }

/// 1970-01-01 was a Thursday.
Weekday weekday_of(std::int64_t day) {
  const std::int64_t since_sunday = (day + 4) - floor_div(day + 4, 7) * 7;
  return static_cast<Weekday>(since_sunday);
}

bool opens_on(const Window& window, std::int64_t day) {
  return window.days.empty() || std::find(window.days.begin(), window.days.end(), weekday_of(day)) != window.days.end();
}

struct Span {
  WallMillis from;
  WallMillis until;
};

/// Every time that a window is open and that ends after `now`, up to those that open eight days later.
std::vector<Span> spans_around(const std::vector<Window>& windows, const OffsetAt& zone, WallMillis now) {
  std::vector<Span> spans;
  const std::int64_t now_seconds = floor_div(now, 1000);
  const std::int64_t today = floor_div(now_seconds + zone(now_seconds), day_seconds);
  for (const Window& window : windows) {
    const std::int64_t days_long = window.length.count() / (day_seconds * 1000) + 2;
    for (std::int64_t day = today - days_long; day <= today + 9; ++day) {
      if (!opens_on(window, day)) continue;
      const std::int64_t local = day * day_seconds + static_cast<std::int64_t>(window.start_minute) * 60;
      const WallMillis from = utc_of_local(local, zone) * 1000;
      if (from + window.length.count() > now) spans.push_back({from, from + window.length.count()});
    }
  }
  std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) { return a.from < b.from; });
  return spans;
}

}  // namespace

OffsetAt fixed_offset(std::int64_t seconds) {
  return [seconds](std::int64_t) { return seconds; };
}

std::string_view name_of(Weekday day) { return day_names[static_cast<std::size_t>(day)].substr(0, 3); }

std::optional<Weekday> weekday_from(std::string_view text) {
  if (text.size() < 3) return std::nullopt;
  for (std::size_t i = 0; i < day_names.size(); ++i) {
    const std::string_view name = day_names[i].substr(0, text.size());
    const auto same = [](char a, char b) { return a == lower(b); };
    if (name.size() == text.size() && std::equal(name.begin(), name.end(), text.begin(), same)) return static_cast<Weekday>(i);
  }
  return std::nullopt;
}

Result<std::uint32_t> parse_time_of_day(std::string_view text) {
  const auto digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '9'; };
  const auto number = [&](std::size_t at) { return static_cast<std::uint32_t>((text[at] - '0') * 10 + (text[at + 1] - '0')); };
  const bool shaped = text.size() == 5 && text[2] == ':' && digit(0) && digit(1) && digit(3) && digit(4);
  if (!shaped || number(0) > 23 || number(3) > 59)
    return fail(Errc::invalid_argument, "'" + std::string(text) + "' is no time of day from 00:00 to 23:59");
  return number(0) * 60 + number(3);
}

std::string time_of_day_text(std::uint32_t minute) {
  const auto two = [](std::uint32_t number) { return (number < 10 ? "0" : "") + std::to_string(number); };
  return two(minute / 60) + ":" + two(minute % 60);
}

Result<Window> parse_window(std::string_view start, std::string_view length) {
  Window window;
  if (const std::size_t space = start.find(' '); space != std::string_view::npos) {
    std::string_view days = start.substr(0, space);
    start.remove_prefix(space + 1);
    while (true) {
      const std::size_t comma = days.find(',');
      const auto day = weekday_from(days.substr(0, comma));
      if (!day) return fail(Errc::invalid_argument, "'" + std::string(days.substr(0, comma)) + "' is no day of the week");
      if (std::find(window.days.begin(), window.days.end(), *day) != window.days.end())
        return fail(Errc::invalid_argument, "'" + std::string(name_of(*day)) + "' stands twice in the days of a window");
      window.days.push_back(*day);
      if (comma == std::string_view::npos) break;
      days.remove_prefix(comma + 1);
    }
    std::sort(window.days.begin(), window.days.end());
  }
  const auto minute = parse_time_of_day(start);
  if (!minute) return fail(minute.error());
  const auto span = parse_duration(length);
  if (!span) return fail(span.error());
  if (span->count() <= 0 || *span > week)
    return fail(Errc::invalid_argument,
                "a window is open for more than nothing and at most a week, not for '" + std::string(length) + "'");
  window.start_minute = *minute;
  window.length = *span;
  return window;
}

std::string window_text(const Window& window) {
  std::string text;
  for (const Weekday day : window.days) text += (text.empty() ? "" : ",") + std::string(name_of(day));
  return text + (text.empty() ? "" : " ") + time_of_day_text(window.start_minute) + " " + duration_text(window.length);
}

std::int64_t utc_of_local(std::int64_t local, const OffsetAt& zone) {
  // A day before and a day after, clocks have been changed at most once; what they show is one of these two apart from UTC.
  const std::int64_t before = zone(local - day_seconds);
  const std::int64_t after = zone(local + day_seconds);
  std::int64_t found = std::numeric_limits<std::int64_t>::max();
  for (const std::int64_t offset : {before, after})
    if (zone(local - offset) == offset) found = std::min(found, local - offset);
  if (found != std::numeric_limits<std::int64_t>::max()) return found;
  // No clock ever shows it: the moment at which it is skipped lies between the two.
  std::int64_t low = std::min(local - before, local - after);
  std::int64_t high = std::max(local - before, local - after);
  while (high - low > 1) {
    const std::int64_t middle = low + (high - low) / 2;
    (zone(middle) == before ? low : high) = middle;
  }
  return high;
}

bool is_open(const std::vector<Window>& windows, const OffsetAt& zone, WallMillis now) {
  if (windows.empty()) return true;
  const auto spans = spans_around(windows, zone, now);
  return std::any_of(spans.begin(), spans.end(), [&](const Span& span) { return span.from <= now; });
}

WallMillis next_opening(const std::vector<Window>& windows, const OffsetAt& zone, WallMillis now) {
  if (windows.empty()) return now;
  const auto spans = spans_around(windows, zone, now);
  return spans.empty() ? now + week.count() : std::max(now, spans.front().from);
}

std::optional<WallMillis> closing(const std::vector<Window>& windows, const OffsetAt& zone, WallMillis now) {
  if (windows.empty()) return std::nullopt;
  WallMillis until = now;
  for (const Span& span : spans_around(windows, zone, now))
    if (span.from <= until) until = std::max(until, span.until);
  if (until - now > 8 * day_seconds * 1000) return std::nullopt;
  return until;
}

}  // namespace conclave::locksmith
