#include "kv_change.hpp"

#include <memory>
#include <utility>

#include "conclave/base/assert.hpp"
#include "text.hpp"

namespace conclave::mvcc {
namespace {

Unexpected changed_twice(ByteView key) { return fail(Errc::duplicate_key, "the key " + quoted(key) + " is changed twice"); }

}  // namespace

Result<void> KvChange::check_room() const {
  if (events_.size() >= limits_.keys_changed_max) {
    return fail(Errc::too_large, "more keys to change than the limit of " + std::to_string(limits_.keys_changed_max));
  }
  return {};
}

KvChange::Slot KvChange::find(ByteView key) const {
  const KeyIndex::Found found = kv_.keys().look_up(key);
  return {found, found.kv()};
}

Result<void> KvChange::put(const Slot& slot, ByteView key, ByteView value, LeaseId lease) {
  const KeyValuePtr& before = slot.before;
  if ((before && before->mod_revision() == revision_) || (!before && erased_.contains(key))) return changed_twice(key);
  if (auto room = check_room(); !room.has_value()) return room;
  if (!lease.is_zero() && (!before || before->lease() != lease)) {
    const std::size_t count = leases_.find(lease)->keys().size();
    if (count >= limits_.lease_keys_max) {
      return fail(Errc::too_large, "lease " + to_string(lease) + " has " + std::to_string(count) + " keys; the limit is " +
                                       std::to_string(limits_.lease_keys_max));
    }
  }
  const KeyValue::Versions versions{before ? before->create_revision() : revision_, revision_, before ? before->version() + 1 : 1,
                                    lease};
  auto after = make_key_value(key, value, versions);
  kv_.put(slot.found, after);
  hang(before, after);
  events_.push_back({EventKind::put, EventCause::request, std::move(after), before});
  return {};
}

Result<void> KvChange::erase(const KeyValuePtr& kv, EventCause cause) {
  if (kv->mod_revision() == revision_) return changed_twice(kv->key());
  if (auto room = check_room(); !room.has_value()) return room;
  erase_with_lease(kv, cause);
  return {};
}

void KvChange::erase_with_lease(const KeyValuePtr& kv, EventCause cause) {
  auto gone = make_key_value(kv->key(), ByteView(), KeyValue::Versions{{}, revision_, 0, {}});
  KeyValuePtr before = kv_.erase(kv->key());
  CONCLAVE_ASSERT(before != nullptr);
  hang(before, nullptr);
  erased_.insert(gone->key());
  events_.push_back({EventKind::erase, cause, std::move(gone), std::move(before)});
}

void KvChange::hang(const KeyValuePtr& before, const KeyValuePtr& after) {
  const LeaseId from = before ? before->lease() : LeaseId();
  const LeaseId to = after ? after->lease() : LeaseId();
  if (!from.is_zero() && from != to) leases_.detach(from, before->key());
  if (!to.is_zero()) leases_.attach(to, after);
}

std::vector<Event> KvChange::take_events() {
  erased_.clear();
  return std::exchange(events_, {});
}

void KvChange::undo() {
  while (!events_.empty()) {
    const Event& event = events_.back();
    if (event.prev) {
      kv_.put(event.prev);
    } else {
      kv_.erase(event.kv->key());
    }
    hang(event.kind == EventKind::put ? event.kv : nullptr, event.prev);
    events_.pop_back();
  }
}

}  // namespace conclave::mvcc
