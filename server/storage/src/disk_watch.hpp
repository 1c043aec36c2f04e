#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "conclave/base/result.hpp"
#include "conclave/engine/event.hpp"
#include "conclave/storage/options.hpp"

namespace conclave::storage {

/// Watches the free space of the data directory's file system and keeps the ballast: a file of real blocks that is given up when
/// the disk is full, so that checkpoint and truncation, which make room, have some. Room counts without what the ballast would
/// take, so giving it up does not look like room. Only the state thread uses it.
class DiskWatch {
 public:
  DiskWatch(std::filesystem::path root, DiskMarks marks);
  /// Looks once. A value when low or full changed since the last look. An error means that the file system cannot be asked.
  [[nodiscard]] Result<std::optional<engine::DiskSpace>> look();

 private:
  [[nodiscard]] Result<std::uint64_t> free_bytes() const;
  void take_ballast(std::uint64_t free);
  void drop_ballast();

  std::filesystem::path root_;
  DiskMarks marks_;
  bool low_ = false;
  bool full_ = false;
  bool has_ballast_ = false;
};

/// Bytes that the files below a directory take on the disk, the ballast left out.
[[nodiscard]] std::uint64_t disk_usage(const std::filesystem::path& root);

}  // namespace conclave::storage
