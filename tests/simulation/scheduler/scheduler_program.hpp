#pragma once

#include <memory>
#include <string>
#include <vector>

#include "conclave/scheduler/agent.hpp"
#include "conclave/scheduler/board.hpp"
#include "conclave/scheduler/leader.hpp"
#include "engine/program.hpp"
#include "recipes/sim_store.hpp"
#include "scheduler/sim_machine.hpp"

namespace conclave::sim {

/// What the programs of one world have in common.
struct SchedulerWorld {
  scheduler::Keys keys{"sim"};
  SchedulerOracle oracle{keys};
  bool judged = false;
};

/// An agent, a scheduler, and a user, in one process that is stopped and dies now and then. It is started again at once or after a
/// while, where it was or on another machine that knows nothing of what goes on on the first.
class SchedulerProgram final : public Program {
 public:
  SchedulerProgram(EngineWorld& shared, SimClient& client, std::shared_ptr<SchedulerWorld> common);
  ~SchedulerProgram() override;

  void start() override { begin_life(); }
  void stop() override { stopped_ = true; }
  void prove_life() override;
  [[nodiscard]] bool alive() const override { return alive_; }
  void judge(Revision revision) const override;
  [[nodiscard]] bool watched_up_to(Revision) const override { return true; }
  void lease_ended(LeaseId lease) const override;

 private:
  struct Life;  ///< one life of the process: what it has in memory
  using LifePtr = std::shared_ptr<Life>;

  void begin_life();
  void end_life();
  void begin_again();
  [[nodiscard]] SimMachine& some_machine();
  [[nodiscard]] bool goes_on(const LifePtr& life) const { return !stopped_ && life == life_; }
  [[nodiscard]] std::string own_agent() const { return "a" + std::to_string(client_.endpoint()); }
  [[nodiscard]] std::string some_agent();
  [[nodiscard]] std::string some_spec();
  recipes::core::Call some_call(const LifePtr& life);
  scheduler::Submission some_submission();
  recipes::core::Detached misfortunes(LifePtr life);
  recipes::core::Detached use(LifePtr life);
  recipes::core::Task<Result<bool>> submit(LifePtr life);
  recipes::core::Task<Result<bool>> meddle(LifePtr life);
  recipes::core::Detached prove(LifePtr life);

  EngineWorld& shared_;
  SimClient& client_;
  std::shared_ptr<SchedulerWorld> common_;
  std::vector<std::unique_ptr<SimMachine>> machines_;  ///< what runs on those that it left goes on until its fence
  Prng prng_;
  std::uint64_t deaths_ = 0;
  std::uint64_t specs_ = 0;
  bool stopped_ = false;
  bool alive_ = false;
  LifePtr life_;
  std::vector<LifePtr> lives_;  ///< what died stays in memory, because its callbacks may still be on their way
};

}  // namespace conclave::sim
