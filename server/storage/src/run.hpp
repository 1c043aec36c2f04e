#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "conclave/base/bytes.hpp"
#include "conclave/base/result.hpp"
#include "direct_buffer.hpp"
#include "file.hpp"

/// Sorted runs: files of rows in the order of their keys, each key once, which are written from the front to the back, past the
/// page cache, and never changed (O'Neil et al., "The log-structured merge-tree", 1996, calls them components). Rows lie in blocks;
/// behind the blocks lies an index with each block's place, checksum and first key. State thread only.
namespace conclave::storage {

/// A run as the table knows it: it vouches for the index, which vouches for the blocks.
struct RunInfo {
  std::uint64_t number = 0;  // in its name
  std::uint64_t bytes = 0;   // of keys and values
  std::uint64_t index_offset = 0;
  std::uint32_t index_bytes = 0;
  std::uint32_t index_checksum = 0;  // crc32c of the index
  bool operator==(const RunInfo&) const = default;
};

struct RunBlock {
  std::uint64_t offset = 0;
  std::uint32_t bytes = 0;
  std::uint32_t checksum = 0;  // crc32c of them
  std::string first_key;
};

/// Writes a run.
class RunWriter {
 public:
  /// Begins an empty file.
  [[nodiscard]] static Result<RunWriter> begin(const std::filesystem::path& path, std::uint64_t number);
  /// `key` is greater than all before. A row without a value says that older runs' rows with this key are gone.
  [[nodiscard]] Result<void> add(ByteView key, std::optional<ByteView> value);
  /// Writes the rest; at least one row was added.
  [[nodiscard]] Result<RunInfo> end();
  [[nodiscard]] ByteView last_key() const { return last_key_; }
  /// What end() wrote is durable after a flush of the file, and when its directory is.
  [[nodiscard]] File take_file() && { return std::move(file_); }

 private:
  void end_block();
  [[nodiscard]] Result<void> write();

  File file_;
  RunInfo info_;
  std::vector<RunBlock> blocks_;  // those that are complete
  std::string first_key_;         // of the block that is not
  std::string last_key_;
  DirectBuffer out_;             // not in the file yet
  std::size_t block_begin_ = 0;  // in out_
  std::uint64_t end_ = 0;        // of the file
};

/// A run that is whole.
class Run {
 public:
  /// Reads and verifies the index.
  [[nodiscard]] static Result<std::shared_ptr<const Run>> open(const std::filesystem::path& path, const RunInfo& info);
  [[nodiscard]] const RunInfo& info() const { return info_; }
  [[nodiscard]] const std::vector<RunBlock>& blocks() const { return blocks_; }
  /// Reads what lies from the first byte of a block to the last one of another, with zeros between the blocks.
  [[nodiscard]] Result<void> read(const RunBlock& first, const RunBlock& last, DirectBuffer& bytes) const;
  [[nodiscard]] Result<void> verify(const RunBlock& block, ByteView bytes) const;
  /// An error that says where the run is damaged.
  [[nodiscard]] Unexpected damaged(std::uint64_t offset, std::string_view what) const;

 private:
  [[nodiscard]] Result<void> read_index();
  File file_;
  RunInfo info_;
  std::vector<RunBlock> blocks_;
};

/// Goes through a run.
class RunCursor {
 public:
  explicit RunCursor(std::shared_ptr<const Run> run) : run_(std::move(run)) {}
  /// To the first row at or after `from`. False: there is none. So says next().
  [[nodiscard]] Result<bool> seek(ByteView from);
  [[nodiscard]] Result<bool> next();
  /// Of the row it is at; valid until it moves.
  [[nodiscard]] ByteView key() const { return key_; }
  [[nodiscard]] std::optional<ByteView> value() const { return value_; }

 private:
  [[nodiscard]] Result<void> enter_block();
  [[nodiscard]] Result<void> take_row();
  [[nodiscard]] Unexpected fail_order() const;

  std::shared_ptr<const Run> run_;
  std::size_t next_block_ = 0;  // the one after block_
  DirectBuffer read_;           // some blocks that follow each other
  std::size_t read_first_ = 0;  // of all blocks
  std::size_t read_end_ = 0;
  std::size_t ahead_ = 1;  // so many are read next: more the longer it goes straight on
  ByteView block_;         // in read_
  std::size_t place_ = 0;  // behind the row, in the block
  ByteView key_;
  std::optional<ByteView> value_;
};

}  // namespace conclave::storage
