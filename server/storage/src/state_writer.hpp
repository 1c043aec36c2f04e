#pragma once

#include <cstddef>
#include <deque>
#include <string>

#include "conclave/mvcc/state_row.hpp"
#include "pending_rows.hpp"
#include "state_table.hpp"

namespace conclave::storage {

/// What the state machine handed over on its way into a state table. Deltas wait until their index is durable in the log, are then
/// merged into the last value of each row, and are written in chunks: history first, which only grows, then the rows. The meta row
/// goes into the transaction that writes the last of the merged rows, so the table is at meta() or, between chunks, at nothing:
/// whoever makes the table durable (a checkpoint) or shows it as a whole (a snapshot image) must see clean() first. Only the state
/// thread uses it.
class StateWriter {
 public:
  /// `on_disk` is the table's meta row (all zero for an empty table).
  StateWriter(StateTable table, const mvcc::MetaRow& on_disk, std::size_t chunk_bytes);

  void hand_over(mvcc::StateDelta delta);
  void set_durable(Index durable);
  /// Takes in all deltas that are allowed.
  void merge();
  /// Writes about a chunk of what is merged.
  [[nodiscard]] Result<void> write_chunk();
  /// So much is merged that writing must not wait for a checkpoint: history beyond a quarter of `bytes_max` or rows beyond four
  /// times as much.
  [[nodiscard]] bool is_due(std::size_t bytes_max) const;
  /// Writes a chunk of what is_due() means; false: nothing is left that should not wait.
  [[nodiscard]] Result<bool> write_early(std::size_t bytes_max);
  /// Forgets everything that is not written and goes on with another table; the old one is closed.
  void switch_to(StateTable table, const mvcc::MetaRow& on_disk);

  /// The table holds exactly the state at meta().applied.
  [[nodiscard]] bool clean() const { return rows_.empty() && erase_below_.empty() && !history_is_merged() && on_disk_ == merged_; }
  [[nodiscard]] const mvcc::MetaRow& meta() const { return on_disk_; }
  /// The newest that was handed over.
  [[nodiscard]] const mvcc::MetaRow& handed() const { return handed_; }
  /// History that was handed over and may not be in the table yet, ascending.
  [[nodiscard]] const std::deque<mvcc::HistoryRow>& recent_history() const { return recent_; }
  [[nodiscard]] StateTable& table() { return table_; }

 private:
  void keep_history(mvcc::HistoryRow row);
  void merge_history();
  void drop_oldest_history();
  void erase_history(Revision below);
  [[nodiscard]] bool history_is_merged() const { return merged_history_ != 0; }
  [[nodiscard]] mvcc::HistoryRow next_row_of_history(std::size_t& next) const;
  [[nodiscard]] Result<void> write_history();

  StateTable table_;
  std::size_t chunk_bytes_;
  mvcc::MetaRow on_disk_;  // what the table's meta row says
  mvcc::MetaRow merged_;   // what it must say when everything merged is written
  mvcc::MetaRow handed_;
  Index durable_;
  std::deque<mvcc::StateDelta> waiting_;  // handed over, not merged
  PendingRows rows_;                      // merged, not written
  bool rows_due_ = false;                 // too many of them waited, and not half of those are written yet
  std::string erase_below_;               // history below this key goes before anything is written; empty: none
  std::deque<mvcc::HistoryRow> recent_;   // those of an entry in pieces, where one would be too much
  std::deque<std::size_t> recent_sizes_;
  std::size_t merged_history_ = 0;  // so many of recent_, from the front, are merged and may be written
  std::size_t history_bytes_ = 0;   // and take so much
};

}  // namespace conclave::storage
