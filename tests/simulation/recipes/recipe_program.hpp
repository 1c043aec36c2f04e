#pragma once

#include <memory>
#include <string>
#include <vector>

#include "conclave/recipes_core/mutex.hpp"
#include "engine/program.hpp"
#include "recipes/recipe_oracle.hpp"
#include "recipes/sim_store.hpp"

namespace conclave::sim {

/// What the programs of one world have in common.
struct RecipeWorld {
  RecipeOracle oracle;
};

/// A program that uses recipes, several at once on one lease, is stopped and dies now and then.
class RecipeProgram final : public Program {
 public:
  RecipeProgram(EngineWorld& shared, SimClient& client, std::shared_ptr<RecipeWorld> recipes);
  ~RecipeProgram() override;

  void start() override;
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
  [[nodiscard]] bool goes_on(const LifePtr& life) const { return !stopped_ && life == life_; }
  recipes::core::Call some_call(const LifePtr& life);
  recipes::core::Detached misfortunes(LifePtr life);
  recipes::core::Detached use_lock(LifePtr life);
  recipes::core::Detached use_semaphore(LifePtr life);
  recipes::core::Detached use_rw_lock(LifePtr life);
  recipes::core::Detached use_election(LifePtr life);
  recipes::core::Detached use_reboot_lock(LifePtr life);
  void judge_slots() const;
  /// Writes under the guard, waits, gives back in one way or another. `rivals`: nobody older may be under this prefix when a write
  /// is accepted.
  recipes::core::Task<Result<bool>> hold(LifePtr life, std::string thing, std::string rivals, recipes::core::PlacePtr place);
  recipes::core::Detached prove_lock(LifePtr life);

  EngineWorld& shared_;
  SimClient& client_;
  std::shared_ptr<RecipeWorld> recipes_;
  Prng prng_;
  bool stopped_ = false;
  bool alive_ = false;
  std::uint64_t boots_ = 1;         ///< of the machine that the process runs on
  bool must_have_no_slot_ = false;  ///< acquire() said so, and nothing was asked since
  LifePtr life_;
  std::vector<LifePtr> lives_;  ///< what died stays in memory, because its callbacks may still be on their way
};

}  // namespace conclave::sim
