#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "interaction_member.hpp"

/// What must hold across members, watched from outside. Every function throws std::runtime_error with the broken rule.
namespace conclave::raft::test {

class Oracle {
 public:
  /// A message may leave only if what it says is on the sender's disk (terms, votes, acknowledged entries).
  static void check_messages(const Member& sender, const Ready& ready);
  /// What may go to the state store is on the log store's disk.
  static void check_durable(const Member& member, const Ready& ready);
  /// Election safety, leader completeness, nothing applied that was called lost, one state machine for all.
  void saw_ready(const Member& member, const Ready& ready);
  void saw_apply(const Member& member, const std::vector<EntryPtr>& entries);
  /// check_all of a running member, and check_step against the last visit.
  void check_member(const Member& member);
  /// check_member of each that runs, and log matching between all pairs.
  void check_members(const std::map<MemberId, std::unique_ptr<Member>>& members);
  void forget(MemberId crashed) { statuses_.erase(crashed); }

  /// Applied anywhere so far, by index.
  struct Applied {
    EntryId id;
    EntryPtr entry;
    Term seen_in;  ///< the greatest term of the member that applied it first
  };
  [[nodiscard]] const std::map<Index, Applied>& applied() const { return applied_; }
  [[nodiscard]] const std::set<EntryId>& lost() const { return lost_; }

 private:
  void check_leader(const Member& member);

  std::map<Term, MemberId> leaders_;
  std::map<Index, Applied> applied_;
  std::set<EntryId> lost_;
  std::map<MemberId, Status> statuses_;
};

}  // namespace conclave::raft::test
