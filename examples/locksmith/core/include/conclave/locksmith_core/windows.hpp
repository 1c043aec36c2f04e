#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conclave/base/result.hpp"
#include "conclave/base/time.hpp"

/// When machines may reboot: times of the week in a zone.
namespace conclave::locksmith {

/// Milliseconds since 1970, UTC.
using WallMillis = std::int64_t;

/// What a zone is: how many seconds its clocks are ahead of UTC at a moment (seconds since 1970). Whoever has the zone database
/// gives it; the arithmetic here needs nothing else.
using OffsetAt = std::function<std::int64_t(std::int64_t utc_seconds)>;
/// A zone whose clocks never change.
[[nodiscard]] OffsetAt fixed_offset(std::int64_t seconds);

enum class Weekday : std::uint8_t { sunday, monday, tuesday, wednesday, thursday, friday, saturday };
/// "mon"
[[nodiscard]] std::string_view name_of(Weekday day);
/// "Mon", "monday", ...: at least three letters, in any case.
[[nodiscard]] std::optional<Weekday> weekday_from(std::string_view text);

/// Opens at a time of day and stays open for so long by a stopwatch, whatever clocks are changed meanwhile: a window of 1h30m has
/// 1h30m. If clocks skip the time of its start, it opens at the moment when they do; if they show it twice, the first time.
struct Window {
  std::vector<Weekday> days;       ///< on which it opens, each once; none: all
  std::uint32_t start_minute = 0;  ///< of the day by the zone's clocks, below 1440
  milliseconds length{0};          ///< above zero, at most a week
  bool operator==(const Window&) const = default;
};

/// "Mon,Thu 02:00" or "02:00", the second with a duration such as "1h30m".
[[nodiscard]] Result<Window> parse_window(std::string_view start, std::string_view length);
/// "HH:MM" as minutes of the day.
[[nodiscard]] Result<std::uint32_t> parse_time_of_day(std::string_view text);
[[nodiscard]] std::string time_of_day_text(std::uint32_t minute);
/// "mon,thu 02:00 1h30m"
[[nodiscard]] std::string window_text(const Window& window);

/// Whether any of the windows is open. No windows: always.
[[nodiscard]] bool is_open(const std::vector<Window>& windows, const OffsetAt& zone, WallMillis now);
/// When the first of them opens, from `now` on; `now` itself if one is open.
[[nodiscard]] WallMillis next_opening(const std::vector<Window>& windows, const OffsetAt& zone, WallMillis now);
/// Until when what is open at `now` stays open without a break, looking ahead eight days; `now` if nothing is open, nothing if it
/// has no end in that time.
[[nodiscard]] std::optional<WallMillis> closing(const std::vector<Window>& windows, const OffsetAt& zone, WallMillis now);

/// The moment when the zone's clocks show so many seconds since 1970 "as if they were UTC", by the rules of Window.
[[nodiscard]] std::int64_t utc_of_local(std::int64_t local_seconds, const OffsetAt& zone);

}  // namespace conclave::locksmith
