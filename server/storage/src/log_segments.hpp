#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "conclave/base/result.hpp"
#include "conclave/raft/types.hpp"
#include "file.hpp"
#include "log_record.hpp"

/// The files of the log: segments of records in the directory `log`, numbered without a gap.
namespace conclave::storage {

/// One segment. It lives as long as somebody may read it; a file that nobody reads any more is used again.
struct Segment {
  std::uint64_t number = 0;
  File file;                         ///< for reading
  std::uint64_t bytes = 0;           ///< of the file
  raft::EntryId after;               ///< the end of the log before it
  std::uint32_t after_checksum = 0;  ///< of that entry's row
};
using SegmentPtr = std::shared_ptr<const Segment>;

/// The directory. Thread-safe: one thread writes the log, another one prepares a spare file.
class SegmentDirectory {
 public:
  SegmentDirectory(std::filesystem::path path, std::size_t segment_bytes)
      : path_(std::move(path)), segment_bytes_(segment_bytes), mutex_(std::make_unique<std::mutex>()) {}

  /// All numbers, ascending.
  [[nodiscard]] Result<std::vector<std::uint64_t>> numbers() const;
  [[nodiscard]] std::filesystem::path path_of(std::uint64_t number) const;
  [[nodiscard]] Result<SegmentPtr> open(std::uint64_t number, raft::EntryId after, std::uint32_t after_checksum,
                                        File::Mode mode = File::Mode::read) const;
  /// Makes the file of a segment with room for `bytes`: a spare file, if it has. What an earlier use left stands in it. Its name
  /// is durable, and so is every change of names before it.
  [[nodiscard]] Result<void> make(std::uint64_t number, std::size_t bytes);
  [[nodiscard]] Result<void> sync() const { return sync_directory(path_); }
  /// Takes a segment out; `reusable`: nobody reads it. It becomes a spare file, or is removed if there are enough of them.
  [[nodiscard]] Result<void> retire(std::uint64_t number, bool reusable);
  /// Reserves a spare file unless there is one, so that the log thread need not.
  [[nodiscard]] Result<void> prepare_spare();

 private:
  /// `spare`, `spare.1` and so on.
  [[nodiscard]] std::filesystem::path spare(std::size_t place) const;
  /// The first place whose spare file can be used (`there`), or where none can; nothing: there is no such place.
  [[nodiscard]] Result<std::optional<std::size_t>> find_spare(bool there) const;
  /// False: there is no spare file with so much room.
  [[nodiscard]] Result<bool> take_spare(std::uint64_t number, std::size_t bytes);

  std::filesystem::path path_;
  std::size_t segment_bytes_;
  std::unique_ptr<std::mutex> mutex_;  // of the spare files' names
};

/// Reads the records of one segment in order.
class RecordScanner {
 public:
  RecordScanner(const Segment& segment, std::uint64_t offset) : segment_(segment), next_(offset) {}

  /// The next record; its items are valid until the next call. Nothing: the segment has no more that verify.
  [[nodiscard]] Result<std::optional<Record>> next();
  /// Where the record that was given last starts.
  [[nodiscard]] std::uint64_t offset() const { return offset_; }
  /// Where it ends.
  [[nodiscard]] std::uint64_t end() const { return next_; }

 private:
  [[nodiscard]] Result<ByteView> bytes_at(std::uint64_t offset, std::size_t count);

  const Segment& segment_;
  std::uint64_t offset_ = 0;
  std::uint64_t next_;
  DirectBuffer buffer_;
  std::uint64_t buffer_at_ = 0;
};

}  // namespace conclave::storage
