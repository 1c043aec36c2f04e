#include "conclave/recipes_core/names.hpp"
#include "conclave/recipes_core/reboot_lock.hpp"
#include "recipe_bench.hpp"

namespace conclave::sim {

using namespace recipes::core;

namespace {

struct Race {
  std::size_t found = 0;  ///< the other process got the slot that the first one gave up
  std::size_t lost = 0;   ///< and it was taken away afterwards
};

/// One process of a machine calls its acquire off at `stop`, while another asks at `ask` for the slot of the same machine.
void run_race(Bench& bench, const std::string& machine, Duration stop, Duration ask, Race& race) {
  const auto lock_of = [&](const LifePtr& life) {
    return RebootLock(life->hub, life->keeper, key_of(kind::reboot, "group"), {machine, "boot", "host"}, 1);
  };
  const Call call;
  const auto first = bench.begin(lock_of(bench.one).acquire("why", 0, call));
  bench.pass(std::min(stop, ask));
  if (stop < ask) call.stop->raise();
  bench.pass(std::max(stop, ask) - std::min(stop, ask));
  if (stop >= ask) call.stop->raise();
  const auto second = bench.begin(lock_of(bench.other).acquire("why", 0, Call{}));
  bench.pass(seconds(2));
  if (!first->value() && second->has_value()) {
    const RebootHolding holding = bench.end(second);
    const auto mine = bench.run(lock_of(bench.other).mine(Call{}));
    ++race.found;
    if (!mine || mine->token() != holding.token()) ++race.lost;
  }
  bench.run(lock_of(bench.other).evict(machine, Call{}));
}

}  // namespace

TEST_CASE("a slot that a process was told its machine has is not taken away by another that gave up") {
  Bench bench;
  Race race;
  for (int stop = 0; stop < 40; ++stop)
    for (int ask = 0; ask < 12; ++ask)
      run_race(bench, "m" + std::to_string(stop) + "-" + std::to_string(ask), microseconds(500 * stop),
               microseconds(500 * stop + 250 * ask), race);
  CHECK(race.found > 0);
  CHECK(race.lost == 0);
}

}  // namespace conclave::sim
