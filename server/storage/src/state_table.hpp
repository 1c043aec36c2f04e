#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "conclave/codec/row_codec.hpp"
#include "conclave/mvcc/state_row.hpp"
#include "history_files.hpp"
#include "removal.hpp"
#include "runs.hpp"
#include "wt_handle.hpp"

namespace conclave::storage {

/// A row's key in a state table: the number of its codec::Table, then the key within that.
[[nodiscard]] std::string state_key(codec::Table table, ByteView key);

/// One set of state rows: a table that is durable as of the last checkpoint, and beside it the sorted runs with the rows of keys,
/// of which the table holds the list, and the files with the rows of history, of which it holds the places. Only the state thread
/// uses it. `generation` tells the sets apart: a received snapshot is written into a new one.
class StateTable {
 public:
  /// Opens the table, which is created if it is missing.
  [[nodiscard]] static Result<StateTable> open(WtConnection& connection, std::uint64_t generation);

  /// Changes: a row without a value is removed. Rows of history come in the order of their keys; those of keys should, too. Rows of
  /// keys may not be seen before end_rows(), or the meta row, with which all that was written is one state.
  struct Put {
    std::string_view key;  ///< as state_key() makes it
    const std::string* value = nullptr;
  };
  [[nodiscard]] Result<void> write(std::vector<Put> puts);
  [[nodiscard]] Result<void> end_rows();
  /// Merges some of the runs; see there.
  [[nodiscard]] Result<bool> merge(std::size_t bytes, std::uint64_t data_bytes);
  /// Removes all rows of history whose key is smaller than `below`.
  [[nodiscard]] Result<void> erase_history(ByteView below);
  /// To be called before a checkpoint: what lies beside the table is to be as durable.
  [[nodiscard]] Result<void> flush();
  /// To be called after one: files may go that no checkpoint refers to any more.
  void checkpointed();
  /// Removes a piece of them. False: nothing is left of them.
  [[nodiscard]] Result<bool> remove_some() { return removal_.step(); }

  /// Visits rows from `from` on in the order of their keys, until `visit` says false. The views live for the call.
  using Visit = std::function<Result<bool>(codec::Table table, ByteView key, ByteView value)>;
  [[nodiscard]] Result<void> scan(ByteView from, const Visit& visit);
  /// The same as far as about `bytes_max` lead; gives where to go on, or nothing behind the last row.
  [[nodiscard]] Result<std::optional<std::string>> scan_some(ByteView from, std::uint64_t bytes_max, const Visit& visit);
  /// The same backwards, from the last row before `before` on, and without the rows of keys.
  [[nodiscard]] Result<void> scan_back(ByteView before, const Visit& visit);
  /// The meta row; nothing if there is none.
  [[nodiscard]] Result<std::optional<mvcc::MetaRow>> meta();

  [[nodiscard]] std::uint64_t generation() const { return generation_; }
  [[nodiscard]] WtSession& session() { return session_; }

 private:
  [[nodiscard]] Result<std::optional<std::uint64_t>> newest_history();
  [[nodiscard]] Result<Runs> open_runs(const std::filesystem::path& directory);
  [[nodiscard]] Result<void> move_rows();
  [[nodiscard]] Result<bool> show(const Visit& visit);
  [[nodiscard]] Result<void> scan_table(ByteView from, const Visit& visit);
  [[nodiscard]] Result<void> put_history(std::vector<Put>& puts, std::deque<std::string>& places);
  [[nodiscard]] Result<void> put_keys(std::vector<Put>& puts, std::optional<std::string>& list);

  std::uint64_t generation_ = 0;
  WtSession session_;
  WtCursor cursor_;
  WtCursor range_end_;
  HistoryFiles history_;
  Runs runs_;
  Removal removal_;
};

/// Removes the table of a generation, which is closed, and its files.
[[nodiscard]] Result<void> drop_state_table(WtConnection& connection, WtSession& session, std::uint64_t generation);
/// Removes the files beside the tables of all generations but this one.
[[nodiscard]] Result<void> keep_state_files(WtConnection& connection, std::uint64_t generation);
/// The generations there are.
[[nodiscard]] Result<std::vector<std::uint64_t>> state_generations(WtSession& session);

}  // namespace conclave::storage
