#include "conclave/locksmith_core/life.hpp"

#include "conclave/base/prng.hpp"
#include "conclave/test/catch.hpp"
#include "life_bench.hpp"

using namespace conclave;
using namespace conclave::locksmith;
using namespace conclave::locksmith::test;
using namespace std::chrono_literals;

TEST_CASE("a reboot goes its whole way") {
  Bench bench;
  bench.need.wish = Revision(5);
  bench.to_reboot();
  CHECK(bench.restarts("boot-2") == "save checking, health");
  CHECK_FALSE(bench.life.is_healthy());
  CHECK(bench.happens(happened::Health{}).empty());
  for (int i = 0; i < 5; ++i) {
    CHECK(bench.wakes() == "health");
    CHECK(bench.happens(happened::Health{}).empty());
  }
  CHECK(bench.wakes() == "health");
  CHECK(bench.happens(happened::Health{}) == "save restoring, restore");
  CHECK(bench.happens(happened::HooksDone{}) == "save releasing, released");
  CHECK(bench.happens(happened::Released{}) == "fulfil, save idle");
  CHECK(bench.life.stage() == Stage::idle);
  CHECK(*bench.disk == Journal{});
}

TEST_CASE("health that fails after the boot keeps the slot, and must hold from its return on") {
  Bench bench;
  bench.to_reboot();
  bench.restarts("boot-2");
  bench.happens(happened::Health{});
  for (int i = 0; i < 100; ++i) {
    CHECK(bench.wakes() == "health");
    CHECK(bench.happens(happened::Health{i % 5 != 4, "no network"}).empty());
    CHECK(bench.life.stage() == Stage::checking);
  }
  std::string last;
  for (int i = 0; i < 7; ++i) {
    CHECK(bench.wakes() == "health");
    last = bench.happens(happened::Health{});
  }
  CHECK(last == "save restoring, restore");
}

TEST_CASE("a window that closes while waiting for a slot takes the machine out of the queue") {
  Bench bench;
  bench.now.window_changes = 3'600'000;
  bench.to_queue();
  CHECK(bench.wakes().empty());  // it is looked at every minute, and still open
  bench.now.window_open = false;
  CHECK(bench.wakes() == "leave");
  CHECK(bench.life.stage() == Stage::waiting);
  bench.now.window_open = true;
  CHECK(bench.wakes() == "queue");
}

TEST_CASE("a slot that comes after the window has closed is given back unused") {
  Bench bench;
  bench.to_queue();
  bench.now.window_open = false;
  bench.happens(happened::SlotSeen{Revision(7), "boot-1"});
  CHECK(bench.happens(happened::Looked{bench.need, false, Revision(7)}) == "save returning, returned");
  CHECK(bench.happens(happened::Released{}) == "save idle");
  CHECK(bench.life.stage() == Stage::waiting);
}

TEST_CASE("a slot that nobody needs any more is given back unused") {
  Bench bench;
  bench.to_queue();
  bench.happens(happened::SlotSeen{Revision(7), "boot-1"});
  CHECK(bench.happens(happened::Looked{{}, false, Revision(7)}) == "save returning, returned");
}

TEST_CASE("a window that closes while the machine drains calls the reboot off") {
  Bench bench;
  bench.to_drain();
  bench.happens(happened::HooksDone{});
  bench.happens(happened::UsersWarned{true});
  CHECK(bench.life.stage() == Stage::warning);
  bench.now.window_open = false;
  CHECK(bench.wakes() == "look");
  CHECK(bench.happens(happened::Looked{bench.need, false, Revision(7)}) == "save undoing, restore");
  CHECK(bench.happens(happened::HooksDone{}) == "save returning, returned");
}

TEST_CASE("a pause in the middle calls off what has not rebooted yet") {
  Bench bench;
  bench.to_drain();
  bench.happens(happened::HooksDone{});
  bench.happens(happened::UsersWarned{});
  CHECK(bench.happens(happened::Looked{bench.need, true, Revision(7)}) == "save undoing, restore");
}

