#pragma once

#include "open_loop.hpp"
#include "options.hpp"

namespace conclave::bench {

/// What is measured of a run: what completes in [from, until).
struct Window {
  Clock::time_point from;
  Clock::time_point until;

  [[nodiscard]] static Window of(const Options& options, Clock::time_point start) {
    const auto duration = [](double seconds) {
      return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    };
    return {start + duration(options.warmup), start + duration(options.warmup + options.seconds)};
  }
  [[nodiscard]] bool contains(Clock::time_point at) const { return at >= from && at < until; }
  [[nodiscard]] double seconds() const { return std::chrono::duration<double>(until - from).count(); }
};

}  // namespace conclave::bench
