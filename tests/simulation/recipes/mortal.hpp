#pragma once

#include <memory>
#include <vector>

#include "conclave/recipes_core/hub.hpp"
#include "engine/program.hpp"
#include "recipes/sim_store.hpp"

namespace conclave::sim {

/// One life of a process: what it has in memory.
struct Life {
  Life(EngineWorld& shared, SimClient& client, milliseconds ttl);
  SimStore store;
  recipes::core::HubPtr hub;
  recipes::core::KeeperOptions keeper;
  std::shared_ptr<recipes::core::Signal> stop = std::make_shared<recipes::core::Signal>();
};
using LifePtr = std::shared_ptr<Life>;

/// A process with recipes in it, which is stopped now and then, sometimes past every TTL, dies, and is started again. A derived
/// class calls end_life() in its destructor.
class MortalProgram : public Program {
 public:
  /// `stream`: of the random numbers that it draws.
  MortalProgram(EngineWorld& shared, SimClient& client, std::uint64_t stream);

  void start() override { begin_life(); }
  void stop() override { stopped_ = true; }
  void prove_life() override { prove(life_); }
  [[nodiscard]] bool alive() const override { return alive_; }
  [[nodiscard]] bool watched_up_to(Revision) const override { return true; }
  void lease_ended(LeaseId lease) const override;

 protected:
  /// Starts what the process does; it ends when goes_on() is false.
  virtual void live(const LifePtr& life) = 0;
  /// Calls proven() when it did what must succeed in a healed cluster.
  virtual void prove(const LifePtr& life) = 0;
  virtual void died() {}
  void end_life();
  void proven() { alive_ = true; }

  [[nodiscard]] bool is_stopped() const { return stopped_; }
  [[nodiscard]] bool is_current(const LifePtr& life) const { return life == life_; }
  [[nodiscard]] bool goes_on(const LifePtr& life) const { return !stopped_ && life == life_; }
  /// Perhaps with a deadline, perhaps called off after a while.
  recipes::core::Call some_call(const LifePtr& life);
  /// Rests for a time of chance, at most `intervals` of the world's; false if the process does not go on.
  recipes::core::Task<Result<bool>> rest(LifePtr life, std::int64_t intervals);

  EngineWorld& shared_;
  SimClient& client_;
  Prng prng_;

 private:
  void begin_life();
  recipes::core::Detached misfortunes(LifePtr life);

  bool stopped_ = false;
  bool alive_ = false;
  LifePtr life_;
  std::vector<LifePtr> lives_;  ///< what died stays in memory, because its callbacks may still be on their way
};

}  // namespace conclave::sim
