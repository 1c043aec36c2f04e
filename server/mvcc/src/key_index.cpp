#include "key_index.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "conclave/base/assert.hpp"
#include "key_select.hpp"

namespace conclave::mvcc {
namespace {

std::ptrdiff_t signed_of(std::size_t number) { return static_cast<std::ptrdiff_t>(number); }

/// The first offset of a block whose key is not below `key`.
template <class Block>
std::size_t offset_of(const Block& block, ByteView key) {
  const auto found =
      std::lower_bound(block.begin(), block.end(), key, [](const auto& slot, ByteView k) { return slot->kv->key() < k; });
  return static_cast<std::size_t>(found - block.begin());
}

constexpr std::size_t cache_line_bytes = 64;
constexpr std::size_t expected_bytes_max = 512;  // the processor goes on by itself where more is read

void expect_lines(const KeyValue* kv, std::size_t bytes) {
  const char* const begin = reinterpret_cast<const char*>(kv);  // any address of the object will do
  for (std::size_t i = 0; i < bytes; i += cache_line_bytes) __builtin_prefetch(begin + i);
}

}  // namespace

std::size_t KeyIndex::block_of(ByteView key) const {
  const auto above = std::upper_bound(blocks_.begin(), blocks_.end(), key,
                                      [](ByteView k, const Block& block) { return k < block.front()->kv->key(); });
  return above == blocks_.begin() ? 0 : static_cast<std::size_t>(above - blocks_.begin()) - 1;
}

KeyIndex::Position KeyIndex::normal(Position position) const {
  if (position.block < blocks_.size() && position.offset == blocks_[position.block].size()) return {position.block + 1, 0};
  return position;
}

KeyIndex::Found KeyIndex::look_up(ByteView key) const {
  const auto found = by_key_.find(Wanted{key, hash_of(key)});
  return Found(found == by_key_.end() ? nullptr : found->slot);
}

void KeyIndex::expect(std::span<const ByteView> keys, Use use) const {
  std::array<std::size_t, 64> hashes;
  std::array<const Slot*, 64> slots;
  for (; !keys.empty(); keys = keys.subspan(std::min(keys.size(), hashes.size()))) {
    const std::size_t count = std::min(keys.size(), hashes.size());
    // No step for one key needs the one for the key before it, so their waits overlap.
    for (std::size_t i = 0; i < count; ++i) by_key_.prefetch(Likely{hashes[i] = hash_of(keys[i])});
    std::size_t found = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const auto entry = by_key_.find(Likely{hashes[i]});
      if (entry == by_key_.end()) continue;
      __builtin_prefetch(entry->slot);
      slots[found++] = entry->slot;
    }
    for (std::size_t i = 0; i < found; ++i) expect_lines(slots[i]->kv.get(), sizeof(KeyValue) + cache_line_bytes);
    if (use == Use::change) continue;
    for (std::size_t i = 0; i < found; ++i) expect_lines(slots[i]->kv.get(), std::min(slots[i]->kv->size(), expected_bytes_max));
  }
}

KeyValuePtr KeyIndex::put(const Found& found, KeyValuePtr kv) {
  if (found.slot_ != nullptr) return std::exchange(found.slot_->kv, std::move(kv));
  insert(std::make_unique<Slot>(Slot{std::move(kv)}));
  return nullptr;
}

void KeyIndex::insert(SlotPtr slot) {
  const Position place = lower_bound(slot->kv->key());
  by_key_.insert({slot.get(), hash_of(slot->kv->key())});
  list(place, std::move(slot));
}

void KeyIndex::list(Position place, SlotPtr slot) {
  if (blocks_.empty()) blocks_.emplace_back();
  const bool at_the_end = at_end(place);
  if (at_the_end) place = {blocks_.size() - 1, blocks_.back().size()};
  Block& block = blocks_[place.block];
  block.insert(block.begin() + signed_of(place.offset), std::move(slot));
  ++size_;
  if (block.size() > block_keys_max) split(place.block, at_the_end);
}

bool KeyIndex::load(KeyValuePtr kv) {
  const bool in_order = empty() || blocks_.back().back()->kv->key() < kv->key();
  if (in_order && by_key_.empty()) {
    list({blocks_.size(), 0}, std::make_unique<Slot>(Slot{std::move(kv)}));
    return true;
  }
  finish_load();
  return put(std::move(kv)) == nullptr;
}

