#pragma once

#include <algorithm>

#include "conclave/locksmith_core/life.hpp"
#include "conclave/test/catch.hpp"

namespace conclave::locksmith::test {

using namespace std::chrono_literals;

inline std::string name_of_effect(const Effect& effect) {
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

}  // namespace conclave::locksmith::test
