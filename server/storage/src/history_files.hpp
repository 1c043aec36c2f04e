#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "conclave/base/result.hpp"
#include "direct_buffer.hpp"
#include "file.hpp"

namespace conclave::storage {

/// Where a row of history lies: what its row in the table says.
struct HistoryPlace {
  std::uint64_t file = 0;  // the number in its name
  std::uint64_t offset = 0;
  std::uint32_t bytes = 0;
  std::uint32_t checksum = 0;  // crc32c of them
};
[[nodiscard]] std::string encode(const HistoryPlace& place);
/// Nothing: `value` is the row of history itself, as directories of format 2 have them.
[[nodiscard]] std::optional<HistoryPlace> place_in(ByteView value);

/// The rows of history of one generation, in files beside the database that are only appended to, past the page cache. The table
/// holds their places, in the same transactions as the rest of the state; so it alone says what counts, and what a crash took back
/// is a tail that nobody refers to. State thread only.
///
/// A file is called after its generation and the key of its first row, as a number. Keys ascend from row to row and from file to
/// file.
class HistoryFiles {
 public:
  /// `newest` is the greatest key in the table: files that begin behind it are removed. The directory is made if it is missing.
  [[nodiscard]] static Result<HistoryFiles> open(std::filesystem::path directory, std::uint64_t generation,
                                                 std::optional<std::uint64_t> newest);

  /// Where the row will lie. `key` is greater than all before.
  [[nodiscard]] HistoryPlace add(std::uint64_t key, ByteView row);
  /// Writes what was added.
  [[nodiscard]] Result<void> write();
  /// Makes everything durable that was written. Before a checkpoint of the table that refers to it.
  [[nodiscard]] Result<void> flush();

  [[nodiscard]] Result<std::string> read(const HistoryPlace& place);
  /// Rows with smaller keys are gone from the table.
  void erase_below(std::uint64_t key);
  /// The files of which no row is left, each once: they may go. After a checkpoint of the table, when no older one counts any more.
  [[nodiscard]] std::vector<std::filesystem::path> take_erased();

 private:
  [[nodiscard]] std::filesystem::path path_of(std::uint64_t number) const;
  [[nodiscard]] Result<void> find(std::optional<std::uint64_t> newest);
  [[nodiscard]] Result<void> end_file();

  std::filesystem::path directory_;
  std::uint64_t generation_ = 0;
  std::deque<std::uint64_t> files_;  // their numbers, ascending
  std::vector<std::uint64_t> erased_;
  File out_;               // the newest of files_; none before the first row is written
  std::uint64_t end_ = 0;  // of it
  DirectBuffer added_;
  bool begun_ = false;    // since the last flush: its name may not be durable
  bool written_ = false;  // the same of bytes in it
  File in_;
  std::uint64_t in_number_ = 0;
};

}  // namespace conclave::storage
