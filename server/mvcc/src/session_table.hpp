#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "absl/container/btree_map.h"
#include "conclave/mvcc/state_row.hpp"

namespace conclave::mvcc {

/// What sessions remember: the outcomes of their requests, and which opening made which session. The session's lease and its first
/// outstanding sequence stand in LeaseTable.
class SessionTable {
 public:
  /// The session must not be there.
  void open(LeaseId id, std::uint64_t nonce);
  /// Forgets the session; returns the sequences whose outcomes went with it, ascending.
  std::vector<RequestSeq> close(LeaseId id, std::uint64_t nonce);
  /// The newest session opened with this nonce that is still there.
  [[nodiscard]] std::optional<LeaseId> opened_with(std::uint64_t nonce) const;

  /// Null: no outcome is remembered.
  [[nodiscard]] ResponsePtr outcome(LeaseId id, RequestSeq sequence) const;
  /// The session must be there. An outcome of the same sequence is replaced.
  void remember(LeaseId id, RequestSeq sequence, ResponsePtr outcome);
  /// Forgets the outcomes below `first`; returns their sequences, ascending.
  std::vector<RequestSeq> forget_below(LeaseId id, RequestSeq first);

  [[nodiscard]] bool contains(LeaseId id) const { return outcomes_.contains(id); }
  [[nodiscard]] std::size_t size() const { return outcomes_.size(); }
  [[nodiscard]] std::uint64_t digest() const { return digest_; }
  /// Every outcome, by session and sequence.
  void each(const std::function<void(const OutcomeRow&)>& visit) const;

  /// O(n). Aborts where the digest differs from a recount.
  void check_invariants() const;

 private:
  using Outcomes = absl::btree_map<RequestSeq, ResponsePtr>;

  absl::btree_map<LeaseId, Outcomes> outcomes_;
  absl::btree_map<std::uint64_t, LeaseId> by_nonce_;
  std::uint64_t digest_ = 0;  // sum over the outcomes
};

}  // namespace conclave::mvcc
