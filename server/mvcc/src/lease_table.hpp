#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "conclave/mvcc/state_row.hpp"
#include "key_index.hpp"

namespace conclave::mvcc {

/// Leases and the keys that hang on them. Sessions are leases too; their outcomes are kept in SessionTable.
class LeaseTable {
 public:
  class Lease {
   public:
    explicit Lease(LeaseRow row) : row_(std::move(row)) {}
    [[nodiscard]] const LeaseRow& row() const { return row_; }
    [[nodiscard]] const KeyIndex& keys() const { return keys_; }
    [[nodiscard]] bool alive_at(ClusterTime time) const { return time < row_.deadline; }

   private:
    friend class LeaseTable;
    LeaseRow row_;
    KeyIndex keys_;
  };

  /// False if the id is taken.
  [[nodiscard]] bool add(LeaseRow row);
  /// No key may hang on it any more.
  void remove(LeaseId id);
  void set_deadline(LeaseId id, ClusterTime deadline);
  void set_first_outstanding(LeaseId id, RequestSeq first);

  /// The key's current version; replaces an earlier version of the same key. The lease must exist.
  void attach(LeaseId id, KeyValuePtr kv);
  /// The key must hang on the lease.
  void detach(LeaseId id, ByteView key);

  [[nodiscard]] const Lease* find(LeaseId id) const;
  [[nodiscard]] bool alive(LeaseId id, ClusterTime time) const;
  [[nodiscard]] std::size_t size() const { return leases_.size(); }
  [[nodiscard]] std::uint64_t digest() const { return digest_; }
  [[nodiscard]] std::vector<LeaseId> due(ClusterTime time, std::size_t count_max) const;
  [[nodiscard]] std::optional<ClusterTime> next_deadline() const;
  /// Ascending from `from` on, until `visit` returns false.
  void each_from(LeaseId from, const std::function<bool(const Lease&)>& visit) const;

  /// O(n). Aborts where the indexes disagree or a key of `keys` does not hang where it says.
  void check_invariants(const KeyIndex& keys) const;

 private:
  [[nodiscard]] Lease& existing(LeaseId id);

  absl::btree_map<LeaseId, std::unique_ptr<Lease>> leases_;
  absl::btree_set<std::pair<ClusterTime, LeaseId>> by_deadline_;
  std::uint64_t digest_ = 0;  // sum over the rows
};

}  // namespace conclave::mvcc
