#pragma once

#include <cstdint>
#include <map>

#include "conclave/base/time.hpp"

namespace conclave::engine {

/// The leader's hand on the cluster's clock (architecture, section 5). It starts at the time that raft goes on from, advances
/// with the local monotonic clock, at most one election timeout past the start of the last heartbeat round that a quorum confirmed,
/// and at most that much in one step: a paused or cut-off leader burns no lease.
class ClusterClock {
 public:
  explicit ClusterClock(Duration election_timeout) : election_timeout_(election_timeout) {}

  /// This member became leader.
  void start(ClusterTime known, Instant now);
  /// This member leads no longer; now() stands still.
  void stop();
  /// Notes that tick number `tick` happened at `now`, so that a confirmed round's start can be told as an instant.
  void note_tick(std::uint64_t tick, Instant now);
  /// `confirmed_tick`: raft's quorum_confirmed_tick().
  void advance(Instant now, std::uint64_t confirmed_tick);

  [[nodiscard]] bool running() const { return running_; }
  [[nodiscard]] ClusterTime time() const;

 private:
  [[nodiscard]] Instant confirmed_at(std::uint64_t tick);

  Duration election_timeout_;
  bool running_ = false;
  ClusterTime base_{};
  Duration elapsed_{};  ///< since base_, not yet rounded to the clock's milliseconds
  Instant at_{};
  Instant confirmed_{};
  std::map<std::uint64_t, Instant> ticks_;  ///< of ticks that may still be confirmed
};

}  // namespace conclave::engine
