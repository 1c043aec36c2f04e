#include "open_loop.hpp"

#include "conclave/test/catch.hpp"

using namespace conclave::bench;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("operations are meant to start evenly from the beginning on", "[bench]") {
  const Clock::time_point start{seconds(100)};
  const OpenLoop schedule(start, 1000);
  CHECK(schedule.start_of(0) == start);
  CHECK(schedule.start_of(1) == start + milliseconds(1));
  CHECK(schedule.start_of(5000) == start + seconds(5));
}

TEST_CASE("what is due includes the operation that is meant to start now", "[bench]") {
  const Clock::time_point start{seconds(100)};
  const OpenLoop schedule(start, 1000);
  CHECK(schedule.due_at(start - milliseconds(1)) == 0);
  CHECK(schedule.due_at(start) == 1);
  CHECK(schedule.due_at(start + microseconds(999)) == 1);
  CHECK(schedule.due_at(start + milliseconds(1)) == 2);
}

TEST_CASE("after a stall everything that was meant to start meanwhile is due at once", "[bench]") {
  const Clock::time_point start{seconds(100)};
  const OpenLoop schedule(start, 50'000);
  CHECK(schedule.due_at(start + seconds(2)) == 100'001);
}

TEST_CASE("what is due and when it starts agree at rates that do not divide a second", "[bench]") {
  const Clock::time_point start{seconds(7)};
  for (const double rate : {3.0, 7.7, 333.3, 99'991.0}) {
    const OpenLoop schedule(start, rate);
    for (std::uint64_t number = 0; number < 1000; ++number) {
      CAPTURE(rate, number);
      CHECK(schedule.due_at(schedule.start_of(number)) == number + 1);
    }
  }
}
