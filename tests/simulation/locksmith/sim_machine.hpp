#pragma once

#include <optional>
#include <set>
#include <string>

#include "conclave/locksmith_fleet/agent.hpp"
#include "engine/engine_world.hpp"
#include "recipes/sim_store.hpp"

namespace conclave::sim {

/// What of a machine outlives its daemon: its boot, its disk, its hooks' work. And what a daemon must never do to it.
struct SimMachine {
  std::string id;
  std::uint64_t boot = 1;
  std::string disk;      ///< the journal
  bool drained = false;  ///< pre-reboot hooks were run to the end and not undone
  bool needs = false;    ///< a reboot
  bool well = true;
  bool going_down = false;  ///< a reboot was accepted and comes
  bool down = false;
  bool honest = false;  ///< nothing fails any more
  std::uint64_t reboots = 0;
  std::vector<locksmith::Window> windows;
  std::set<Revision> releasing;  ///< slots that the daemon was allowed to give back after a reboot
  std::set<Revision> returning;  ///< and without one
  Instant evicted_at{};
  [[nodiscard]] std::string boot_id() const { return "boot-" + std::to_string(boot); }
};

/// A machine as its daemon sees it, for one life of the daemon. A simulated second is a minute of the machine's own clock.
class SimHost final : public locksmith::fleet::Host {
 public:
  struct Hooks {
    std::function<void()> go_down;   ///< after the reboot was accepted
    std::function<void()> crash;     ///< the daemon dies
    std::function<bool()> has_slot;  ///< in the store
  };
  SimHost(EngineWorld& shared, SimStore& store, SimMachine& machine, Prng prng, Duration health_hold, Hooks hooks)
      : shared_(shared), store_(store), machine_(machine), prng_(prng), health_hold_(health_hold), hooks_(std::move(hooks)) {}

  [[nodiscard]] locksmith::WallMillis wall() const override;
  Result<void> save(const std::string& journal) override;
  void check_need(std::function<void(locksmith::Need)> done) override;
  void run_hooks(bool before, std::function<void(locksmith::fleet::Done)> done) override;
  void warn_users(std::function<void(bool)> done) override;
  void reboot(std::function<void(locksmith::fleet::NoReboot)> failed) override;
  void check_health(std::function<void(locksmith::fleet::Done)> done) override;
  [[nodiscard]] Result<locksmith::OffsetAt> zone(const std::string& name) override;
  void show(const locksmith::fleet::Shown&) override {}
  void give_up(const Error&) override { hooks_.crash(); }

 private:
  /// A little later, unless the daemon is dead by then.
  void later(Duration most, std::function<void()> work);
  void check_saved(const locksmith::Journal& journal) const;

  EngineWorld& shared_;
  SimStore& store_;
  SimMachine& machine_;
  Prng prng_;
  Duration health_hold_;
  Hooks hooks_;
  std::optional<Instant> well_since_;
};

}  // namespace conclave::sim
