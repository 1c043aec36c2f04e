#pragma once

#include <cstdint>
#include <string>

#include "conclave/scheduler_core/records.hpp"

namespace conclave::scheduler {

/// What is new of a run's output each time it is looked at. The store has the end of it only: what was left out in between is said.
class LogTail {
 public:
  /// Another epoch begins anew.
  [[nodiscard]] std::string take(std::uint64_t epoch, const RunRecord& run);

 private:
  std::uint64_t epoch_ = 0;
  std::uint64_t taken_ = 0;
};

}  // namespace conclave::scheduler
