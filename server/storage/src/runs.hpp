#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "merge_cursor.hpp"
#include "run.hpp"

namespace conclave::storage {

/// The rows of keys of one generation, in sorted runs beside the database (decision 0037). The table holds list(), in the same
/// transactions as the rest of the state; so it alone says which runs there are, and what a crash took back is a file that nobody
/// refers to. Runs that are not larger than all newer ones together are merged with them, so there are few. State thread only.
///
/// A file is called after its generation and a number that is greater than those of all files that were there at the start: no list
/// that still counts names another file by it.
class Runs {
 public:
  /// `list` is the table's; nothing: there is none yet. Files that are not in it are among the next take_merged(). The
  /// directory is made if it is missing.
  [[nodiscard]] static Result<Runs> open(std::filesystem::path directory, std::uint64_t generation, std::optional<ByteView> list);

  /// Puts a row, or removes it if it has no value. Rows whose keys ascend make one run.
  [[nodiscard]] Result<void> add(ByteView key, std::optional<ByteView> value);
  /// Ends the run that is being written, if there is one. What was added before is seen only then.
  [[nodiscard]] Result<void> end_run();
  /// Once after each change of the list: what the table is to hold.
  [[nodiscard]] std::optional<std::string> take_list();
  /// Makes everything durable that list() names. Before a checkpoint of the table that refers to it.
  [[nodiscard]] Result<void> flush();
  /// The files that are not in the list any more, each once: they may go. After a checkpoint of the table with that list.
  [[nodiscard]] std::vector<std::filesystem::path> take_merged();

  /// Goes through about `bytes` more of the runs that are to be merged; the list changes with the last of them. False: there is
  /// nothing left to merge, or no room for it. `data_bytes` is what counts of all rows, about: when the runs take several times as
  /// much, all are merged.
  [[nodiscard]] Result<bool> merge(std::size_t bytes, std::uint64_t data_bytes);

  /// Visits rows from `from` on in the order of their keys, until `visit` says false. The views live for the call.
  using Visit = std::function<Result<bool>(ByteView key, ByteView value)>;
  struct Scanned {
    bool enough = false;              ///< `visit` said so
    std::optional<std::string> next;  ///< `bytes_max` were gone through, rows that are not shown included: go on from here
  };
  [[nodiscard]] Result<Scanned> scan(ByteView from, std::uint64_t bytes_max, const Visit& visit) const;

  /// How many runs there are.
  [[nodiscard]] std::size_t count() const { return runs_.size(); }

 private:
  /// Some of the newest runs on their way into one.
  struct Merge {
    MergeCursor rows;
    bool there = false;            // a row, at the cursor
    std::size_t first = 0;         // of runs_
    std::size_t count = 0;         // of those that are merged
    std::optional<RunWriter> out;  // none before the first row
  };

  [[nodiscard]] std::filesystem::path path_of(std::uint64_t number) const;
  [[nodiscard]] Result<void> read(ByteView list);
  [[nodiscard]] Result<void> find_unknown();
  [[nodiscard]] Result<RunWriter> begin_run();
  [[nodiscard]] Result<std::shared_ptr<const Run>> finish(RunWriter writer);
  [[nodiscard]] std::size_t first_to_merge(std::uint64_t data_bytes) const;
  [[nodiscard]] bool has_room(std::size_t first) const;
  [[nodiscard]] Result<bool> begin_merge(std::uint64_t data_bytes);
  [[nodiscard]] Result<void> merge_row();
  [[nodiscard]] Result<void> end_merge();

  std::filesystem::path directory_;
  std::uint64_t generation_ = 0;
  std::uint64_t next_number_ = 1;
  std::vector<std::shared_ptr<const Run>> runs_;  // the oldest first
  std::optional<RunWriter> out_;
  std::optional<Merge> merge_;
  bool changed_ = false;               // the list
  std::vector<File> unflushed_;        // of runs that are whole
  std::vector<std::uint64_t> merged_;  // their files go
};

}  // namespace conclave::storage
