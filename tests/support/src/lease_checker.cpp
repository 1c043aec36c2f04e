#include "conclave/test/lease_checker.hpp"

#include <algorithm>

namespace conclave::test {
namespace {

std::string at_time(ClusterTime time) { return " at " + std::to_string(to_millis(time)) + " ms"; }

bool is_end(LeasedChange::Kind kind) {
  return kind == LeasedChange::Kind::lease_expired || kind == LeasedChange::Kind::lease_revoked;
}

}  // namespace

void LeaseChecker::fail(const std::string& why) {
  if (verdict_.holds()) verdict_ = Verdict::violated("lease: " + why);
}

void LeaseChecker::granted(LeaseId lease, milliseconds ttl, ClusterTime at) {
  Lease& known = leases_[lease];
  if (known.granted) fail(to_string(lease) + " was granted twice");
  known.granted = at;
  known.ttl = ttl;
}

void LeaseChecker::renewed(LeaseId lease, ClusterTime at) { leases_[lease].renewals.insert(at); }

void LeaseChecker::end_requested(LeaseId lease, ClusterTime at) {
  auto& requested = leases_[lease].end_requested;
  requested = requested ? std::min(*requested, at) : at;
}

void LeaseChecker::ended(LeaseId lease, ClusterTime at, Revision revision) {
  Lease& known = leases_[lease];
  if (known.end) fail(to_string(lease) + " ended twice");
  known.end = End{at, revision};
}

void LeaseChecker::changed(const LeasedRevision& revision) {
  if (revision.revision <= last_) fail("revision " + to_string(revision.revision) + " does not ascend");
  last_ = revision.revision;
  check_vanished(revision);
  for (const auto& change : revision.changes) {
    detach(change.key);
    if (change.kind == LeasedChange::Kind::put && !change.lease.is_zero()) attach(revision, change);
  }
}

void LeaseChecker::attach(const LeasedRevision& revision, const LeasedChange& change) {
  if (vanished_.contains(change.lease)) {
    fail("key '" + change.key + "' was put on lease " + to_string(change.lease) + " after its end");
  }
  leases_[change.lease].keys[change.key] = revision.revision;
  lease_of_[change.key] = change.lease;
}

void LeaseChecker::detach(const std::string& key) {
  const auto found = lease_of_.find(key);
  if (found == lease_of_.end()) return;
  leases_[found->second].keys.erase(key);
  lease_of_.erase(found);
}

// The keys that a revision deletes for the end of a lease are that lease's, all of them.
void LeaseChecker::check_vanished(const LeasedRevision& revision) {
  std::map<LeaseId, std::size_t> deleted;
  for (const auto& change : revision.changes) {
    if (!is_end(change.kind)) continue;
    const auto found = lease_of_.find(change.key);
    if (found == lease_of_.end()) {
      fail("key '" + change.key + "' was deleted for the end of a lease, but hangs on none");
      continue;
    }
    ++deleted[found->second];
    const auto& requested = leases_[found->second].end_requested;
    const bool may_be_revoked = requested && *requested <= revision.stamp;
    if (change.kind == LeasedChange::Kind::lease_revoked && !may_be_revoked) {
      fail("key '" + change.key + "' was deleted for a revocation of lease " + to_string(found->second) + " that nobody asked for");
    }
  }
  for (const auto& [id, count] : deleted) {
    if (count != leases_[id].keys.size()) fail(to_string(id) + " and its keys did not vanish in one revision");
    if (!vanished_.try_emplace(id, revision.revision).second) fail(to_string(id) + " lost keys for its end twice");
    vanished_at_.try_emplace(id, revision.stamp);
  }
}

std::string LeaseChecker::check(LeaseId id, const Lease& lease) const {
  const auto vanished = vanished_.find(id);
  if (vanished != vanished_.end() && lease.end && lease.end->revision != vanished->second) {
    return "ended at revision " + to_string(lease.end->revision) + ", its keys at " + to_string(vanished->second);
  }
  if (vanished == vanished_.end() && lease.end && !lease.end->revision.is_zero())
    return "ended with a revision that deleted no key";
  if (lease.end && !lease.keys.empty()) return "ended, but key '" + lease.keys.begin()->first + "' is still there";
  if (!lease.end && vanished == vanished_.end()) return {};
  const ClusterTime end = lease.end ? lease.end->at : vanished_at_.at(id);
  if (!lease.renewals.empty() && *lease.renewals.rbegin() > end) {
    return "ended" + at_time(end) + ", but a renewal was acknowledged" + at_time(*lease.renewals.rbegin());
  }
  if (lease.end_requested && *lease.end_requested <= end) return {};
  ClusterTime alive_from = lease.granted.value_or(ClusterTime::min());
  if (!lease.renewals.empty()) alive_from = std::max(alive_from, *lease.renewals.rbegin());
  if (alive_from == ClusterTime::min() || end >= alive_from + lease.ttl) return {};
  return "ended" + at_time(end) + ", though it was granted or renewed" + at_time(alive_from) + " for " +
         std::to_string(lease.ttl.count()) + " ms";
}

Verdict LeaseChecker::verdict() const {
  if (!verdict_.holds()) return verdict_;
  for (const auto& [id, lease] : leases_) {
    if (const std::string why = check(id, lease); !why.empty()) return Verdict::violated("lease: " + to_string(id) + " " + why);
  }
  return {};
}

Verdict LeaseChecker::expect_ended(ClusterTime now, milliseconds slack) const {
  if (const Verdict sofar = verdict(); !sofar.holds()) return sofar;
  for (const auto& [id, lease] : leases_) {
    if (lease.end || vanished_.contains(id) || !lease.granted) continue;
    ClusterTime deadline = *lease.granted + lease.ttl;
    if (!lease.renewals.empty()) deadline = std::max(deadline, *lease.renewals.rbegin() + lease.ttl);
    if (deadline + slack < now)
      return Verdict::violated("lease: " + to_string(id) + " was due" + at_time(deadline) + " and did not end");
  }
  return {};
}

}  // namespace conclave::test
