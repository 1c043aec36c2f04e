#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/program.hpp"
#include "locksmith/sim_machine.hpp"

namespace conclave::sim {

/// What the machines of one world have in common.
struct LocksmithWorld {
  std::map<std::string, SimMachine*> machines;
};

/// A machine with a locksmithd that dies at any step, needs reboots, and is unwell now and then; and an operator who changes the
/// group's policy, pauses it and takes slots away.
class LocksmithProgram final : public Program {
 public:
  LocksmithProgram(EngineWorld& shared, SimClient& client, std::shared_ptr<LocksmithWorld> common);
  ~LocksmithProgram() override;

  void start() override { begin_life(); }
  void stop() override { stopped_ = true; }
  void prove_life() override;
  [[nodiscard]] bool alive() const override;
  void judge(Revision revision) const override;
  [[nodiscard]] bool watched_up_to(Revision) const override { return true; }
  void lease_ended(LeaseId) const override {}

 private:
  struct Life;  ///< one life of the daemon: what it has in memory
  using LifePtr = std::shared_ptr<Life>;

  void begin_life();
  void end_life();
  void go_down();
  void crash_soon();
  [[nodiscard]] bool has_slot() const;
  [[nodiscard]] bool goes_on(const LifePtr& life) const { return !stopped_ && life == life_; }
  recipes::core::Detached misfortunes(LifePtr life);
  recipes::core::Detached operate(LifePtr life);
  recipes::core::Detached open_group(LifePtr life);
  [[nodiscard]] locksmith::Policy some_policy(locksmith::Policy policy);

  EngineWorld& shared_;
  SimClient& client_;
  std::shared_ptr<LocksmithWorld> common_;
  Prng prng_;
  SimMachine machine_;
  bool stopped_ = false;
  std::optional<std::uint64_t> proving_from_;  ///< reboots when the proof of life began
  LifePtr life_;
  std::vector<LifePtr> lives_;  ///< what died stays in memory, because its callbacks may still be on their way
};

}  // namespace conclave::sim
