#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "conclave/mvcc/key_value.hpp"
#include "key_index.hpp"

namespace conclave::mvcc {

/// The keys as they are now, with what must be known about all of them together.
class KvState {
 public:
  /// Puts or replaces the key of `kv`; returns the version before, or null.
  KeyValuePtr put(KeyValuePtr kv) {
    const KeyIndex::Found found = keys_.look_up(kv->key());
    return put(found, std::move(kv));
  }
  /// The same where keys().look_up(kv->key()) is known.
  KeyValuePtr put(const KeyIndex::Found& found, KeyValuePtr kv);
  /// KeyIndex::load(): false if the key is there already.
  [[nodiscard]] bool load(KeyValuePtr kv);
  void finish_load() { keys_.finish_load(); }
  /// Removes the key; returns the version before, or null.
  KeyValuePtr erase(ByteView key);

  [[nodiscard]] const KeyIndex& keys() const { return keys_; }
  [[nodiscard]] std::uint64_t data_bytes() const { return data_bytes_; }
  [[nodiscard]] std::uint64_t digest() const { return digest_; }

  /// O(n): order, bytes and digest against a recount.
  void check_invariants() const;

 private:
  KeyIndex keys_;
  std::uint64_t data_bytes_ = 0;
  std::uint64_t digest_ = 0;  // sum over the keys
};

}  // namespace conclave::mvcc
