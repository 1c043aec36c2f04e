#include <algorithm>
#include <string>
#include <utility>

#include "apply_run.hpp"
#include "conclave/base/assert.hpp"
#include "mutants.hpp"
#include "validate.hpp"

namespace conclave::mvcc {
namespace {

Unexpected no_lease(LeaseId id) { return fail(Errc::lease_not_found, "lease " + to_string(id) + " is dead or was never granted"); }

}  // namespace

Result<ResponseBody> ApplyRun::body(const LeaseGrant& grant) {
  if (auto valid = validate_lease(grant.ttl, grant.owner, grant.note, state_.config.limits); !valid.has_value())
    return fail(valid.error());
  if (auto room = room_for_lease(); !room.has_value()) return fail(room.error());
  if (!grant.id.is_zero() && state_.leases.find(grant.id) != nullptr) {
    return fail(Errc::lease_exists, "lease " + to_string(grant.id) + " exists");
  }
  LeaseRow row;
  row.id = grant.id.is_zero() ? free_lease_id() : grant.id;
  row.ttl = grant.ttl;
  row.deadline = deadline_after(grant.ttl);
  row.owner = grant.owner;
  row.note = grant.note;
  const LeaseGranted granted{row.id, row.ttl};
  add_lease(std::move(row));
  return granted;
}

Result<ResponseBody> ApplyRun::body(const LeaseRevoke& revoke) {
  if (!state_.leases.alive(revoke.id, state_.meta.stamp)) return no_lease(revoke.id);
  return LeaseRevoked{remove_lease(revoke.id, EventCause::lease_revoked)};
}

Result<ResponseBody> ApplyRun::body(const LeaseRenew& renewal) {
  const std::size_t limit = state_.config.limits.renew_ids_max;
  if (renewal.ids.size() > limit) {
    return fail(Errc::too_large, std::to_string(renewal.ids.size()) + " leases to renew; the limit is " + std::to_string(limit));
  }
  LeaseRenewed renewed;
  renewed.rows.reserve(renewal.ids.size());
  for (const LeaseId id : renewal.ids) {
    const LeaseTable::Lease* lease = state_.leases.find(id);
    const bool accepted = lease != nullptr && (lease->alive_at(state_.meta.stamp) || mutants::renew_dead);
    renewed.rows.push_back({id, accepted ? lease->row().ttl : milliseconds{}});
    if (accepted) renew(id, lease->row().ttl);
  }
  return renewed;
}

Result<ResponseBody> ApplyRun::body(const SessionOpen& open) {
  if (auto valid = validate_lease(open.ttl, open.owner, open.note, state_.config.limits); !valid.has_value())
    return fail(valid.error());
  if (open.nonce != 0) {
    const auto known = state_.sessions.opened_with(open.nonce);
    if (known && state_.leases.alive(*known, state_.meta.stamp)) {
      // The client counts its own deadline from the repeat that was answered, so the server must count from there too.
      const milliseconds ttl = state_.leases.find(*known)->row().ttl;
      renew(*known, ttl);
      return SessionOpened{*known, ttl};
    }
  }
  if (auto room = room_for_lease(); !room.has_value()) return fail(room.error());
  LeaseRow row;
  row.id = free_lease_id();
  row.ttl = open.ttl;
  row.deadline = deadline_after(open.ttl);
  row.owner = open.owner;
  row.note = open.note;
  row.session = true;
  row.nonce = open.nonce;
  row.first_outstanding = RequestSeq(1);
  const SessionOpened opened{row.id, row.ttl};
  add_lease(std::move(row));
  return opened;
}

Result<ResponseBody> ApplyRun::body(const SessionClose& close) {
  const LeaseTable::Lease* lease = state_.leases.find(close.id);
  if (lease == nullptr || !lease->row().session || !lease->alive_at(state_.meta.stamp)) {
    return fail(Errc::session_expired, "session " + to_string(close.id) + " is dead or was never opened");
  }
  (void)remove_lease(close.id, EventCause::lease_revoked);
  return SessionClosed{};
}

Result<ResponseBody> ApplyRun::body(const ExpireLeases& expire) {
  const std::size_t limit = state_.config.limits.expire_ids_max;
  if (expire.ids.size() > limit) {
    return fail(Errc::too_large, std::to_string(expire.ids.size()) + " leases to expire; the limit is " + std::to_string(limit));
  }
  for (const LeaseId id : expire.ids) {
    const LeaseTable::Lease* lease = state_.leases.find(id);
    if (lease == nullptr) continue;
    // It may have been renewed since the leader proposed this.
    if (lease->alive_at(state_.meta.stamp) && !mutants::expire_renewed) continue;
    (void)remove_lease(id, EventCause::lease_expired);
  }
  return Done{};
}

Result<void> ApplyRun::room_for_lease() const {
  const std::size_t limit = state_.config.limits.leases_max;
  if (state_.leases.size() < limit) return {};
  return fail(Errc::too_large,
              "there are " + std::to_string(state_.leases.size()) + " leases; the limit is " + std::to_string(limit));
}

LeaseId ApplyRun::free_lease_id() const {
  // Index and position never come again, so no counter is stored; a client may have chosen the same number for a lease of its own.
  LeaseId id((index_.value() << 16U) | (position_ & 0xffffU));
  while (id.is_zero() || state_.leases.find(id) != nullptr) id = id.next();
  return id;
}

ClusterTime ApplyRun::deadline_after(milliseconds ttl) const {
  const ClusterTime stamp = state_.meta.stamp;
  return stamp > ClusterTime::max() - ttl ? ClusterTime::max() : stamp + ttl;
}

void ApplyRun::renew(LeaseId id, milliseconds ttl) {
  const ClusterTime deadline = deadline_after(ttl);
  if (state_.leases.find(id)->row().deadline == deadline) return;
  state_.leases.set_deadline(id, deadline);
  leases_changed_.push_back(id);
}

void ApplyRun::add_lease(LeaseRow row) {
  leases_changed_.push_back(row.id);
  if (row.session) state_.sessions.open(row.id, row.nonce);
  const bool added = state_.leases.add(std::move(row));
  CONCLAVE_ASSERT(added);
}

std::uint64_t ApplyRun::remove_lease(LeaseId id, EventCause cause) {
  const LeaseTable::Lease* lease = state_.leases.find(id);
  std::vector<KeyValuePtr> keys;  // the lease's own shrink with every key that goes
  keys.reserve(lease->keys().size());
  for (auto place = lease->keys().first(); !lease->keys().at_end(place); place = lease->keys().next(place))
    keys.push_back(lease->keys().at(place));
  KvChange change(state_.kv, state_.leases, state_.config.limits, state_.meta.revision.next());
  for (const KeyValuePtr& kv : keys) change.erase_with_lease(kv, cause);
  finish(change);
  if (lease->row().session) {
    for (const RequestSeq gone : state_.sessions.close(id, lease->row().nonce)) {
      result_.delta.changes.emplace_back(OutcomeErase{id, gone});
    }
  }
  state_.leases.remove(id);
  result_.delta.changes.emplace_back(LeaseErase{id});
  return keys.size();
}

void ApplyRun::write_lease_rows() {
  // A lease that changed many times in one entry is one row.
  std::sort(leases_changed_.begin(), leases_changed_.end());
  leases_changed_.erase(std::unique(leases_changed_.begin(), leases_changed_.end()), leases_changed_.end());
  for (const LeaseId id : leases_changed_) {
    if (const LeaseTable::Lease* lease = state_.leases.find(id)) result_.delta.changes.emplace_back(lease->row());
  }
}

}  // namespace conclave::mvcc
