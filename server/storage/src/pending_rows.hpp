#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "conclave/codec/row_codec.hpp"
#include "conclave/mvcc/state_row.hpp"

namespace conclave::storage {

/// The last change of each row that is not written yet, history left aside. It holds the state machine's own values, which the
/// machine shares, and turns them into bytes only when they are taken: a row that changes a thousand times between two checkpoints
/// is encoded and written once. An outcome that is remembered and forgotten in between is never written at all.
class PendingRows {
 public:
  /// Those of history are left out.
  void add(std::span<const mvcc::Change> changes);
  void clear() { *this = PendingRows(); }

  struct Row {
    std::string key;                   ///< as state_key() makes it
    std::optional<std::string> value;  ///< nothing: the row is gone
  };
  /// Takes rows out, about `bytes_max` of them and at least one if there is any. Of two changes of one row the older comes first.
  [[nodiscard]] std::vector<Row> take(std::size_t bytes_max);

  [[nodiscard]] bool empty() const {
    return keys_.empty() && order_.empty() && leases_.empty() && outcomes_.empty() && older_outcomes_.empty();
  }
  /// Bytes of memory that are needed beside what the state machine holds anyway, about.
  [[nodiscard]] std::size_t cost() const;

 private:
  /// The set finds it by its bytes; they and all else may be exchanged for equal ones of a newer version. It keeps the hash because
  /// the bytes lie all over the memory.
  struct Key {
    std::size_t hash = 0;
    mutable ByteView bytes;
    mutable std::shared_ptr<const void> owner;        // of the bytes
    mutable const mvcc::KeyValue* version = nullptr;  // null: the key is gone
  };
  /// Finds the key with this hash without a look at its bytes; it is almost always the one that is meant.
  struct Likely {
    std::size_t hash;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const Key& key) const { return key.hash; }
    std::size_t operator()(const Likely& likely) const { return likely.hash; }
  };
  struct Same {
    using is_transparent = void;
    bool operator()(const Key& a, const Key& b) const { return a.hash == b.hash && a.bytes == b.bytes; }
    bool operator()(const Key& a, const Likely& b) const { return a.hash == b.hash; }
  };
  struct Outcome {
    mvcc::ResponsePtr response;  // null: forgotten
    bool fresh = false;          // the table does not have the row
  };
  /// Where a key is among `older_`, and the first eight of its bytes that not all of them share, as a number that sorts like them.
  struct Sorted {
    std::uint64_t word = 0;
    std::size_t index = 0;
  };
  using OutcomeId = std::pair<LeaseId, RequestSeq>;
  using Outcomes = absl::flat_hash_map<OutcomeId, Outcome>;

  /// The hashes of the keys of at most expected_max changes. It asks for the memory that add() needs of all of them, so that the
  /// processor waits for it once.
  static constexpr std::size_t expected_max = 64;
  std::array<std::size_t, expected_max> expect(std::span<const mvcc::Change> changes) const;
  void add(const mvcc::Change& change, std::size_t hash);
  void add_key(Key change);
  void add_outcome(const OutcomeId& id, mvcc::ResponsePtr response);
  void forget_outcome(const OutcomeId& id);
  void sort_keys();
  void sort_outcomes();
  void take_keys(std::size_t& bytes, std::size_t bytes_max, std::vector<Row>& rows);
  void take_outcomes(std::size_t& bytes, std::size_t bytes_max, std::vector<Row>& rows);
  void expect_next() const;

  absl::flat_hash_set<Key, Hash, Same> keys_;
  std::vector<Key> older_;     // than those in keys_
  std::vector<Sorted> order_;  // of those that are left of them; the next one last
  absl::btree_map<LeaseId, std::optional<mvcc::LeaseRow>> leases_;
  Outcomes outcomes_;
  std::vector<std::pair<OutcomeId, mvcc::ResponsePtr>> older_outcomes_;  // than those in outcomes_; the next one last
};

}  // namespace conclave::storage
