#pragma once

#include <deque>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "log_index.hpp"
#include "log_segments.hpp"

namespace conclave::storage {

/// Where the log writer goes on.
struct LogTail {
  std::deque<SegmentPtr> segments;  ///< the last one is written
  std::uint64_t end = 0;            ///< of its records
  std::uint32_t checksum = 0;       ///< of the last record
};

/// What recovery found in the log.
struct RecoveredLog {
  Head head;
  std::optional<raft::SnapshotMeta> base;  ///< the log starts after base->last
  Memberships memberships;
  std::vector<raft::EntryPtr> entries;
  LogTail tail;
};

/// What a log starts with.
struct LogStart {
  Head head;
  raft::SnapshotMeta base;
  std::span<const raft::EntryPtr> entries;
};
/// Makes the directory `log` in `root`. Crash argument: it is made beside its place and renamed when all of it is durable.
[[nodiscard]] Result<void> create_log(const std::filesystem::path& root, std::size_t segment_bytes, const LogStart& start);

/// The head after the last record that verifies.
[[nodiscard]] Result<Head> read_head(const SegmentDirectory& directory);
/// Reads and verifies the whole log and fills `index`, which is empty. Of entries at or below `applied` it keeps the newest
/// `keep_bytes` in memory and moves the base up to them. Everything it found is durable then. corruption names file and place:
/// records that do not follow each other, an entry that does not verify or does not follow.
[[nodiscard]] Result<RecoveredLog> recover_log(SegmentDirectory& directory, LogIndex& index, Index applied, std::size_t keep_bytes);

}  // namespace conclave::storage
