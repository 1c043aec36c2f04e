#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "conclave/base/ids.hpp"
#include "conclave/base/time.hpp"
#include "conclave/mvcc/machine.hpp"
#include "conclave/raft/types.hpp"

namespace conclave::storage {

/// Whose data a directory holds. Written once, when the directory is created.
struct Owner {
  MemberId member;
  std::string name;
  ClusterId cluster;
  std::string cluster_token;
};

/// When the disk counts as low and as full (architecture, section 4).
struct DiskMarks {
  std::uint64_t soft_bytes = 512ULL << 20;  ///< free bytes below: DiskSpace::low
  std::uint64_t hard_bytes = 128ULL << 20;  ///< free bytes below: DiskSpace::full; also the size of the ballast file
  /// Free bytes for an unprivileged writer of the directory; asks the file system if empty.
  std::function<std::uint64_t()> free_bytes;
};

struct Options {
  std::filesystem::path directory;
  Owner owner;
  raft::Membership bootstrap;  ///< the membership of a log that has none yet; recorded when the directory is created
  mvcc::MachineConfig machine;

  std::size_t cache_bytes = 128 << 20;     ///< of WiredTiger
  std::size_t log_file_bytes = 64 << 20;   ///< of one segment of the log
  std::size_t group_bytes_max = 16 << 20;  ///< of log writes that share a flush; at least one write
  std::size_t chunk_bytes = 1 << 20;       ///< of state rows written in one go; between two the state thread does other work
  /// Writing starts before the checkpoint when history beyond a quarter of it waits in memory, or rows whose places in the list
  /// take more than four times as much.
  std::size_t dirty_bytes_max = 16 << 20;
  DiskMarks disk;
  /// Log writes wait until they are asked for: Storage::claim_log().
  bool log_on_request = false;
  /// Who asks may write himself if the last flush took no longer.
  Duration quick_flush_max = milliseconds(1);
  /// Called first on the thread that writes and flushes the log, for what the system is to know of it. May be empty.
  std::function<void()> on_log_thread;
  /// The same of the threads that write state and history: WiredTiger's are children of one that called it.
  std::function<void()> on_background_thread;
};

}  // namespace conclave::storage