void KeyIndex::finish_load() {
  if (by_key_.size() == size_) return;
  by_key_.reserve(size_);
  for (const Block& block : blocks_) {
    // They were made long ago and are in no cache; so their waits overlap. The key lies right behind the object.
    for (const SlotPtr& slot : block) __builtin_prefetch(slot->kv.get() + 1);
    for (const SlotPtr& slot : block) by_key_.insert({slot.get(), hash_of(slot->kv->key())});
  }
}

void KeyIndex::split(std::size_t block, bool at_the_end) {
  // Keys that come in order (a load, a queue) leave full blocks behind them.
  const std::size_t keep = at_the_end ? block_keys_max : blocks_[block].size() / 2;
  const auto middle = blocks_[block].begin() + signed_of(keep);
  Block upper(std::make_move_iterator(middle), std::make_move_iterator(blocks_[block].end()));
  blocks_[block].erase(middle, blocks_[block].end());
  blocks_.insert(blocks_.begin() + signed_of(block) + 1, std::move(upper));
}

KeyValuePtr KeyIndex::erase(ByteView key) {
  const auto found = by_key_.find(Wanted{key, hash_of(key)});
  if (found == by_key_.end()) return nullptr;
  by_key_.erase(found);
  const std::size_t at = block_of(key);
  Block& block = blocks_[at];
  const std::size_t offset = offset_of(block, key);
  CONCLAVE_ASSERT(offset < block.size() && block[offset]->kv->key() == key);
  KeyValuePtr old = std::move(block[offset]->kv);
  block.erase(block.begin() + signed_of(offset));
  --size_;
  merge_around(at);
  return old;
}

void KeyIndex::merge_around(std::size_t block) {
  if (blocks_[block].empty()) {
    blocks_.erase(blocks_.begin() + signed_of(block));
    return;
  }
  if (block + 1 == blocks_.size() || blocks_[block].size() + blocks_[block + 1].size() > block_keys_max / 2) return;
  Block& next = blocks_[block + 1];
  blocks_[block].insert(blocks_[block].end(), std::make_move_iterator(next.begin()), std::make_move_iterator(next.end()));
  blocks_.erase(blocks_.begin() + signed_of(block) + 1);
}

KeyIndex::Position KeyIndex::lower_bound(ByteView key) const {
  if (blocks_.empty()) return {};
  const std::size_t block = block_of(key);
  return normal({block, offset_of(blocks_[block], key)});
}

KeyIndex::Position KeyIndex::end_of(const KeySelector& keys) const {
  const Position begin = lower_bound(keys.begin);
  if (at_end(begin)) return begin;
  const auto inside = [&](const SlotPtr& slot) { return !past_selection(keys, slot->kv->key()); };
  const auto later = blocks_.begin() + signed_of(begin.block) + 1;
  const auto block = std::partition_point(later, blocks_.end(), [&](const Block& b) { return inside(b.front()); }) - 1;
  const std::size_t number = static_cast<std::size_t>(block - blocks_.begin());
  const std::size_t from = number == begin.block ? begin.offset : 0;
  const auto past = std::partition_point(block->begin() + signed_of(from), block->end(), inside);
  return normal({number, static_cast<std::size_t>(past - block->begin())});
}

std::size_t KeyIndex::count(const KeySelector& keys) const {
  const Position begin = lower_bound(keys.begin);
  const Position end = end_of(keys);
  std::size_t total = end.offset;
  for (std::size_t block = begin.block; block < end.block; ++block) total += blocks_[block].size();
  return total - begin.offset;
}

KeyIndex::Position KeyIndex::next(Position position) const { return normal({position.block, position.offset + 1}); }

KeyIndex::Position KeyIndex::previous(Position position) const {
  if (position.offset > 0) return {position.block, position.offset - 1};
  CONCLAVE_ASSERT(position.block > 0);
  return {position.block - 1, blocks_[position.block - 1].size() - 1};
}

void KeyIndex::check_invariants() const {
  std::size_t total = 0;
  const KeyValue* last = nullptr;
  for (const Block& block : blocks_) {
    CONCLAVE_ASSERT(!block.empty());
    CONCLAVE_ASSERT(block.size() <= block_keys_max);
    for (const SlotPtr& slot : block) {
      CONCLAVE_ASSERT_MSG(last == nullptr || last->key() < slot->kv->key(), slot->kv->key());
      CONCLAVE_ASSERT_MSG(look_up(slot->kv->key()).slot_ == slot.get(), slot->kv->key());
      last = slot->kv.get();
    }
    total += block.size();
  }
  CONCLAVE_ASSERT(total == size_);
  CONCLAVE_ASSERT(by_key_.size() == size_);
}

}  // namespace conclave::mvcc
