#include "op_run.hpp"

#include "key_select.hpp"
#include "response_size.hpp"
#include "sequence_key.hpp"
#include "text.hpp"

namespace conclave::mvcc {

Result<OpResult> OpRun::run(const Op& op) {
  if (const auto* txn = std::get_if<TxnOp>(&op.body)) {
    Result<TxnPath> path = TxnPath::decide(*txn, change_.kv().keys(), budget_);
    if (!path.has_value()) return fail(path.error());
    path_ = std::move(*path);
  }
  budget_.may_cut = std::holds_alternative<RangeOp>(op.body);
  return one(op);
}

Result<OpResult> OpRun::one(const Op& op) {
  if (!budget_.take(result_overhead_bytes)) return budget_.too_many_bytes();
  if (const auto* txn = std::get_if<TxnOp>(&op.body)) return transaction(*txn);
  Result<OpResult> result = std::holds_alternative<RangeOp>(op.body) ? range(std::get<RangeOp>(op.body))
                            : std::holds_alternative<PutOp>(op.body) ? put(std::get<PutOp>(op.body))
                                                                     : erase(std::get<DeleteOp>(op.body));
  ++operation_;
  return result;
}

Result<OpResult> OpRun::range(const RangeOp& op) {
  Result<RangeResult> result = read_range({change_.kv().keys()}, op, budget_);
  if (!result.has_value()) return fail(result.error());
  return OpResult{std::move(*result)};
}

Result<OpResult> OpRun::put(const PutOp& op) {
  PutResult result;
  if (op.sequence) result.key = sequence_key(op.key, change_.revision(), operation_);
  const ByteView key = op.sequence ? ByteView(result.key) : op.key;
  const KvChange::Slot slot = change_.find(key);
  const KeyValuePtr& before = slot.before;
  if ((op.ignore_value || op.ignore_lease) && !before)
    return fail(Errc::key_not_found, "the key " + quoted(key) + " does not exist");

  const LeaseId lease = op.ignore_lease ? before->lease() : op.lease;
  if (!lease.is_zero() && !leases_.alive(lease, stamp_))
    return fail(Errc::lease_not_found, "lease " + to_string(lease) + " is dead or was never granted");
  if (!budget_.take(result.key.size())) return budget_.too_many_bytes();
  if (op.want_previous && before) {
    if (auto room = answer_with(*before); !room.has_value()) return fail(room.error());
    result.prev = before;
  }
  const Result<void> done = change_.put(slot, key, op.ignore_value ? before->value() : op.value, lease);
  if (!done.has_value()) return fail(done.error());
  return OpResult{std::move(result)};
}

Result<OpResult> OpRun::erase(const DeleteOp& op) {
  const KeyIndex& keys = change_.kv().keys();
  std::vector<KeyValuePtr> selected;
  for (auto place = keys.lower_bound(op.keys.begin); !keys.at_end(place) && !past_selection(op.keys, keys.at(place)->key());
       place = keys.next(place)) {
    if (!budget_.scan()) return budget_.too_many_scans();
    if (op.want_previous) {
      if (auto room = answer_with(*keys.at(place)); !room.has_value()) return fail(room.error());
    }
    selected.push_back(keys.at(place));
  }
  for (const KeyValuePtr& kv : selected) {
    if (auto done = change_.erase(kv, EventCause::request); !done.has_value()) return fail(done.error());
  }
  DeleteResult result;
  result.deleted = selected.size();
  if (op.want_previous) result.prev = std::move(selected);
  return OpResult{std::move(result)};
}

Result<OpResult> OpRun::transaction(const TxnOp& op) {
  TxnResult result;
  result.succeeded = path_.next();
  const std::span<const Op> branch = result.succeeded ? op.success : op.failure;
  result.results.reserve(branch.size());
  for (const Op& each : branch) {
    Result<OpResult> done = one(each);
    if (!done.has_value()) return done;
    result.results.push_back(std::move(*done));
  }
  return OpResult{std::move(result)};
}

Result<void> OpRun::answer_with(const KeyValue& kv) {
  if (!budget_.take(row_bytes(kv, false))) return budget_.too_many_bytes();
  return {};
}

}  // namespace conclave::mvcc