TEST_CASE("a crash between taking the slot and rebooting is gone on from") {
  Bench bench;
  bench.to_drain();
  CHECK(bench.restarts("boot-1") == "look");
  SECTION("the reboot goes on") {
    CHECK(bench.happens(happened::Looked{bench.need, false, Revision(7)}) == "save draining, drain");
  }
  SECTION("or is undone") { CHECK(bench.happens(happened::Looked{{}, false, Revision(7)}) == "save undoing, restore"); }
  SECTION("or the slot was taken away meanwhile") {
    CHECK(bench.happens(happened::Looked{bench.need, false, {}}) == "save undoing, restore");
  }
}

TEST_CASE("a crash before the slot was written down finds it in the store") {
  Bench bench;
  CHECK(bench.restarts("boot-1").empty());
  CHECK(bench.happens(happened::SlotSeen{Revision(7), "boot-1"}) == "look");
  CHECK(bench.happens(happened::Looked{bench.need, false, Revision(7)}) == "save draining, drain");
}

TEST_CASE("a crash between booting and releasing checks health anew") {
  Bench bench;
  bench.to_reboot();
  bench.restarts("boot-2");
  CHECK(bench.restarts("boot-2") == "save checking, health");
  bench.happens(happened::Health{});
  CHECK(bench.life.stage() == Stage::checking);
  CHECK(bench.restarts("boot-3") == "save checking, health");
}

TEST_CASE("a daemon that starts again while its machine goes down neither gives back nor asks twice") {
  Bench bench;
  bench.to_reboot();
  CHECK(bench.restarts("boot-1").empty());
  CHECK(bench.life.stage() == Stage::rebooting);
  CHECK(bench.happens(happened::NeedKnown{{}}).empty());
  CHECK(bench.happens(happened::SlotSeen{Revision(7), "boot-1"}).empty());
  CHECK(bench.wakes() == "look");  // after a long patience
  CHECK(bench.happens(happened::Looked{bench.need, false, Revision(7)}) == "save rebooting, reboot");
}

TEST_CASE("news of the window does not ask for the reboot twice") {
  Bench bench;
  bench.to_reboot();
  bench.now.time += 1s;
  CHECK(bench.happens(happened::Woken{}).empty());
  CHECK(bench.life.stage() == Stage::rebooting);
}

TEST_CASE("strategy off still releases a slot that is held") {
  Bench bench(Strategy::off);
  bench.happens(happened::Began{"boot-2", {}});
  CHECK(bench.happens(happened::NeedKnown{bench.need}).empty());
  CHECK(bench.happens(happened::SlotSeen{Revision(7), "boot-1"}) == "save checking, health");
  bench.happens(happened::Health{});
  bench.now.time += 30s;
  CHECK(bench.happens(happened::Health{}) == "save restoring, restore");
  CHECK(bench.happens(happened::HooksDone{}) == "save releasing, released");
  CHECK(bench.happens(happened::Released{}) == "save idle");
  CHECK(bench.life.stage() == Stage::idle);
}

TEST_CASE("strategy off gives back a slot of the same boot, after undoing what was begun") {
  Bench bench;
  bench.to_drain();
  bench.life = Life(Bench::options(Strategy::off));
  CHECK(bench.happens(happened::Began{"boot-1", bench.disk}) == "look");
  CHECK(bench.happens(happened::Looked{bench.need, false, Revision(7)}) == "save undoing, restore");
  CHECK(bench.happens(happened::HooksDone{}) == "save returning, returned");
}

TEST_CASE("strategy reboot asks nobody") {
  Bench bench(Strategy::reboot);
  bench.happens(happened::Began{"boot-1", {}});
  CHECK(bench.happens(happened::NeedKnown{bench.need}) == "look");
  CHECK(bench.happens(happened::Looked{bench.need, true, {}}) == "save draining, drain");
  bench.happens(happened::HooksDone{});
  bench.happens(happened::UsersWarned{});
  CHECK(bench.happens(happened::Looked{bench.need, false, {}}) == "save rebooting, reboot");
}

TEST_CASE("hooks that fail before the reboot are undone, the slot goes back, and the next try waits") {
  Bench bench;
  bench.to_drain();
  CHECK(bench.happens(happened::HooksDone{false, "drain says no"}) == "save undoing, restore");
  CHECK(bench.happens(happened::HooksDone{}) == "save returning, returned");
  CHECK(bench.happens(happened::Released{}) == "save idle");
  CHECK(bench.life.stage() == Stage::waiting);
  const Instant failed_at = bench.now.time;
  CHECK(bench.wakes() == "queue");
  CHECK(bench.now.time - failed_at == 10min);
}

