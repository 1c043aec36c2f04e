#pragma once

#include <atomic>

#include "conclave/base/ids.hpp"

namespace conclave::storage {

/// How far the log may be cut: the applied index of the newest checkpoint that is durable. Raised by the state thread, asked by the
/// log thread: a cut beyond it would leave a log that the state cannot be brought up to date with.
class CutLimit {
 public:
  void raise(Index applied) { applied_.store(applied.value()); }
  [[nodiscard]] Index get() const { return Index(applied_.load()); }

 private:
  std::atomic<std::uint64_t> applied_{0};
};

}  // namespace conclave::storage
