#include "conclave/locksmith_core/windows.hpp"

#include <algorithm>

#include "conclave/base/prng.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::locksmith;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t hour = 3'600'000;
/// 2026-03-29 01:00 UTC: clocks of Berlin go from 02:00 to 03:00.
constexpr WallMillis spring = 1'774'746'000'000;
/// 2026-10-25 01:00 UTC: they go from 03:00 back to 02:00.
constexpr WallMillis autumn = 1'792'890'000'000;

std::int64_t berlin(std::int64_t utc_seconds) { return utc_seconds * 1000 >= spring && utc_seconds * 1000 < autumn ? 7200 : 3600; }

std::vector<Window> one(std::string_view start, std::string_view length) { return {*parse_window(start, length)}; }

}  // namespace

TEST_CASE("without windows it is always open") {
  CHECK(is_open({}, berlin, spring));
  CHECK(next_opening({}, berlin, spring) == spring);
  CHECK_FALSE(closing({}, berlin, spring));
}

TEST_CASE("a window opens at a time of day in its zone") {
  const auto windows = one("02:00", "1h30m");
  const WallMillis day = spring - 3 * 24 * hour;  // 02:00 of Berlin is 01:00 UTC
  CHECK_FALSE(is_open(windows, berlin, day - 1));
  CHECK(is_open(windows, berlin, day));
  CHECK(is_open(windows, berlin, day + 90 * 60'000 - 1));
  CHECK_FALSE(is_open(windows, berlin, day + 90 * 60'000));
  CHECK(next_opening(windows, berlin, day + 90 * 60'000) == day + 24 * hour);
  CHECK(*closing(windows, berlin, day + 5) == day + 90 * 60'000);
}

TEST_CASE("a window opens on its days only, and stays open past midnight") {
  const auto windows = one("Sat 23:00", "4h");
  const WallMillis saturday = spring - 2 * hour - hour;  // 23:00 of Saturday 2026-03-28 in Berlin is 22:00 UTC
  CHECK(is_open(windows, berlin, saturday));
  CHECK(is_open(windows, berlin, saturday + 4 * hour - 1));  // Sunday 04:00 by the new time, four hours by a stopwatch
  CHECK_FALSE(is_open(windows, berlin, saturday + 4 * hour));
  CHECK_FALSE(is_open(windows, berlin, saturday - 24 * hour));
  CHECK(next_opening(windows, berlin, saturday + 4 * hour) == saturday + 7 * 24 * hour - hour);  // an hour earlier by UTC
}

TEST_CASE("a start that clocks skip is the moment when they do") {
  const auto windows = one("02:30", "1h");
  CHECK_FALSE(is_open(windows, berlin, spring - 1));
  CHECK(is_open(windows, berlin, spring));
  CHECK(is_open(windows, berlin, spring + hour - 1));
  CHECK_FALSE(is_open(windows, berlin, spring + hour));
}

TEST_CASE("a start that clocks show twice counts the first time") {
  const auto windows = one("02:30", "1h");
  const WallMillis first = autumn - hour / 2;
  CHECK_FALSE(is_open(windows, berlin, first - 1));
  CHECK(is_open(windows, berlin, first));
  CHECK(is_open(windows, berlin, first + hour - 1));
  CHECK_FALSE(is_open(windows, berlin, first + hour));  // 02:30 once more
  CHECK(next_opening(windows, berlin, first + hour) == first + 25 * hour);
}

TEST_CASE("a window that lasts a week never closes") {
  const auto windows = one("mon 00:00", "7d");
  CHECK(is_open(windows, berlin, spring));
  CHECK(is_open(windows, berlin, autumn + 12345));
  CHECK_FALSE(closing(windows, fixed_offset(0), spring));
}

TEST_CASE("a window is open from its opening for its length, whatever clocks do meanwhile") {
  Prng prng(17);
  for (int round = 0; round < 2000; ++round) {
    std::vector<Window> windows;
    for (std::uint64_t i = prng.between(1, 3); i > 0; --i) {
      Window window{{}, static_cast<std::uint32_t>(prng.below(1440)), milliseconds(prng.between(60'000, 30 * 3'600'000))};
      for (std::uint8_t day = 0; day < 7; ++day)
        if (prng.chance(1, 3)) window.days.push_back(static_cast<Weekday>(day));
      windows.push_back(std::move(window));
    }
    const WallMillis around = prng.chance(1, 2) ? spring : autumn;
    const WallMillis now = around - 4 * 24 * hour + static_cast<WallMillis>(prng.below(8 * 24 * hour));
    const WallMillis opens = next_opening(windows, berlin, now);
    INFO(now << " " << opens);
    REQUIRE(opens >= now);
    CHECK(is_open(windows, berlin, opens));
    CHECK(is_open(windows, berlin, now) == (opens == now));
    if (opens > now) CHECK_FALSE(is_open(windows, berlin, opens - 1));
    const auto closes = closing(windows, berlin, opens);
    if (!closes) continue;
    CHECK_FALSE(is_open(windows, berlin, *closes));
    CHECK(is_open(windows, berlin, *closes - 1));
    const auto shortest =
        std::min_element(windows.begin(), windows.end(), [](auto& a, auto& b) { return a.length < b.length; })->length;
    if (opens > now) CHECK(*closes - opens >= shortest.count());
  }
}

TEST_CASE("windows of locksmith 0.6 are read") {
  CHECK(window_text(*parse_window("Mon 04:05", "1h")) == "mon 04:05 1h");
  CHECK(window_text(*parse_window("Thu,mon 04:05", "1h")) == "mon,thu 04:05 1h");
  CHECK(window_text(*parse_window("14:00", "1h30m")) == "14:00 1h30m");
  for (const char* const start : {"", "4:05", "24:00", "23:60", "Foo 04:05", "mon, 04:05", "mon,mon 04:05", "12:00 mon"}) {
    INFO(start);
    CHECK_FALSE(parse_window(start, "1h"));
  }
  CHECK_FALSE(parse_window("14:00", "8d"));
  CHECK_FALSE(parse_window("14:00", "0s"));
}
