#include <algorithm>
#include <string>
#include <utility>

#include "conclave/base/assert.hpp"
#include "conclave/mvcc/machine.hpp"
#include "machine_state.hpp"
#include "text.hpp"

namespace conclave::mvcc {
namespace {

Unexpected corrupt(std::string what) { return fail(Errc::corruption, std::move(what)); }

bool well_formed(const Event& event, Revision revision) {
  return event.kv != nullptr && !event.kv->key().empty() && event.kv->mod_revision() == revision;
}

bool well_formed(const EventBatchPtr& batch) {
  return batch != nullptr && !batch->revision.is_zero() && !batch->events.empty() &&
         std::all_of(batch->events.begin(), batch->events.end(), [&](const Event& e) { return well_formed(e, batch->revision); });
}

Result<void> check_key(const KeyValue& kv, const MachineState& state) {
  const auto broken = [&](const char* rule) { return corrupt("the key " + quoted(kv.key()) + ": " + rule); };
  if (kv.create_revision().is_zero() || kv.create_revision() > kv.mod_revision())
    return broken("its create revision is not below its mod revision");
  if (kv.mod_revision() > state.meta.revision) return broken("its mod revision is newer than the store's");
  if (kv.version() == 0) return broken("its version is 0");
  if (!kv.lease().is_zero() && state.leases.find(kv.lease()) == nullptr) return broken("its lease does not exist");
  return {};
}

}  // namespace

Result<void> Machine::restore(Row row) {
  Parts& parts = *parts_;
  MachineState& state = parts.state;
  parts.rows_restored = true;
  if (auto* key = std::get_if<KeyRow>(&row)) {
    if (key->kv == nullptr || key->kv->key().empty()) return corrupt("a key row without a key");
    if (!state.kv.load(key->kv)) return corrupt("two rows of the key " + quoted(key->kv->key()));
    return {};
  }
  if (auto* lease = std::get_if<LeaseRow>(&row)) {
    if (lease->id.is_zero() || lease->ttl <= milliseconds{}) return corrupt("a lease row without an id or a TTL");
    if (lease->deadline < ClusterTime{}) return corrupt("lease " + to_string(lease->id) + ": its deadline lies before all time");
    const LeaseRow copy = *lease;
    if (!state.leases.add(std::move(*lease))) return corrupt("two rows of lease " + to_string(copy.id));
    if (copy.session) state.sessions.open(copy.id, copy.nonce);
    return {};
  }
  if (auto* outcome = std::get_if<OutcomeRow>(&row)) {
    if (outcome->response == nullptr) return corrupt("an outcome row without an outcome");
    parts.outcomes_restored.push_back(std::move(*outcome));
    return {};
  }
  if (auto* history = std::get_if<HistoryRow>(&row)) {
    if (!std::all_of(history->batches.begin(), history->batches.end(), [](const EventBatchPtr& b) { return well_formed(b); })) {
      return corrupt("a history row with a broken event batch");
    }
    parts.batches_restored.insert(parts.batches_restored.end(), history->batches.begin(), history->batches.end());
    return {};
  }
  if (std::exchange(parts.meta_restored, true)) return corrupt("two meta rows");
  state.meta = std::get<MetaRow>(row);
  return {};
}

namespace {

Result<void> restore_outcomes(MachineState& state, std::vector<OutcomeRow> rows) {
  for (OutcomeRow& row : rows) {
    const std::string name = "outcome " + to_string(row.sequence) + " of session " + to_string(row.session);
    const LeaseTable::Lease* lease = state.leases.find(row.session);
    if (lease == nullptr || !lease->row().session) return corrupt(name + ": no such session");
    const RequestSeq first = lease->row().first_outstanding;
    if (row.sequence < first || row.sequence.minus(first) >= state.config.limits.session_window)
      return corrupt(name + ": outside the window");
    if (state.sessions.outcome(row.session, row.sequence) != nullptr) return corrupt(name + ": two rows");
    state.sessions.remember(row.session, row.sequence, std::move(row.response));
  }
  return {};
}

Result<void> attach_keys(MachineState& state) {
  const KeyIndex& keys = state.kv.keys();
  for (auto place = keys.first(); !keys.at_end(place); place = keys.next(place)) {
    const KeyValuePtr& kv = keys.at(place);
    if (auto checked = check_key(*kv, state); !checked.has_value()) return checked;
    if (!kv->lease().is_zero()) state.leases.attach(kv->lease(), kv);
  }
  return {};
}

/// Only the newest batches without a gap make a window; what lies before a gap is on disk.
Result<void> restore_window(MachineState& state, std::vector<EventBatchPtr> batches) {
  std::sort(batches.begin(), batches.end(),
            [](const EventBatchPtr& a, const EventBatchPtr& b) { return a->revision < b->revision; });
  const auto same = [](const EventBatchPtr& a, const EventBatchPtr& b) { return a->revision == b->revision; };
  if (std::adjacent_find(batches.begin(), batches.end(), same) != batches.end())
    return corrupt("two event batches of one revision");
  if (!batches.empty() && batches.back()->revision > state.meta.revision) return corrupt("an event batch newer than the store");
  Revision expected = state.meta.revision;
  auto first = batches.end();
  while (first != batches.begin() && (*std::prev(first))->revision == expected && expected >= state.meta.compacted) {
    --first;
    expected = expected.is_zero() ? expected : expected.prev();
  }
  for (; first != batches.end(); ++first) {
    state.window.push(*first);
    state.window.shrink_to(state.config.history_window_bytes);
  }
  return {};
}

}  // namespace

Result<void> Machine::finish_restore() {
  Parts& parts = *parts_;
  parts.state.kv.finish_load();
  if (!parts.rows_restored) return {};
  if (!parts.meta_restored) return corrupt("no meta row");
  if (parts.state.meta.stamp < ClusterTime{}) return corrupt("a stamp before all time");
  if (parts.state.meta.compacted > parts.state.meta.revision) return corrupt("compacted past the newest revision");
  if (auto done = attach_keys(parts.state); !done.has_value()) return done;
  if (auto done = restore_outcomes(parts.state, std::exchange(parts.outcomes_restored, {})); !done.has_value()) return done;
  return restore_window(parts.state, std::exchange(parts.batches_restored, {}));
}

void Machine::for_each_row(const std::function<void(const Row&)>& visit) const {
  const MachineState& state = parts_->state;
  visit(state.meta);
  const KeyIndex& keys = state.kv.keys();
  for (auto place = keys.first(); !keys.at_end(place); place = keys.next(place)) visit(KeyRow{keys.at(place)});
  state.leases.each_from(LeaseId(), [&](const LeaseTable::Lease& lease) {
    visit(lease.row());
    return true;
  });
  state.sessions.each([&](const OutcomeRow& row) { visit(row); });
  for (const EventBatchPtr& batch : state.window.batches()) visit(HistoryRow{batch->revision, {batch}});
}

void Machine::check_invariants() const {
  const MachineState& state = parts_->state;
  state.kv.check_invariants();
  state.leases.check_invariants(state.kv.keys());
  state.sessions.check_invariants();
  state.window.check_invariants();
  CONCLAVE_ASSERT(state.meta.compacted <= state.meta.revision);
  if (!state.window.empty()) {
    CONCLAVE_ASSERT(state.window.batches().back()->revision == state.meta.revision);
    CONCLAVE_ASSERT(state.window.batches().front()->revision >= state.meta.compacted);
  }
  std::size_t sessions = 0;
  state.leases.each_from(LeaseId(), [&](const LeaseTable::Lease& lease) {
    CONCLAVE_ASSERT(lease.row().session == state.sessions.contains(lease.row().id));
    if (lease.row().session) ++sessions;
    return true;
  });
  CONCLAVE_ASSERT(sessions == state.sessions.size());
  state.sessions.each([&](const OutcomeRow& row) {
    const RequestSeq first = state.leases.find(row.session)->row().first_outstanding;
    CONCLAVE_ASSERT(row.sequence >= first && row.sequence.minus(first) < state.config.limits.session_window);
  });
}

}  // namespace conclave::mvcc
