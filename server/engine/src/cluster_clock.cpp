#include "cluster_clock.hpp"

#include <algorithm>

#include "mutants.hpp"

namespace conclave::engine {
namespace {
constexpr std::size_t ticks_remembered_max = 4096;
}

void ClusterClock::start(ClusterTime known, Instant now) {
  running_ = true;
  base_ = known;
  elapsed_ = Duration::zero();
  at_ = now;
  confirmed_ = now;  // the votes that made this member leader are its first confirmation
}

void ClusterClock::stop() {
  running_ = false;
  ticks_.clear();
}

void ClusterClock::note_tick(std::uint64_t tick, Instant now) {
  if (!running_) return;
  ticks_[tick] = now;
  if (ticks_.size() > ticks_remembered_max) ticks_.erase(ticks_.begin());
}

Instant ClusterClock::confirmed_at(std::uint64_t tick) {
  // A round started after the tick was counted and before the next one: the tick's own instant is the safe side.
  const auto it = ticks_.find(tick);
  if (it == ticks_.end()) return confirmed_;
  const Instant at = it->second;
  ticks_.erase(ticks_.begin(), it);
  return at;
}

void ClusterClock::advance(Instant now, std::uint64_t confirmed_tick) {
  if (!running_) return;
  confirmed_ = std::max(confirmed_, confirmed_at(confirmed_tick));
  Instant until = std::min(now, confirmed_ + election_timeout_);
  if (mutants::stamp_across_pause) until = now;
  if (until > at_) {
    Duration step = until - at_;
    if (!mutants::stamp_across_pause) step = std::min(step, election_timeout_);
    elapsed_ += step;
  }
  at_ = std::max(at_, now);  // what was not counted is not made up for: cluster time may only be slow
}

ClusterTime ClusterClock::time() const { return base_ + std::chrono::floor<milliseconds>(elapsed_); }

}  // namespace conclave::engine
