#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "conclave/recipes_core/barrier.hpp"
#include "recipes/mortal.hpp"

namespace conclave::sim {

/// What the programs of one world have in common: what they did to the counter, and which latch they are at.
struct GateWorld {
  std::int64_t added = 0;          ///< by additions that are known to have happened
  std::int64_t perhaps_added = 0;  ///< by others, that nobody knows of
  std::set<std::int64_t> sums;     ///< results of additions
  std::uint64_t latch = 1;
  std::uint64_t passed = 0;  ///< waits that ended well
};

/// A program that closes, opens and waits at barriers, counts, and enters double barriers. Nothing here is held but the places in a
/// double barrier; what is told must have been true in the store.
class GateProgram final : public MortalProgram {
 public:
  GateProgram(EngineWorld& shared, SimClient& client, std::shared_ptr<GateWorld> common);
  ~GateProgram() override;

  void judge(Revision revision) const override;

 private:
  void live(const LifePtr& life) override;
  void prove(const LifePtr& life) override { prove_gates(life); }
  recipes::core::Detached use_barrier(LifePtr life);
  recipes::core::Detached use_counter(LifePtr life);
  recipes::core::Detached use_latch(LifePtr life);
  recipes::core::Detached use_double_barrier(LifePtr life);
  recipes::core::Detached prove_gates(LifePtr life);
  recipes::core::Task<Result<bool>> prove_latch(LifePtr life, recipes::core::Call call);
  recipes::core::Task<Result<bool>> prove_double_barrier(LifePtr life, recipes::core::Call call);

  [[nodiscard]] Revision newest() const { return Revision(shared_.store.reference().size()); }
  /// How many keys were under `prefix`, at each revision from `from` on: whether it was so many at one of them.
  [[nodiscard]] bool ever(const std::string& prefix, Revision from, const std::function<bool(std::size_t)>& so_many) const;
  [[nodiscard]] std::string who() const { return "client " + std::to_string(client_.endpoint()); }
  /// Adds; checks that the sum is the number right after it and nobody else's.
  recipes::core::Task<Result<bool>> add(LifePtr life, recipes::core::Call call);

  std::shared_ptr<GateWorld> common_;
};

}  // namespace conclave::sim
