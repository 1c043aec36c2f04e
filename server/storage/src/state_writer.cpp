#include "state_writer.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace conclave::storage {
namespace {

std::size_t size_of(const std::string& key, const std::optional<std::string>& value) {
  return key.size() + (value ? value->size() : 0) + 64;  // and about what a map's node takes
}

}  // namespace

StateWriter::StateWriter(StateTable table, const mvcc::MetaRow& on_disk, std::size_t chunk_bytes)
    : table_(std::move(table)),
      chunk_bytes_(chunk_bytes),
      on_disk_(on_disk),
      merged_(on_disk),
      handed_(on_disk),
      durable_(on_disk.applied) {}

void StateWriter::hand_over(mvcc::StateDelta delta) {
  if (delta.meta.applied <= handed_.applied) return;  // of the time before an installed snapshot
  handed_ = delta.meta;
  for (const auto& change : delta.changes) {
    if (const auto* history = std::get_if<mvcc::HistoryRow>(&change)) recent_.push_back(*history);
  }
  waiting_.push_back(std::move(delta));
}

void StateWriter::set_durable(Index durable) { durable_ = durable; }

void StateWriter::merge() {
  while (!waiting_.empty() && waiting_.front().meta.applied <= durable_) {
    for (const auto& change : waiting_.front().changes) merge_change(change);
    merged_ = waiting_.front().meta;
    waiting_.pop_front();
  }
}

void StateWriter::merge_change(const mvcc::Change& change) {
  auto encoded = codec::encode_change(change);
  if (auto* row = std::get_if<codec::RowBytes>(&encoded)) {
    put(state_key(row->table, row->key), std::move(row->value));
  } else if (auto* erase = std::get_if<codec::RowErase>(&encoded)) {
    put(state_key(erase->table, erase->key), std::nullopt);
  } else if (auto* below = std::get_if<codec::RowsEraseBelow>(&encoded)) {
    erase_below(below->table, std::move(below->key));
  }
}

void StateWriter::put(std::string key, std::optional<std::string> value) {
  const auto [place, fresh] = rows_.try_emplace(std::move(key));
  if (!fresh) dirty_bytes_ -= size_of(place->first, place->second);
  place->second = std::move(value);
  dirty_bytes_ += size_of(place->first, place->second);
}

void StateWriter::erase_below(codec::Table table, std::string below) {
  const auto first = rows_.lower_bound(state_key(table, {}));
  const auto last = rows_.lower_bound(state_key(table, below));
  for (auto it = first; it != last; ++it) dirty_bytes_ -= size_of(it->first, it->second);
  rows_.erase(first, last);
  while (table == codec::Table::history && !recent_.empty() && codec::sortable(recent_.front().last.value()) < below)
    recent_.pop_front();
  auto& bound = erases_[table];
  bound = std::max(bound, std::move(below));
}

/// Crash argument: the table is unlogged, so a crash returns it to the last checkpoint, whatever chunks came after. A checkpoint is
/// only written when clean(), that is when the transaction that holds the meta row is committed and nothing follows it.
Result<void> StateWriter::write_chunk() {
  if (!erases_.empty()) {
    const auto erase = *erases_.begin();
    if (auto done = table_.erase_below(erase.first, erase.second); !done.has_value()) return done;
    erases_.erase(erases_.begin());
    if (!rows_.empty() || !erases_.empty()) return {};
  }
  std::vector<StateTable::Put> puts;
  std::size_t bytes = 0;
  auto end = rows_.begin();
  for (; end != rows_.end() && bytes < chunk_bytes_; ++end) {
    puts.push_back({end->first, end->second ? &*end->second : nullptr});
    bytes += size_of(end->first, end->second);
  }
  const bool last = end == rows_.end();
  const auto meta = codec::encode_meta(merged_);
  const auto meta_key = state_key(meta.table, meta.key);
  if (last) puts.push_back({meta_key, &meta.value});
  if (auto done = table_.write(puts); !done.has_value()) return done;

  const auto history_first = state_key(codec::Table::history, {});
  const auto history_end = state_key(codec::Table::meta, {});
  for (auto it = rows_.begin(); it != end; it = rows_.erase(it)) {
    dirty_bytes_ -= size_of(it->first, it->second);
    // History rows are written in the order they were handed over, so they leave at the front.
    if (it->first >= history_first && it->first < history_end) {
      while (!recent_.empty() && state_key(codec::Table::history, codec::sortable(recent_.front().last.value())) <= it->first) {
        recent_.pop_front();
      }
    }
  }
  if (last) on_disk_ = merged_;
  return {};
}

void StateWriter::switch_to(StateTable table, const mvcc::MetaRow& on_disk) {
  table_ = std::move(table);
  on_disk_ = merged_ = handed_ = on_disk;
  durable_ = std::max(durable_, on_disk.applied);
  waiting_.clear();
  rows_.clear();
  erases_.clear();
  recent_.clear();
  dirty_bytes_ = 0;
}

}  // namespace conclave::storage
