#include "conclave/mvcc/machine.hpp"

#include <algorithm>
#include <utility>

#include "apply_run.hpp"
#include "conclave/base/assert.hpp"
#include "key_select.hpp"
#include "machine_state.hpp"
#include "response_size.hpp"
#include "validate.hpp"

namespace conclave::mvcc {
namespace {

LeaseInfo info_of(const LeaseTable::Lease& lease, ClusterTime stamp) {
  const LeaseRow& row = lease.row();
  LeaseInfo info;
  info.id = row.id;
  info.granted = row.ttl;
  info.remaining = std::max(row.deadline - stamp, milliseconds{});
  info.owner = row.owner;
  info.note = row.note;
  info.session = row.session;
  info.key_count = lease.keys().size();
  return info;
}

}  // namespace

Machine::Machine(MachineConfig config) : parts_(std::make_unique<Parts>()) {
  CONCLAVE_ASSERT(config.limits.txn_operations_max < 1000);  // a sequence key has three digits for the operation
  parts_->state.config = config;
}
Machine::~Machine() = default;
Machine::Machine(Machine&&) noexcept = default;
Machine& Machine::operator=(Machine&&) noexcept = default;

ApplyResult Machine::apply(Index index, Term term, const Batch& batch) {
  CONCLAVE_ASSERT(index == applied().next());
  CONCLAVE_ASSERT(batch.version <= machine_version_max);
  return ApplyRun(parts_->state, index, term).run(batch);
}

Result<RangeResult> Machine::range(const RangeOp& op, const HistoryOverlay* overlay) const {
  const MachineState& state = parts_->state;
  if (auto valid = validate(op, state.config.limits); !valid.has_value()) return fail(valid.error());
  const Result<KeyView> view = view_at(state, op.at, overlay);
  if (!view.has_value()) return fail(view.error());
  ReadBudget budget{state.config.limits};
  budget.bytes = result_overhead_bytes;
  budget.may_cut = true;
  return read_range(*view, op, budget);
}

void Machine::expect(std::span<const ByteView> keys) const { parts_->state.kv.keys().expect(keys, KeyIndex::Use::read); }

Result<TxnResult> Machine::read_txn(const TxnOp& txn) const { return run_reads(parts_->state, txn); }

bool Machine::guards_hold(std::span<const Guard> guards) const {
  return std::all_of(guards.begin(), guards.end(),
                     [&](const Guard& guard) { return check_guard(parts_->state, guard).has_value(); });
}

bool Machine::history_needed(Revision at) const {
  return !at.is_zero() && at < revision() && at >= compacted() && at.next() < window_start();
}

KeyValuePtr Machine::get(ByteView key) const { return parts_->state.kv.keys().find(key); }

std::optional<LeaseInfo> Machine::lease(LeaseId id, bool with_keys) const {
  const LeaseTable::Lease* lease = parts_->state.leases.find(id);
  if (lease == nullptr) return std::nullopt;
  LeaseInfo info = info_of(*lease, stamp());
  const KeyIndex& keys = lease->keys();
  for (auto place = keys.first(); with_keys && !keys.at_end(place); place = keys.next(place))
    info.keys.emplace_back(keys.at(place)->key());
  return info;
}

LeaseListPage Machine::leases(LeaseId from, std::size_t count_max) const {
  LeaseListPage page;
  parts_->state.leases.each_from(from, [&](const LeaseTable::Lease& lease) {
    if (page.leases.size() == count_max) {
      page.next = lease.row().id;
      return false;
    }
    page.leases.push_back(info_of(lease, stamp()));
    return true;
  });
  return page;
}

std::vector<LeaseId> Machine::leases_due(ClusterTime time, std::size_t count_max) const {
  return parts_->state.leases.due(time, count_max);
}

std::optional<ClusterTime> Machine::next_deadline() const { return parts_->state.leases.next_deadline(); }

std::size_t Machine::count_older(ByteView prefix, Revision create, std::size_t count_max) const {
  const KeySelector selection{KeySelector::Kind::prefix, prefix, {}};
  const KeyIndex& keys = parts_->state.kv.keys();
  std::size_t count = 0;
  for (auto place = keys.lower_bound(prefix); count < count_max && !keys.at_end(place); place = keys.next(place)) {
    if (past_selection(selection, keys.at(place)->key())) break;
    if (keys.at(place)->create_revision() < create) ++count;
  }
  return count;
}

std::vector<Revision> Machine::create_revisions(ByteView prefix) const {
  const KeySelector selection{KeySelector::Kind::prefix, prefix, {}};
  const KeyIndex& keys = parts_->state.kv.keys();
  std::vector<Revision> creates;
  creates.reserve(keys.count(selection));
  const auto end = keys.end_of(selection);
  for (auto place = keys.lower_bound(prefix); place != end; place = keys.next(place)) {
    creates.push_back(keys.at(place)->create_revision());
  }
  return creates;
}

Revision Machine::window_start() const { return parts_->state.window_start(); }

std::vector<EventBatchPtr> Machine::events_from(Revision from, std::size_t count_max) const {
  CONCLAVE_ASSERT(from >= window_start());
  return parts_->state.window.from(from, count_max);
}

const MetaRow& Machine::meta() const { return parts_->state.meta; }
std::uint64_t Machine::key_count() const { return parts_->state.kv.keys().size(); }
std::uint64_t Machine::data_bytes() const { return parts_->state.kv.data_bytes(); }
std::uint64_t Machine::window_bytes() const { return parts_->state.window.bytes(); }
std::uint64_t Machine::lease_count() const { return parts_->state.leases.size(); }
std::uint64_t Machine::session_count() const { return parts_->state.sessions.size(); }
std::uint64_t Machine::state_hash() const { return parts_->state.digest(); }

}  // namespace conclave::mvcc
