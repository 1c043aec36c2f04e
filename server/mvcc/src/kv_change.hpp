#pragma once

#include <vector>

#include "absl/container/btree_set.h"
#include "conclave/base/result.hpp"
#include "conclave/mvcc/command.hpp"
#include "conclave/mvcc/limits.hpp"
#include "kv_state.hpp"
#include "lease_table.hpp"

namespace conclave::mvcc {

/// The changes of one revision while it is made: they are in the state at once, so that what follows sees them, and are undone
/// whole unless events() are taken. No key changes twice.
class KvChange {
 public:
  KvChange(KvState& kv, LeaseTable& leases, const Limits& limits, Revision revision)
      : kv_(kv), leases_(leases), limits_(limits), revision_(revision), bytes_before_(kv.data_bytes()) {}
  ~KvChange() { undo(); }
  KvChange(const KvChange&) = delete;
  KvChange& operator=(const KvChange&) = delete;

  /// Where a key is or would be, so that it is looked up once; any change invalidates it.
  struct Slot {
    KeyIndex::Found found;
    KeyValuePtr before;  ///< null: the key does not exist
  };
  [[nodiscard]] Slot find(ByteView key) const;

  /// Puts the key, whose slot this is, on a lease that exists, or on none. Errors: duplicate_key, too_large (keys changed, keys on
  /// the lease).
  [[nodiscard]] Result<void> put(const Slot& slot, ByteView key, ByteView value, LeaseId lease);
  /// Removes a key that exists. Errors: duplicate_key, too_large.
  [[nodiscard]] Result<void> erase(const KeyValuePtr& kv, EventCause cause);
  /// Removes a key whatever the limits: what a lease takes with it.
  void erase_with_lease(const KeyValuePtr& kv, EventCause cause);

  [[nodiscard]] const KvState& kv() const { return kv_; }
  [[nodiscard]] Revision revision() const { return revision_; }
  [[nodiscard]] bool grows() const { return kv_.data_bytes() > bytes_before_; }
  [[nodiscard]] bool empty() const { return events_.empty(); }
  /// Makes the changes final.
  [[nodiscard]] std::vector<Event> take_events();

 private:
  [[nodiscard]] Result<void> check_room() const;
  void hang(const KeyValuePtr& before, const KeyValuePtr& after);
  void undo();

  KvState& kv_;
  LeaseTable& leases_;
  const Limits& limits_;
  Revision revision_;
  std::uint64_t bytes_before_;
  std::vector<Event> events_;
  absl::btree_set<ByteView> erased_;  // keys of events_
};

}  // namespace conclave::mvcc
