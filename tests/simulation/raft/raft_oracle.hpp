#pragma once

#include <map>
#include <memory>
#include <set>
#include <vector>

#include "conclave/raft/core.hpp"
#include "core/log_disk.hpp"

namespace conclave::sim {

/// Watches all cores from outside, for the whole life of the world, crashes included. Every function throws Violation with the rule
/// that does not hold: election safety, log matching, leader completeness, state machine safety, one vote a term across restarts,
/// nothing said before it is on the disk, definite losses really lost, read rounds that miss no commit.
class RaftOracle {
 public:
  /// What stands at one index of the one history there is.
  struct Committed {
    raft::EntryId id;
    Term seen_in;  ///< the term of the member that was first seen to have it committed
  };

  /// The member starts: what its memory held before does not bind it any more.
  void booted(MemberId member);
  /// After every step of a member: its invariants, its progress, its leadership, its commits.
  void saw_core(MemberId member, const raft::Core& core);
  /// A message leaves `from`, whose disk holds `disk` at this moment.
  void saw_message(MemberId from, const raft::Core& core, const LogImage& disk, MemberId to, const raft::Message& message);
  /// A write is given to a log store: equal ids must be equal entries with equal predecessors.
  void saw_write(const raft::Write& write, std::optional<Term> term_before);
  /// `member` applies this entry.
  void saw_apply(MemberId member, const raft::Core& core, const raft::Entry& entry);
  /// `member` was told that its proposal will never happen.
  void saw_lost(MemberId member, const raft::Core& core, raft::EntryId id);
  /// `member` may put its state up to `durable` on the disk.
  void saw_durable(MemberId member, Index durable, const LogImage& disk) const;
  void saw_read_begin(MemberId member, raft::ReadRoundId round);
  void saw_read_grant(MemberId member, const raft::ReadGrant& grant);

  [[nodiscard]] Index committed_max() const { return committed_.empty() ? Index() : committed_.rbegin()->first; }
  [[nodiscard]] std::size_t terms_led() const { return leaders_.size(); }
  [[nodiscard]] std::size_t losses() const { return lost_.size(); }

 private:
  struct Memory {
    raft::Status status;
    bool has_status = false;
    Index committed;
    std::map<raft::ReadRoundId, Index> rounds;
  };
  struct Known {
    raft::EntryBody body;
    std::optional<Term> term_before;
  };

  void check_leader(MemberId member, const raft::Core& core, const raft::Status& now);
  void check_commits(MemberId member, const raft::Core& core, const raft::Status& now);
  void check_vote(MemberId voter, Term term, MemberId candidate);

  std::map<MemberId, Memory> memory_;
  std::map<Term, MemberId> leaders_;
  std::map<Index, Committed> committed_;
  std::map<raft::EntryId, Known> entries_;
  std::map<std::pair<MemberId, Term>, MemberId> votes_;
  std::set<raft::EntryId> lost_;
};

}  // namespace conclave::sim