TEST_CASE("a machine whose slot was taken away does not reboot") {
  Bench bench;
  bench.to_drain();
  CHECK(bench.happens(happened::SlotGone{}).empty());  // the drain comes to its end first
  CHECK(bench.happens(happened::HooksDone{}) == "save undoing, restore");
  CHECK(bench.happens(happened::HooksDone{}) == "save idle, queue");
}

TEST_CASE("a slot that a person took is left alone until the machine has rebooted") {
  Bench bench;
  bench.happens(happened::Began{"boot-1", {}});
  CHECK(bench.happens(happened::SlotSeen{Revision(7), "boot-1", false}).empty());
  CHECK(bench.restarts("boot-2").empty());
  CHECK(bench.happens(happened::SlotSeen{Revision(7), "boot-1", false}) == "save checking, health");
}

TEST_CASE("a reboot that fails for certain is tried again, after another look") {
  Bench bench;
  bench.to_reboot();
  CHECK(bench.happens(happened::RebootFailed{"inhibited"}).empty());
  CHECK(bench.wakes() == "look");
  bench.now.window_open = false;
  CHECK(bench.happens(happened::Looked{bench.need, false, Revision(7)}) == "save undoing, restore");
}

TEST_CASE("whatever happens in whatever order, nothing is done that was not written down, and no slot goes back unhealthy") {
  Prng prng(23);
  for (int round = 0; round < 3000; ++round) {
    Bench bench(prng.chance(1, 10) ? Strategy::off : prng.chance(1, 5) ? Strategy::reboot : Strategy::lock);
    std::uint64_t boot = 1;
    const auto boot_name = [&] { return "boot-" + std::to_string(boot); };
    bench.happens(happened::Began{boot_name(), {}});
    for (int step = 0; step < 60; ++step) {
      bench.now.time += Duration(prng.below(40'000'000'000));
      bench.now.window_open = prng.chance(3, 4);
      const Revision token(prng.chance(1, 4) ? 0 : 7);
      const Need need{prng.chance(3, 4), "x", 0, Revision(prng.below(2))};
      const std::string of_boot = "boot-" + std::to_string(prng.between(boot > 1 ? boot - 1 : 1, boot));
      std::vector<Event> choices{happened::NeedKnown{need},
                                 happened::SlotSeen{Revision(7), of_boot, prng.chance(3, 4)},
                                 happened::SlotGone{},
                                 happened::QueueFailed{"x"},
                                 happened::Looked{need, prng.chance(1, 6), token},
                                 happened::Looked{need, false, token},
                                 happened::LookFailed{"x"},
                                 happened::HooksDone{prng.chance(4, 5), "x"},
                                 happened::UsersWarned{prng.chance(1, 2)},
                                 happened::RebootFailed{"x", prng.chance(1, 2)},
                                 happened::Health{prng.chance(4, 5), "x"},
                                 happened::Released{},
                                 happened::ReleaseFailed{"x"},
                                 happened::Woken{}};
      Event event = choices[prng.below(choices.size())];
      if (prng.chance(1, 12)) {
        if (prng.chance(1, 2)) ++boot;
        bench.life = Life(Bench::options(Strategy::lock));
        event = happened::Began{boot_name(), bench.disk};
      }
      const Stage before = bench.life.stage();
      for (const Effect& effect : bench.life.step(event, bench.now)) {
        const std::string name = name_of_effect(effect);
        INFO(name << " in " << name_of(before));
        if (const auto* save = std::get_if<todo::Save>(&effect)) bench.disk = save->journal;
        if (name == "drain") REQUIRE(bench.disk->stage == Stage::draining);
        if (name == "reboot") {
          REQUIRE(bench.disk->stage == Stage::rebooting);
          REQUIRE(bench.disk->boot == boot_name());
          REQUIRE(bench.now.window_open);
        }
        if (name == "released") {
          REQUIRE(bench.disk->stage == Stage::releasing);
          REQUIRE(bench.disk->boot != boot_name());
        }
        if (name == "returned") REQUIRE(bench.disk->stage == Stage::returning);
      }
      CHECK((bench.life.stage() != Stage::restoring || before == Stage::restoring || before == Stage::checking));
    }
  }
}
