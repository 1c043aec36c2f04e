#pragma once

#include <cstdint>
#include <mutex>
#include <optional>

#include "conclave/raft/types.hpp"

namespace conclave::storage {

/// Which received snapshot stands complete and durable in which set of state tables: handed from the state thread, which receives
/// it, to the log thread, whose write with install_snapshot makes it current. Thread-safe.
class InstallSlot {
 public:
  struct Ready {
    raft::EntryId last;
    std::uint64_t generation = 0;
  };
  void put(const Ready& ready) {
    const std::scoped_lock lock(mutex_);
    ready_ = ready;
  }
  void clear() {
    const std::scoped_lock lock(mutex_);
    ready_.reset();
  }
  [[nodiscard]] std::optional<Ready> get() const {
    const std::scoped_lock lock(mutex_);
    return ready_;
  }

 private:
  mutable std::mutex mutex_;
  std::optional<Ready> ready_;
};

}  // namespace conclave::storage
