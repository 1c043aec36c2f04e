#pragma once

#include <chrono>
#include <cstdint>

/// Time as values. No function here reads a clock: clocks are ports that a shell implements.
namespace conclave {

using Duration = std::chrono::nanoseconds;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

/// A point on this process's own monotonic clock. Meaningless to any other process.
struct MonotonicClockTag {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicClockTag, duration>;
  static constexpr bool is_steady = true;
};
using Instant = std::chrono::time_point<MonotonicClockTag, Duration>;

/// A point on the cluster's clock, which only the leader advances and which travels in the log (architecture, section 5).
/// It starts at zero when the cluster is made and stands still while there is no leader.
struct ClusterClockTag {
  using duration = milliseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<ClusterClockTag, duration>;
  static constexpr bool is_steady = true;
};
using ClusterTime = std::chrono::time_point<ClusterClockTag, milliseconds>;

[[nodiscard]] constexpr std::int64_t to_millis(ClusterTime time) { return time.time_since_epoch().count(); }
[[nodiscard]] constexpr ClusterTime cluster_time_from_millis(std::int64_t millis) {
  return ClusterTime(milliseconds(millis));
}

}  // namespace conclave
