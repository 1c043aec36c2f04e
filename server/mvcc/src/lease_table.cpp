#include "lease_table.hpp"

#include "conclave/base/assert.hpp"
#include "state_hash.hpp"

namespace conclave::mvcc {

bool LeaseTable::add(LeaseRow row) {
  const auto [place, added] = leases_.try_emplace(row.id);
  if (!added) return false;
  by_deadline_.emplace(row.deadline, row.id);
  digest_ += digest_of(row);
  place->second = std::make_unique<Lease>(std::move(row));
  return true;
}

void LeaseTable::remove(LeaseId id) {
  const Lease& lease = existing(id);
  CONCLAVE_ASSERT(lease.keys_.empty());
  digest_ -= digest_of(lease.row_);
  by_deadline_.erase({lease.row_.deadline, id});
  leases_.erase(id);
}

void LeaseTable::set_deadline(LeaseId id, ClusterTime deadline) {
  Lease& lease = existing(id);
  digest_ -= digest_of(lease.row_);
  by_deadline_.erase({lease.row_.deadline, id});
  lease.row_.deadline = deadline;
  by_deadline_.emplace(deadline, id);
  digest_ += digest_of(lease.row_);
}

void LeaseTable::set_first_outstanding(LeaseId id, RequestSeq first) {
  Lease& lease = existing(id);
  digest_ -= digest_of(lease.row_);
  lease.row_.first_outstanding = first;
  digest_ += digest_of(lease.row_);
}

void LeaseTable::attach(LeaseId id, KeyValuePtr kv) { existing(id).keys_.put(std::move(kv)); }

void LeaseTable::detach(LeaseId id, ByteView key) {
  const KeyValuePtr gone = existing(id).keys_.erase(key);
  CONCLAVE_ASSERT_MSG(gone != nullptr, key);
}

const LeaseTable::Lease* LeaseTable::find(LeaseId id) const {
  const auto found = leases_.find(id);
  return found == leases_.end() ? nullptr : found->second.get();
}

LeaseTable::Lease& LeaseTable::existing(LeaseId id) {
  const auto found = leases_.find(id);
  CONCLAVE_ASSERT_MSG(found != leases_.end(), to_string(id));
  return *found->second;
}

bool LeaseTable::alive(LeaseId id, ClusterTime time) const {
  const Lease* lease = find(id);
  return lease != nullptr && lease->alive_at(time);
}

std::vector<LeaseId> LeaseTable::due(ClusterTime time, std::size_t count_max) const {
  std::vector<LeaseId> ids;
  for (auto next = by_deadline_.begin(); next != by_deadline_.end() && next->first <= time && ids.size() < count_max; ++next) {
    ids.push_back(next->second);
  }
  return ids;
}

std::optional<ClusterTime> LeaseTable::next_deadline() const {
  if (by_deadline_.empty()) return std::nullopt;
  return by_deadline_.begin()->first;
}

void LeaseTable::each_from(LeaseId from, const std::function<bool(const Lease&)>& visit) const {
  for (auto next = leases_.lower_bound(from); next != leases_.end(); ++next) {
    if (!visit(*next->second)) return;
  }
}

void LeaseTable::check_invariants(const KeyIndex& keys) const {
  std::uint64_t digest = 0;
  std::size_t attached = 0;
  for (const auto& [id, lease] : leases_) {
    CONCLAVE_ASSERT(lease->row_.id == id);
    CONCLAVE_ASSERT(by_deadline_.contains(std::pair(lease->row_.deadline, id)));
    digest += digest_of(lease->row_);
    lease->keys_.check_invariants();
    attached += lease->keys_.size();
  }
  CONCLAVE_ASSERT(by_deadline_.size() == leases_.size());
  CONCLAVE_ASSERT(digest == digest_);
  for (auto place = keys.first(); !keys.at_end(place); place = keys.next(place)) {
    const KeyValuePtr& kv = keys.at(place);
    if (kv->lease().is_zero()) continue;
    const Lease* lease = find(kv->lease());
    CONCLAVE_ASSERT_MSG(lease != nullptr && lease->keys_.find(kv->key()) == kv, kv->key());
    --attached;
  }
  CONCLAVE_ASSERT(attached == 0);
}

}  // namespace conclave::mvcc
