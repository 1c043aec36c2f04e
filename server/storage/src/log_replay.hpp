#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "log_recovery.hpp"

namespace conclave::storage {

/// Carries out the records of a log in order, in memory.
class LogReplay {
 public:
  LogReplay(LogIndex& index, Index applied, std::size_t keep_bytes) : index_(index), applied_(applied), keep_bytes_(keep_bytes) {}

  /// True if the record is the one that follows what was added; the oldest segment's first always is.
  [[nodiscard]] bool follows(const Record& record) const;
  /// A record that follows.
  [[nodiscard]] Result<void> add(const Record& record, const SegmentPtr& segment, std::uint64_t offset);
  [[nodiscard]] bool begun() const { return begun_; }
  [[nodiscard]] std::uint32_t checksum() const { return record_checksum_; }
  /// The log without its tail.
  [[nodiscard]] RecoveredLog finish();

 private:
  struct Kept {
    raft::EntryPtr entry;
    std::size_t bytes = 0;
  };
  [[nodiscard]] Result<void> add_item(const Record::Item& item, std::optional<Index>& first);
  [[nodiscard]] Result<void> add_entry(ByteView row);
  void truncate(raft::SnapshotMeta meta);
  void restart(raft::SnapshotMeta meta);
  void drop_applied();

  LogIndex& index_;
  Index applied_;
  std::size_t keep_bytes_;
  RecoveredLog log_;
  raft::EntryId last_;
  std::optional<std::uint32_t> row_checksum_;  // of the last entry; unknown behind a truncation
  std::uint32_t record_checksum_ = 0;
  bool begun_ = false;
  std::deque<Kept> kept_;
  std::size_t bytes_ = 0;
};

}  // namespace conclave::storage
