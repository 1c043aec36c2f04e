#include "state_writer.hpp"

#include <algorithm>
#include <span>
#include <utility>
#include <variant>

namespace conclave::storage {
namespace {

/// Rows may take so many times what counts as much: the longer they wait, the more changes of a row are written as one, and of a
/// row that waits only the place in a list is memory that would not be needed anyway.
constexpr std::size_t rows_factor = 4;

/// What a row of history may take unless a single batch takes more: who reads one batch reads its row.
constexpr std::size_t history_row_bytes = std::size_t{12} << 10;

/// What a batch takes in a row, about: the version before a change counts as large as the one after it, which spares looking at it.
std::size_t size_of(const mvcc::EventBatch& batch) {
  std::size_t bytes = sizeof(mvcc::EventBatch);  // so that none counts as nothing
  for (const auto& event : batch.events) bytes += event.kv->size() * (event.prev ? 2 : 1);
  return bytes;
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
  for (auto& change : delta.changes) {
    if (auto* history = std::get_if<mvcc::HistoryRow>(&change)) keep_history(std::move(*history));
  }
  waiting_.push_back(std::move(delta));
}

void StateWriter::keep_history(mvcc::HistoryRow row) {
  bool begin = true;
  for (auto& batch : row.batches) {
    const auto bytes = size_of(*batch);
    if (begin || recent_sizes_.back() + bytes > history_row_bytes) {
      recent_.emplace_back();
      recent_sizes_.push_back(0);
    }
    begin = false;
    recent_sizes_.back() += bytes;
    recent_.back().last = batch->revision;
    recent_.back().batches.push_back(std::move(batch));
  }
}

void StateWriter::set_durable(Index durable) { durable_ = durable; }

void StateWriter::merge() {
  while (!waiting_.empty() && waiting_.front().meta.applied <= durable_) {
    const auto& changes = waiting_.front().changes;
    for (const auto& change : changes) {
      if (const auto* erase = std::get_if<mvcc::HistoryErase>(&change)) erase_history(erase->below);
    }
    rows_.add(changes);
    merged_ = waiting_.front().meta;
    waiting_.pop_front();
    merge_history();
  }
}

void StateWriter::merge_history() {
  while (merged_history_ < recent_.size() && recent_[merged_history_].last <= merged_.revision) {
    history_bytes_ += recent_sizes_[merged_history_++];
  }
}

void StateWriter::drop_oldest_history() {
  if (history_is_merged()) {
    history_bytes_ -= recent_sizes_.front();
    --merged_history_;
  }
  recent_sizes_.pop_front();
  recent_.pop_front();
}

/// Rows that were handed over after this one are not below it: a compaction names a revision that exists.
void StateWriter::erase_history(Revision below) {
  while (!recent_.empty() && recent_.front().last < below) drop_oldest_history();
  erase_below_ = std::max(erase_below_, codec::history_key(below));
}

/// Crash argument: the table is unlogged, so a crash returns it to the last checkpoint, whatever chunks came after. A checkpoint is
/// only written when clean(), that is when the transaction that holds the meta row is committed and nothing follows it.
Result<void> StateWriter::write_chunk() {
  if (!erase_below_.empty()) {
    if (auto done = table_.erase_history(erase_below_); !done.has_value()) return done;
    erase_below_.clear();
    if (history_is_merged() || !rows_.empty()) return {};
  }
  if (history_is_merged()) {
    if (auto done = write_history(); !done.has_value() || history_is_merged() || !rows_.empty()) return done;
  }
  const auto rows = rows_.take(chunk_bytes_);
  const bool last = rows_.empty();
  std::vector<StateTable::Put> puts;
  puts.reserve(rows.size() + 1);
  for (const auto& row : rows) puts.push_back({row.key, row.value ? &*row.value : nullptr});
  const auto meta = codec::encode_meta(merged_);
  const auto meta_key = state_key(meta.table, meta.key);
  if (last) puts.push_back({meta_key, &meta.value});
  if (auto done = table_.write(std::move(puts)); !done.has_value()) return done;
  if (last) on_disk_ = merged_;
  return {};
}

/// Where entries come one after the other, each holds a row of some hundred bytes. They wait one by one, because each is durable at
/// another time; those that are merged are written together, as far as a row may reach.
mvcc::HistoryRow StateWriter::next_row_of_history(std::size_t& next) const {
  mvcc::HistoryRow row = recent_[next];
  for (std::size_t bytes = recent_sizes_[next++]; next < merged_history_; ++next) {
    bytes += recent_sizes_[next];
    if (bytes > history_row_bytes) break;
    row.last = recent_[next].last;
    row.batches.insert(row.batches.end(), recent_[next].batches.begin(), recent_[next].batches.end());
  }
  return row;
}

Result<void> StateWriter::write_history() {
  std::vector<codec::RowBytes> rows;
  std::size_t taken = 0;
  for (std::size_t bytes = 0; taken < merged_history_ && bytes < chunk_bytes_; bytes += rows.back().value.size()) {
    rows.push_back(codec::encode_history(next_row_of_history(taken)));
    rows.back().key = state_key(rows.back().table, rows.back().key);
  }
  std::vector<StateTable::Put> puts;
  puts.reserve(rows.size());
  for (const auto& row : rows) puts.push_back({row.key, &row.value});
  if (auto done = table_.write(std::move(puts)); !done.has_value()) return done;
  for (std::size_t i = 0; i < taken; ++i) drop_oldest_history();
  return {};
}

bool StateWriter::is_due(std::size_t bytes_max) const {
  return history_bytes_ > bytes_max / 4 || rows_.cost() > rows_factor * bytes_max;
}

Result<bool> StateWriter::write_early(std::size_t bytes_max) {
  // Rows that are not too many stay, also where history is: the more of them wait together, the fewer are written.
  rows_due_ = rows_.cost() > (rows_due_ ? rows_factor * bytes_max / 2 : rows_factor * bytes_max);
  if (!erase_below_.empty() || (!history_is_merged() && rows_due_)) {
    if (auto done = write_chunk(); !done.has_value()) return fail(done.error());
  } else if (history_is_merged()) {
    if (auto done = write_history(); !done.has_value()) return fail(done.error());
  }
  if (history_is_merged() || (rows_due_ && !rows_.empty())) return true;
  if (auto done = table_.end_rows(); !done.has_value()) return fail(done.error());
  return false;
}

void StateWriter::switch_to(StateTable table, const mvcc::MetaRow& on_disk) {
  table_ = std::move(table);
  on_disk_ = merged_ = handed_ = on_disk;
  durable_ = std::max(durable_, on_disk.applied);
  waiting_.clear();
  rows_.clear();
  rows_due_ = false;
  erase_below_.clear();
  recent_.clear();
  recent_sizes_.clear();
  merged_history_ = 0;
  history_bytes_ = 0;
}

}  // namespace conclave::storage
