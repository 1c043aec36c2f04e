#pragma once

#include <deque>
#include <filesystem>
#include <vector>

#include "conclave/base/result.hpp"

namespace conclave::storage {

/// Files that go, a piece at a time. Where a file system tells its disk at once which blocks are free (ext4 mounted with
/// `discard`), the disk does nothing else while a large file goes: 64 MiB kept flushes of the log waiting for 100 ms.
///
/// Nobody may have them open, and what is left of them after a crash must be known as garbage.
class Removal {
 public:
  void add(std::vector<std::filesystem::path> paths) { paths_.insert(paths_.end(), paths.begin(), paths.end()); }
  /// Takes a piece of some MiB off the first one. False: nothing is left.
  [[nodiscard]] Result<bool> step();

 private:
  std::deque<std::filesystem::path> paths_;
};

}  // namespace conclave::storage
