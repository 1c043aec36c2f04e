#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "conclave/recipes_core/registration.hpp"
#include "conclave/recipes_core/work_queue.hpp"
#include "engine/program.hpp"
#include "recipes/queue_oracle.hpp"
#include "recipes/recipe_oracle.hpp"
#include "recipes/sim_store.hpp"

namespace conclave::sim {

/// What the programs of one world have in common.
struct QueueWorld {
  RecipeOracle beliefs;
  QueueOracle queue;
  Revision acknowledged;                         ///< the newest write that anybody knows of
  std::map<std::string, Revision> deregistered;  ///< incarnations, and when their ends were known
};

/// A program that pushes work and does it, is registered as an instance of a service, and sees all others in a view. It is stopped
/// and dies now and then.
class QueueProgram final : public Program {
 public:
  QueueProgram(EngineWorld& shared, SimClient& client, std::shared_ptr<QueueWorld> common);
  ~QueueProgram() override;

  void start() override { begin_life(); }
  void stop() override { stopped_ = true; }
  void prove_life() override { prove(life_); }
  [[nodiscard]] bool alive() const override { return alive_; }
  void judge(Revision revision) const override;
  [[nodiscard]] bool watched_up_to(Revision) const override { return true; }
  void lease_ended(LeaseId lease) const override;

 private:
  struct Life;  ///< one life of the process: what it has in memory
  using LifePtr = std::shared_ptr<Life>;

  void begin_life();
  void end_life();
  [[nodiscard]] bool goes_on(const LifePtr& life) const { return !stopped_ && life == life_; }
  [[nodiscard]] Duration some_time() { return prng_.between(Duration(0), shared_.swarm.work_interval * 40); }
  recipes::core::Call some_call(const LifePtr& life);
  recipes::core::PushRequest some_push();
  recipes::core::Detached misfortunes(LifePtr life);
  recipes::core::Detached push(LifePtr life);
  recipes::core::Detached consume(LifePtr life);
  recipes::core::Task<Result<bool>> work(LifePtr life, recipes::core::TakenItemPtr item);
  recipes::core::Task<Result<bool>> dispose(LifePtr life, recipes::core::TakenItemPtr item);
  recipes::core::Task<Result<bool>> register_anew(LifePtr life);
  [[nodiscard]] recipes::core::ServiceRecord entry() const;
  void judge_registrations() const;
  [[nodiscard]] Revision newest() const { return Revision(shared_.store.reference().size()); }
  recipes::core::Detached look(LifePtr life);
  recipes::core::Detached prove(LifePtr life);
  void check_view(const recipes::core::MirrorChange& change, const recipes::core::Mirror& mirror) const;
  void check_claim(const recipes::core::TakenItem& item, Revision at) const;

  EngineWorld& shared_;
  SimClient& client_;
  std::shared_ptr<QueueWorld> common_;
  Prng prng_;
  std::uint64_t items_ = 0;
  bool stopped_ = false;
  bool alive_ = false;
  LifePtr life_;
  std::vector<LifePtr> lives_;  ///< what died stays in memory, because its callbacks may still be on their way
};

}  // namespace conclave::sim
