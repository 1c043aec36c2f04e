#include "engine/store_oracle.hpp"

#include <algorithm>

#include "conclave/codec/row_codec.hpp"

namespace conclave::sim {
namespace {

template <class... F>
struct Overload : F... {
  using F::operator()...;
};
template <class... F>
Overload(F...) -> Overload<F...>;

std::uint64_t digest_of(const mvcc::StateDelta& delta) {
  const codec::RowBytes meta = codec::encode_meta(delta.meta);
  std::uint64_t hash = mix(1, meta.value);
  for (const auto& change : delta.changes) {
    std::visit(
        Overload{
            [&](const codec::RowBytes& row) {
              hash = mix(mix(mix(hash, static_cast<std::uint64_t>(row.table)), row.key), row.value);
            },
            [&](const codec::RowErase& row) { hash = mix(mix(hash, 100 + static_cast<std::uint64_t>(row.table)), row.key); },
            [&](const codec::RowsEraseBelow& row) { hash = mix(mix(hash, 200 + static_cast<std::uint64_t>(row.table)), row.key); },
        },
        codec::encode_change(change));
  }
  return hash;
}

test::WatchedRow row_of(const mvcc::KeyValue& kv) {
  return {std::string(kv.value()), kv.create_revision(), kv.mod_revision(), kv.version()};
}

test::WatchedEvent event_of(const mvcc::Event& event) {
  test::WatchedEvent watched;
  watched.key = std::string(event.kv->key());
  watched.deleted = event.kind == mvcc::EventKind::erase;
  watched.row = row_of(*event.kv);
  if (event.prev) watched.previous = row_of(*event.prev);
  return watched;
}

/// The revision in which the keys of each lease that ended were deleted.
std::map<LeaseId, Revision> keys_of_ended_leases(const mvcc::StateDelta& delta) {
  std::map<LeaseId, Revision> vanished;
  for (const auto& change : delta.changes) {
    const auto* row = std::get_if<mvcc::HistoryRow>(&change);
    if (row == nullptr) continue;
    for (const auto& batch : row->batches)
      for (const auto& event : batch->events)
        if (event.cause != mvcc::EventCause::request && event.prev) vanished[event.prev->lease()] = batch->revision;
  }
  return vanished;
}

test::LeasedChange::Kind kind_of(const mvcc::Event& event) {
  if (event.kind == mvcc::EventKind::put) return test::LeasedChange::Kind::put;
  switch (event.cause) {
    case mvcc::EventCause::request: return test::LeasedChange::Kind::deleted;
    case mvcc::EventCause::lease_expired: return test::LeasedChange::Kind::lease_expired;
    case mvcc::EventCause::lease_revoked: return test::LeasedChange::Kind::lease_revoked;
  }
  return test::LeasedChange::Kind::deleted;
}

}  // namespace

void StoreOracle::saw_delta(MemberId member, const mvcc::StateDelta& delta) {
  const Index index = delta.meta.applied;
  const auto [known, fresh] = digests_.emplace(index, digest_of(delta));
  require(fresh || known->second == digest_of(delta),
          [&] { return "member " + to_string(member) + " changes other rows at index " + to_string(index) + " than another did"; });
  if (!fresh) return;
  world_.trace().note("delta", {index.value(), known->second});
  take(delta);
}

void StoreOracle::saw_machine(MemberId member, const mvcc::Machine& machine) {
  const auto [known, fresh] = states_.emplace(machine.applied(), machine.state_hash());
  require(fresh || known->second == machine.state_hash(), [&] {
    return "member " + to_string(member) + " holds another state at index " + to_string(machine.applied()) + " than another did";
  });
}

void StoreOracle::take(const mvcc::StateDelta& delta) {
  const mvcc::MetaRow& meta = delta.meta;
  require(meta.stamp >= stamp_, [] { return std::string("cluster time goes back"); });
  require(meta.revision >= revision_, [] { return std::string("the revision goes back"); });
  stamp_ = meta.stamp;
  revision_ = meta.revision;
  for (const auto& change : delta.changes) {
    std::visit(
        Overload{
            [&](const mvcc::LeaseRow& row) { take(row, meta); },
            [&](const mvcc::OutcomeRow& row) { once_.applied(row.session, row.sequence, meta.applied, row.response->revision); },
            [&](const mvcc::HistoryRow& row) {
              for (const auto& batch : row.batches) take(*batch, meta);
            },
            [](const auto&) {},
        },
        change);
  }
  const auto vanished = keys_of_ended_leases(delta);
  for (const auto& change : delta.changes) {
    const auto* gone = std::get_if<mvcc::LeaseErase>(&change);
    if (gone == nullptr || alive_.erase(gone->id) == 0) continue;
    if (sessions_.erase(gone->id) == 0) on_lease_ended(gone->id);
    ++ended_;
    const auto keys = vanished.find(gone->id);
    leases_.ended(gone->id, meta.stamp, keys == vanished.end() ? Revision() : keys->second);
  }
}

void StoreOracle::take(const mvcc::LeaseRow& row, const mvcc::MetaRow& meta) {
  const auto [known, fresh] = alive_.emplace(row.id, Lease{row.ttl, row.deadline});
  if (fresh) {
    ++granted_;
    if (row.session) sessions_.insert(row.id);
    require(row.deadline >= meta.stamp + row.ttl,
            [&] { return "lease " + to_string(row.id) + " is granted with a deadline that is too early"; });
    leases_.granted(row.id, row.ttl, meta.stamp);
    return;
  }
  if (row.deadline == known->second.deadline) return;  // another field of a session
  require(row.deadline > known->second.deadline, [&] { return "the deadline of lease " + to_string(row.id) + " goes back"; });
  require(known->second.deadline > meta.stamp, [&] { return "lease " + to_string(row.id) + " is renewed although it is dead"; });
  known->second.deadline = row.deadline;
  leases_.renewed(row.id, meta.stamp);
}

void StoreOracle::take(const mvcc::EventBatch& batch, const mvcc::MetaRow& meta) {
  require(batch.revision.value() == reference_.size() + 1,
          [&] { return "revision " + to_string(batch.revision) + " follows revision " + std::to_string(reference_.size()); });
  test::WatchedBatch watched{batch.revision, {}};
  test::AppliedRevision applied{batch.revision, {}, false};
  test::LeasedRevision leased{batch.revision, meta.stamp, {}};
  for (const auto& event : batch.events) {
    watched.events.push_back(event_of(event));
    const bool put = event.kind == mvcc::EventKind::put;
    applied.changes.emplace_back(watched.events.back().key,
                                 put ? std::optional<std::string>(watched.events.back().row.value) : std::nullopt);
    applied.by_the_store = applied.by_the_store || (!put && event.cause != mvcc::EventCause::request);
    leased.changes.push_back({watched.events.back().key, kind_of(event), put ? event.kv->lease() : LeaseId()});
  }
  reference_.push_back(std::move(watched));
  revisions_.push_back(std::move(applied));
  leases_.changed(leased);
}

std::map<std::string, test::WatchedRow> StoreOracle::rows_at(const std::string& prefix, Revision revision) const {
  std::map<std::string, test::WatchedRow> rows;
  for (const auto& batch : reference_) {
    if (batch.revision > revision) break;
    for (const auto& event : batch.events) {
      if (!event.key.starts_with(prefix)) continue;
      if (event.deleted)
        rows.erase(event.key);
      else
        rows[event.key] = event.row;
    }
  }
  return rows;
}

std::map<std::string, Revision> StoreOracle::keys_at(const std::string& prefix, Revision revision) const {
  std::map<std::string, Revision> keys;
  for (const auto& [key, row] : rows_at(prefix, revision)) keys[key] = row.create;
  return keys;
}

void StoreOracle::judge() const {
  const auto leases = leases_.verdict();
  require(!leases.is_violated(), [&] { return "leases: " + leases.why; });
  const auto once = once_.verdict();
  require(!once.is_violated(), [&] { return "exactly once: " + once.why; });
}

std::string StoreOracle::overdue_lease() const {
  if (leases_.verdict().is_violated()) return "";  // for judge() to tell
  const auto ended = leases_.expect_ended(stamp_, milliseconds(5'000));
  return ended.is_violated() ? ended.why : "";
}

}  // namespace conclave::sim
