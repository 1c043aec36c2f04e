#include "conclave/locksmith_core/life.hpp"

#include <algorithm>

#include "conclave/base/prng.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::locksmith;
using namespace std::chrono_literals;

namespace {

std::string name_of_effect(const Effect& effect) {
  struct Namer {
    std::string operator()(const todo::Save& save) const { return "save " + std::string(name_of(save.journal.stage)); }
    std::string operator()(const todo::Queue&) const { return "queue"; }
    std::string operator()(const todo::LeaveQueue&) const { return "leave"; }
    std::string operator()(const todo::Look&) const { return "look"; }
    std::string operator()(const todo::PreHooks&) const { return "drain"; }
    std::string operator()(const todo::PostHooks&) const { return "restore"; }
    std::string operator()(const todo::WarnUsers&) const { return "warn"; }
    std::string operator()(const todo::Reboot&) const { return "reboot"; }
    std::string operator()(const todo::CheckHealth&) const { return "health"; }
    std::string operator()(const todo::Release& release) const { return std::string(name_of(release.deed)); }
    std::string operator()(const todo::Fulfil&) const { return "fulfil"; }
  };
  return std::visit(Namer{}, effect);
}

/// A life with a clock, and what it wanted done.
struct Bench {
  explicit Bench(Strategy strategy = Strategy::lock) : life(options(strategy)) {}
  static LifeOptions options(Strategy strategy) {
    LifeOptions options;
    options.strategy = strategy;
    options.health_hold = 30s;
    return options;
  }
  std::string happens(const Event& event) {
    std::string text;
    for (const Effect& effect : life.step(event, now)) {
      if (const auto* save = std::get_if<todo::Save>(&effect)) disk = save->journal;
      text += (text.empty() ? "" : ", ") + name_of_effect(effect);
    }
    return text;
  }
  std::string wakes() {
    REQUIRE(life.wake_at());
    now.wall += std::chrono::duration_cast<milliseconds>(*life.wake_at() - now.time).count();
    now.time = *life.wake_at();
    return happens(happened::Woken{});
  }
  /// Up to the stage, from the beginning.
  void to_queue() {
    happens(happened::Began{"boot-1", {}});
    REQUIRE(happens(happened::NeedKnown{need}) == "queue");
  }
  void to_drain() {
    to_queue();
    REQUIRE(happens(happened::SlotSeen{Revision(7), "boot-1"}) == "leave, look");
    REQUIRE(happens(happened::Looked{need, false, Revision(7)}) == "save draining, drain");
  }
  void to_reboot() {
    to_drain();
    REQUIRE(happens(happened::HooksDone{}) == "warn");
    REQUIRE(happens(happened::UsersWarned{}) == "look");
    REQUIRE(happens(happened::Looked{need, false, Revision(7)}) == "save rebooting, reboot");
  }
  /// The daemon is killed and started again, perhaps after a boot.
  std::string restarts(const std::string& boot) {
    life = Life(options(Strategy::lock));
    return happens(happened::Began{boot, disk});
  }

  Life life;
  Now now;
  Need need{true, "kernel", 0, {}};
  std::optional<Journal> disk;
};

}  // namespace

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
                                 happened::RebootFailed{"x"},
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

TEST_CASE("a journal is read as it was written") {
  for (int stage = 0; stage <= static_cast<int>(Stage::returning); ++stage) {
    const Journal journal{static_cast<Stage>(stage), "boot", Revision(9), Revision(3), "because \"\n\xc3\xa9"};
    const auto read = decode_journal(encode(journal));
    REQUIRE(read);
    CHECK(*read == journal);
  }
}

TEST_CASE("a journal that was changed or cut off is a clear error") {
  const std::string whole = encode({Stage::rebooting, "boot-1", Revision(9), {}, "kernel"});
  for (std::size_t size = 0; size < whole.size(); ++size) CHECK_FALSE(decode_journal(whole.substr(0, size)));
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    INFO(changed);
    CHECK_FALSE(decode_journal(changed));
  }
  CHECK(decode_journal("").error().context == "it does not begin with 'locksmith-journal '");
  CHECK(decode_journal("locksmith-journal 2 x").error().code == Errc::unsupported);
  CHECK(decode_journal(std::string(100'000, 'x')).error().code == Errc::corruption);
}
