#pragma once

#include <set>
#include <utility>
#include <vector>

#include "conclave/raft/log.hpp"

namespace conclave::raft {

/// Own proposals whose fate is not known yet. They outlive leadership: a truncated entry can still be committed by another leader,
/// so only an entry of another term *committed* at its index is a definite failure.
class Proposals {
 public:
  static constexpr std::size_t proposals_max = 1 << 16;

  /// False: too many are open, and none of them is of a term before `id.term` that could be given up. What was given up is appended
  /// to `unknown`.
  [[nodiscard]] bool add(EntryId id, std::vector<EntryId>& unknown);
  /// The commit index moved: appends those that can never happen to `lost`.
  void on_committed(const Log& log, std::vector<EntryId>& lost);
  /// A snapshot took the place of everything up to `last`: nobody can tell.
  void on_snapshot(Index last, std::vector<EntryId>& unknown);
  /// For a planted bug only (mutants.hpp): takes truncation for a failure.
  void on_truncated(Index from, std::vector<EntryId>& lost);

  [[nodiscard]] std::size_t size() const { return open_.size(); }
  [[nodiscard]] bool empty() const { return open_.empty(); }
  [[nodiscard]] Index lowest() const { return open_.begin()->first; }

 private:
  std::set<std::pair<Index, Term>> open_;
};

}  // namespace conclave::raft
