#pragma once

#include <map>
#include <memory>
#include <string>

#include "conclave/recipes_core/mutex.hpp"
#include "recipes/mortal.hpp"
#include "recipes/recipe_oracle.hpp"

namespace conclave::sim {

/// What the programs of one world have in common.
struct RecipeWorld {
  RecipeOracle oracle;
  bool meddles = false;        ///< operators change slots and budgets all the time
  bool evicts = false;         ///< operators take slots away from machines
  milliseconds lock_delay{0};  ///< of the lock that has one
  /// Reboot slots, by token, that a program was told it has; true once they may be given back.
  std::map<Revision, bool> slots;
};

/// A program that uses recipes, several at once on one lease, is stopped and dies now and then.
class RecipeProgram final : public MortalProgram {
 public:
  RecipeProgram(EngineWorld& shared, SimClient& client, std::shared_ptr<RecipeWorld> recipes);
  ~RecipeProgram() override;

  void judge(Revision revision) const override;

 private:
  void live(const LifePtr& life) override;
  void prove(const LifePtr& life) override;
  void died() override;
  recipes::core::Detached use_lock(LifePtr life);
  recipes::core::Detached use_delayed_lock(LifePtr life);
  recipes::core::Detached use_semaphore(LifePtr life);
  recipes::core::Detached use_rw_lock(LifePtr life);
  recipes::core::Detached use_election(LifePtr life);
  recipes::core::Detached use_reboot_lock(LifePtr life);
  recipes::core::Detached meddle(LifePtr life);
  void check_admission(const recipes::core::Place& place, std::uint64_t weight) const;
  void judge_slots() const;
  /// Writes under the guard, waits, gives back in one way or another. `rivals`: nobody older may be under this prefix when a write
  /// is accepted. `given_back` becomes true if it was not lost before.
  recipes::core::Task<Result<bool>> hold(LifePtr life, std::string thing, std::string rivals, recipes::core::PlacePtr place,
                                         std::shared_ptr<bool> given_back = nullptr);
  recipes::core::Detached prove_lock(LifePtr life);

  std::shared_ptr<RecipeWorld> recipes_;
  std::uint64_t boots_ = 1;         ///< of the machine that the process runs on
  bool must_have_no_slot_ = false;  ///< acquire() said so, and nothing was asked since
};

}  // namespace conclave::sim
