#pragma once

#include <filesystem>
#include <functional>
#include <string>

/// What a disk does instead of what it is asked: the tests of the storage define the few system calls that files are written with.
namespace conclave::storage::test {

/// Called in the thread that asks, with the path of the file. A call that is not set asks the system.
struct IoHooks {
  /// Before `size` bytes are written at `offset`: how many are written, or a negative errno.
  std::function<long(const std::string& path, std::size_t size)> write{};
  /// After bytes were written.
  std::function<void(const std::string& path)> written{};
  /// Before a flush: 0 or an errno.
  std::function<int(const std::string& path)> sync{};
  /// After a flush.
  std::function<void(const std::string& path)> synced{};
  /// Before room is reserved: 0 or an errno.
  std::function<int(const std::string& path)> reserve{};
};

/// In force while it lives; at most one at a time, made and ended while no storage is open.
class HookedIo {
 public:
  explicit HookedIo(IoHooks hooks);
  ~HookedIo();
  HookedIo(const HookedIo&) = delete;
  HookedIo& operator=(const HookedIo&) = delete;
};

}  // namespace conclave::storage::test
