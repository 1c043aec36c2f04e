#pragma once

#include <chrono>
#include <cstdint>

namespace conclave::bench {

using Clock = std::chrono::steady_clock;

/// When the operations of a load of fixed rate are meant to start. Latency counts from there, not from when there was somebody free
/// to send it: a server that stalls is not excused from the requests that would have come meanwhile.
class OpenLoop {
 public:
  /// `per_second` must be positive.
  OpenLoop(Clock::time_point start, double per_second) : start_(start), per_second_(per_second) {}

  /// The intended start of operation `number`, counted from 0.
  [[nodiscard]] Clock::time_point start_of(std::uint64_t number) const;
  /// How many operations were meant to have started at `now`, that instant included.
  [[nodiscard]] std::uint64_t due_at(Clock::time_point now) const;

 private:
  Clock::time_point start_;
  double per_second_;
};

}  // namespace conclave::bench
