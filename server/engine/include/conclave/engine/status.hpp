#pragma once

#include <cstdint>

namespace conclave::engine {

/// Monotone counts since the start, for metrics and tests.
struct Counters {
  std::uint64_t proposals = 0;  ///< log entries proposed here
  std::uint64_t commands_proposed = 0;
  std::uint64_t commands_applied = 0;
  std::uint64_t forwarded = 0;
  std::uint64_t refused_overload = 0;
  std::uint64_t refused_not_leader = 0;
  std::uint64_t reads_linearizable = 0;
  std::uint64_t reads_local = 0;
  std::uint64_t read_rounds = 0;
  std::uint64_t leader_changes = 0;
  std::uint64_t events_pushed = 0;  ///< events times watches
  std::uint64_t event_frames_pushed = 0;
  std::uint64_t event_encodings = 0;  ///< once per group and batch
  std::uint64_t watchers_lagged = 0;  ///< times a watcher fell back to history
  std::uint64_t turns_fired = 0;
  std::uint64_t leases_expired = 0;
  std::uint64_t checkpoints = 0;
  std::uint64_t snapshots_installed = 0;
};

}  // namespace conclave::engine
