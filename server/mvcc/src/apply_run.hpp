#pragma once

#include <vector>

#include "conclave/mvcc/command.hpp"
#include "kv_change.hpp"
#include "machine_state.hpp"

namespace conclave::mvcc {

/// Applies one entry: its commands one after the other, and what they changed as rows.
class ApplyRun {
 public:
  ApplyRun(MachineState& state, Index index, Term term) : state_(state), index_(index), term_(term) {}

  [[nodiscard]] ApplyResult run(const Batch& batch);

 private:
  void expect_keys(std::span<const Command> commands) const;
  [[nodiscard]] Response command(const Command& command, MachineVersion version);
  [[nodiscard]] Response in_session(const Command& command);
  /// An answer for a request that must not be executed: refused, or a repeat. Null: execute it.
  [[nodiscard]] ResponsePtr answer_of_session(const Envelope& envelope);
  void remember(const Envelope& envelope, const Response& response);
  [[nodiscard]] ResponsePtr refusal(Errc code, std::string context) const;

  [[nodiscard]] Response execute(const Command& command);
  [[nodiscard]] Result<ResponseBody> body(const Op& op);
  [[nodiscard]] Result<ResponseBody> body(const LeaseGrant& grant);
  [[nodiscard]] Result<ResponseBody> body(const LeaseRevoke& revoke);
  [[nodiscard]] Result<ResponseBody> body(const LeaseRenew& renew);
  [[nodiscard]] Result<ResponseBody> body(const SessionOpen& open);
  [[nodiscard]] Result<ResponseBody> body(const SessionClose& close);
  [[nodiscard]] Result<ResponseBody> body(const Compact& compact);
  [[nodiscard]] Result<ResponseBody> body(const ExpireLeases& expire);
  [[nodiscard]] Result<ResponseBody> body(const SetMachineVersion& set);
  [[nodiscard]] Result<ResponseBody> body(const Undecodable& undecodable);

  [[nodiscard]] Result<void> room_for_lease() const;
  [[nodiscard]] LeaseId free_lease_id() const;
  [[nodiscard]] ClusterTime deadline_after(milliseconds ttl) const;
  void renew(LeaseId id, milliseconds ttl);
  void add_lease(LeaseRow row);
  /// The lease with its keys, in one revision; returns how many keys.
  std::uint64_t remove_lease(LeaseId id, EventCause cause);
  void finish(KvChange& change);
  void write_lease_rows();

  MachineState& state_;
  Index index_;
  Term term_;
  std::uint64_t position_ = 0;  // of the command in the batch
  std::vector<LeaseId> leases_changed_;
  ApplyResult result_;
};

}  // namespace conclave::mvcc
