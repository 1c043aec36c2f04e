#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "conclave/engine/types.hpp"
#include "conclave/mvcc/machine.hpp"
#include "conclave/mvcc/state_row.hpp"
#include "conclave/test/lease_checker.hpp"
#include "conclave/test/once_checker.hpp"
#include "conclave/test/revision_order.hpp"
#include "conclave/test/watch_checker.hpp"
#include "core/world.hpp"

namespace conclave::sim {

/// Watches the replicated state from outside: what the members hand to their state stores, entry by entry. The first to apply an
/// index says what it changed; every other must say the same. Functions throw Violation with the rule that does not hold.
class StoreOracle {
 public:
  explicit StoreOracle(World& world) : world_(world) {}

  /// `member` applied one entry.
  void saw_delta(MemberId member, const mvcc::StateDelta& delta);
  /// `member`'s state as it is now.
  void saw_machine(MemberId member, const mvcc::Machine& machine);
  /// A client asked for the end of a lease, whatever came of it.
  void end_requested(LeaseId lease) { leases_.end_requested(lease, ClusterTime{}); }
  /// A client was told the outcome of a request of its session.
  void answered(LeaseId session, RequestSeq sequence, test::Outcome outcome, Revision revision) {
    once_.answered(session, sequence, outcome, revision);
  }
  /// At the end of a world.
  void judge() const;
  /// What lease was due five seconds ago and is still there; empty: none. Members end them some at a time.
  [[nodiscard]] std::string overdue_lease() const;

  /// Everything since revision 1, in the words of the checkers.
  [[nodiscard]] const std::vector<test::WatchedBatch>& reference() const { return reference_; }
  [[nodiscard]] const std::vector<test::AppliedRevision>& revisions() const { return revisions_; }
  /// Keys under `prefix` at `revision`, each with its create revision.
  [[nodiscard]] std::map<std::string, Revision> keys_at(const std::string& prefix, Revision revision) const;
  /// Keys under `prefix` at `revision`, as they were.
  [[nodiscard]] std::map<std::string, test::WatchedRow> rows_at(const std::string& prefix, Revision revision) const;
  [[nodiscard]] std::uint64_t leases_granted() const { return granted_; }
  [[nodiscard]] std::uint64_t leases_ended() const { return ended_; }
  /// Called when a lease that is no session ends, for whatever reason: the first time anybody applies it.
  std::function<void(LeaseId lease)> on_lease_ended = [](LeaseId) {};

 private:
  struct Lease {
    milliseconds ttl{};
    ClusterTime deadline{};
  };
  void take(const mvcc::StateDelta& delta);
  void take(const mvcc::LeaseRow& row, const mvcc::MetaRow& meta);
  void take(const mvcc::EventBatch& batch, const mvcc::MetaRow& meta);

  World& world_;
  std::map<Index, std::uint64_t> digests_;  // of what each entry changed
  std::map<Index, std::uint64_t> states_;   // state hashes
  std::map<LeaseId, Lease> alive_;
  std::set<LeaseId> sessions_;
  std::vector<test::WatchedBatch> reference_;
  std::vector<test::AppliedRevision> revisions_;
  test::LeaseChecker leases_;
  test::OnceChecker once_;
  ClusterTime stamp_{};
  Revision revision_;
  std::uint64_t granted_ = 0;
  std::uint64_t ended_ = 0;
};

}  // namespace conclave::sim
