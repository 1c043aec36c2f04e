#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "conclave/mvcc/command.hpp"
#include "conclave/mvcc/key_value.hpp"

namespace conclave::mvcc {

/// Key versions in the order of their keys, each key once: sorted blocks of pointers to slots, so keys are not copied, neighbours
/// lie together and the keys of a range are counted without visiting them. A hash of the keys finds the slot of one key, so that
/// finding or replacing it takes a few looks at memory however many keys there are; only a key that comes or goes, or the begin of
/// a range, is searched in O(log n). That moves at most one block and, once per block filled, the list of blocks; count() adds up
/// one number per block.
class KeyIndex {
  struct Slot {
    KeyValuePtr kv;
  };

 public:
  KeyIndex() = default;
  KeyIndex(KeyIndex&&) = default;
  KeyIndex& operator=(KeyIndex&&) = default;

  /// A place between keys; any change of the index invalidates it.
  struct Position {
    std::size_t block = 0;
    std::size_t offset = 0;
    bool operator==(const Position&) const = default;
  };

  /// What look_up() found; any change of the index invalidates it.
  class Found {
   public:
    /// Null: the key is not there.
    [[nodiscard]] KeyValuePtr kv() const { return slot_ == nullptr ? nullptr : slot_->kv; }

   private:
    friend class KeyIndex;
    explicit Found(Slot* slot) : slot_(slot) {}
    Slot* slot_;
  };
  [[nodiscard]] Found look_up(ByteView key) const;
  /// What is going to be done with a key.
  enum class Use : std::uint8_t { change, read };
  /// Tells the processor that these keys are looked up soon, so that it waits for the memory of many at once and not for one after
  /// the other. Best for some dozens: their slots and values stay in the nearer caches.
  void expect(std::span<const ByteView> keys, Use use) const;

  /// Puts `kv` in the place of its key; returns what was there, or null.
  KeyValuePtr put(KeyValuePtr kv) {
    const Found found = look_up(kv->key());
    return put(found, std::move(kv));
  }
  /// The same where look_up(kv->key()) is known.
  KeyValuePtr put(const Found& found, KeyValuePtr kv);
  /// Removes the key; returns what was there, or null.
  KeyValuePtr erase(ByteView key);

  /// Adds a key of a state that is read back; false: it is there already. As long as the keys come in their order they are only
  /// listed; finish_load() makes the hash of all of them at once, and until then there may be no other call.
  [[nodiscard]] bool load(KeyValuePtr kv);
  void finish_load();

  [[nodiscard]] KeyValuePtr find(ByteView key) const { return look_up(key).kv(); }
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
  [[nodiscard]] const KeyValuePtr& at(Position position) const { return blocks_[position.block][position.offset]->kv; }
  [[nodiscard]] Position next(Position position) const;
  /// Must not be the first position.
  [[nodiscard]] Position previous(Position position) const;

  /// O(n): order, block sizes, the hash and the total. Aborts where they disagree.
  void check_invariants() const;

 private:
  using SlotPtr = std::unique_ptr<Slot>;
  using Block = std::vector<SlotPtr>;
  /// With its hash, so that neither growing nor a look-up that meets another key reads the slot.
  struct Entry {
    Slot* slot;
    std::size_t hash;
  };
  struct Wanted {
    ByteView key;
    std::size_t hash;
  };
  /// Finds the entry with this hash without a look at its key, which is almost always the one that is meant.
  struct Likely {
    std::size_t hash;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const Entry& entry) const { return entry.hash; }
    std::size_t operator()(const Wanted& wanted) const { return wanted.hash; }
    std::size_t operator()(const Likely& likely) const { return likely.hash; }
  };
  struct Same {
    using is_transparent = void;
    bool operator()(const Entry& a, const Entry& b) const { return a.slot == b.slot; }
    bool operator()(const Entry& a, const Wanted& b) const { return a.hash == b.hash && a.slot->kv->key() == b.key; }
    bool operator()(const Entry& a, const Likely& b) const { return a.hash == b.hash; }
  };
  [[nodiscard]] static std::size_t hash_of(ByteView key) { return absl::Hash<ByteView>{}(key); }
  static constexpr std::size_t block_keys_max = 256;

  [[nodiscard]] std::size_t block_of(ByteView key) const;
  [[nodiscard]] Position normal(Position position) const;
  void insert(SlotPtr slot);
  void list(Position place, SlotPtr slot);
  void split(std::size_t block, bool at_the_end);
  void merge_around(std::size_t block);

  std::vector<Block> blocks_;  // none is empty; they own the slots
  absl::flat_hash_set<Entry, Hash, Same> by_key_;
  std::size_t size_ = 0;
};

}  // namespace conclave::mvcc
