#include "machine_state.hpp"

#include "response_size.hpp"
#include "state_hash.hpp"
#include "text.hpp"
#include "txn_path.hpp"
#include "validate.hpp"

namespace conclave::mvcc {
namespace {

class ReadRun {
 public:
  ReadRun(const MachineState& state, TxnPath path, ReadBudget& budget) : state_(state), path_(std::move(path)), budget_(budget) {}

  [[nodiscard]] Result<TxnResult> transaction(const TxnOp& txn) {
    TxnResult result;
    result.succeeded = path_.next();
    for (const Op& op : result.succeeded ? txn.success : txn.failure) {
      Result<OpResult> done = one(op);
      if (!done.has_value()) return fail(done.error());
      result.results.push_back(std::move(*done));
    }
    return result;
  }

 private:
  [[nodiscard]] Result<OpResult> one(const Op& op) {
    if (!budget_.take(result_overhead_bytes)) return budget_.too_many_bytes();
    if (const auto* nested = std::get_if<TxnOp>(&op.body)) {
      Result<TxnResult> result = transaction(*nested);
      if (!result.has_value()) return fail(result.error());
      return OpResult{std::move(*result)};
    }
    const auto& range = std::get<RangeOp>(op.body);
    const Result<KeyView> view = view_at(state_, range.at, nullptr);
    if (!view.has_value()) return fail(view.error());
    Result<RangeResult> result = read_range(*view, range, budget_);
    if (!result.has_value()) return fail(result.error());
    return OpResult{std::move(*result)};
  }

  const MachineState& state_;
  TxnPath path_;
  ReadBudget& budget_;
};

}  // namespace

std::uint64_t MachineState::digest() const { return kv.digest() + leases.digest() + sessions.digest() + digest_of(meta); }

Result<KeyView> view_at(const MachineState& state, Revision at, const HistoryOverlay* overlay) {
  if (at.is_zero() || at == state.meta.revision) return KeyView{state.kv.keys(), nullptr, {}, nullptr};
  if (at > state.meta.revision) {
    return fail(Errc::future_revision, "revision " + to_string(at) + "; the newest is " + to_string(state.meta.revision));
  }
  if (at < state.meta.compacted) {
    return fail(Errc::compacted, "revision " + to_string(at) + "; the oldest is " + to_string(state.meta.compacted));
  }
  const bool in_memory = at.next() >= state.window_start();
  if (!in_memory && overlay == nullptr) {
    return fail(Errc::unsupported, "revision " + to_string(at) + " is older than the history in memory");
  }
  state.window.index_after(at);
  return KeyView{state.kv.keys(), &state.window, at, in_memory ? nullptr : overlay};
}

Result<TxnResult> run_reads(const MachineState& state, const TxnOp& txn) {
  const Limits& limits = state.config.limits;
  if (auto valid = validate_reads(txn, limits); !valid.has_value()) return fail(valid.error());
  ReadBudget budget{limits};
  Result<TxnPath> path = TxnPath::decide(txn, state.kv.keys(), budget);
  if (!path.has_value()) return fail(path.error());
  return ReadRun(state, std::move(*path), budget).transaction(txn);
}

Result<void> check_guard(const MachineState& state, const Guard& guard) {
  const KeyValuePtr kv = state.kv.keys().find(guard.key);
  if (!kv) return fail(Errc::fenced, "the key " + quoted(guard.key) + " does not exist");
  if (kv->create_revision() != guard.create_revision) {
    return fail(Errc::fenced, "the key " + quoted(guard.key) + " was created at revision " + to_string(kv->create_revision()) +
                                  ", not at " + to_string(guard.create_revision));
  }
  if (kv->lease() != guard.lease) {
    return fail(Errc::fenced, "the key " + quoted(guard.key) + " hangs on lease " + to_string(kv->lease()) + ", not on " +
                                  to_string(guard.lease));
  }
  if (!guard.lease.is_zero() && !state.leases.alive(guard.lease, state.meta.stamp)) {
    return fail(Errc::fenced, "lease " + to_string(guard.lease) + " is dead");
  }
  return {};
}

}  // namespace conclave::mvcc
