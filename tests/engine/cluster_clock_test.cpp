#include "cluster_clock.hpp"

#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::engine;

namespace {

/// A clock that ticks every 10 ms; each tick is confirmed at once unless `confirm` is off.
struct Ticking {
  ClusterClock clock{seconds(1)};
  Instant now{seconds(100)};
  std::uint64_t tick = 0;
  std::uint64_t confirmed = 0;
  void run(Duration time, bool confirm = true) {
    for (const Instant until = now + time; now < until;) {
      now += milliseconds(10);
      clock.note_tick(++tick, now);
      if (confirm) confirmed = tick;
      clock.advance(now, confirmed);
    }
  }
};

}  // namespace

TEST_CASE("the cluster clock goes on from what was known, with the leader's own clock") {
  Ticking ticking;
  ticking.clock.start(cluster_time_from_millis(5000), ticking.now);
  ticking.run(seconds(10));
  CHECK(to_millis(ticking.clock.time()) == 15'000);
}

TEST_CASE("a leader that no quorum confirms advances the clock by at most one election timeout") {
  Ticking ticking;
  ticking.clock.start(cluster_time_from_millis(0), ticking.now);
  ticking.run(seconds(2));
  ticking.run(seconds(60), false);
  CHECK(to_millis(ticking.clock.time()) <= 3'000);
  ticking.run(seconds(1));
  CHECK(to_millis(ticking.clock.time()) <= 4'010);
}

TEST_CASE("a pause of the process burns at most one election timeout") {
  Ticking ticking;
  ticking.clock.start(cluster_time_from_millis(0), ticking.now);
  ticking.run(seconds(1));
  ticking.now += seconds(3600);
  ticking.run(milliseconds(10));
  CHECK(to_millis(ticking.clock.time()) <= 2'010);
}

TEST_CASE("the clock stands still without a leader") {
  Ticking ticking;
  ticking.clock.start(cluster_time_from_millis(0), ticking.now);
  ticking.run(seconds(1));
  ticking.clock.stop();
  CHECK_FALSE(ticking.clock.running());
  ticking.run(seconds(5));
  CHECK(to_millis(ticking.clock.time()) == 1'000);
}
