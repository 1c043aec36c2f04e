#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "conclave/mvcc/command.hpp"
#include "conclave/mvcc/key_value.hpp"

namespace conclave::mvcc {

/// Key versions in the order of their keys, each key once: sorted blocks of pointers, so keys are not copied, neighbours lie
/// together and the keys of a range are counted without visiting them. Lookups take O(log n); a change moves at most one block and,
/// once per block filled, the list of blocks; count() adds up one number per block.
class KeyIndex {
 public:
  /// A place between keys; any change of the index invalidates it.
  struct Position {
    std::size_t block = 0;
    std::size_t offset = 0;
    bool operator==(const Position&) const = default;
  };

  /// Puts `kv` in the place of its key; returns what was there, or null.
  KeyValuePtr put(KeyValuePtr kv) {
    const Position place = lower_bound(kv->key());
    return put_at(place, std::move(kv));
  }
  /// The same where lower_bound(kv->key()) is known.
  KeyValuePtr put_at(Position place, KeyValuePtr kv);
  /// Removes the key; returns what was there, or null.
  KeyValuePtr erase(ByteView key);

  [[nodiscard]] KeyValuePtr find(ByteView key) const;
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t count(const KeySelector& keys) const;

  /// The first key not below `key`.
  [[nodiscard]] Position lower_bound(ByteView key) const;
  /// The first key behind the selection: [lower_bound(keys.begin), end_of(keys)) is what it selects.
  [[nodiscard]] Position end_of(const KeySelector& keys) const;
  [[nodiscard]] Position first() const { return {}; }
  [[nodiscard]] bool at_end(Position position) const { return position.block == blocks_.size(); }
  /// Must not be at the end.
  [[nodiscard]] const KeyValuePtr& at(Position position) const { return blocks_[position.block][position.offset]; }
  [[nodiscard]] Position next(Position position) const;
  /// Must not be the first position.
  [[nodiscard]] Position previous(Position position) const;

  /// O(n): order, block sizes and the total. Aborts where they disagree.
  void check_invariants() const;

 private:
  using Block = std::vector<KeyValuePtr>;
  static constexpr std::size_t block_keys_max = 256;

  [[nodiscard]] std::size_t block_of(ByteView key) const;
  [[nodiscard]] Position normal(Position position) const;
  void split(std::size_t block, bool at_the_end);
  void merge_around(std::size_t block);

  std::vector<Block> blocks_;  // none is empty
  std::size_t size_ = 0;
};

}  // namespace conclave::mvcc
