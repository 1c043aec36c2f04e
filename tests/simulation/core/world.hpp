#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "conclave/base/prng.hpp"
#include "conclave/base/time.hpp"
#include "core/trace.hpp"

namespace conclave::sim {

/// One thread, one heap of (virtual time, number, action), one seed. Whatever happens in a simulated world is an action scheduled
/// here; two runs of one seed do the same things in the same order.
class World {
 public:
  explicit World(std::uint64_t seed) : seed_(seed) {}
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  [[nodiscard]] std::uint64_t seed() const { return seed_; }
  [[nodiscard]] Instant now() const { return now_; }
  [[nodiscard]] std::uint64_t steps() const { return steps_; }
  [[nodiscard]] Trace& trace() { return trace_; }
  [[nodiscard]] const Trace& trace() const { return trace_; }
  /// A generator for one purpose; what one purpose draws does not disturb another.
  [[nodiscard]] Prng stream(std::uint64_t purpose) const { return Prng(mix(seed_ * 2 + 1, purpose)); }

  /// `label` is part of the trace and must outlive the world (a literal).
  void at(Instant when, std::string_view label, std::function<void()> action);
  void after(Duration delay, std::string_view label, std::function<void()> action) { at(now_ + delay, label, std::move(action)); }
  /// Runs everything that is due before or at `until`, then time stands at `until`.
  void run_until(Instant until);

 private:
  struct Scheduled {
    Instant when;
    std::uint64_t number;
    std::string_view label;
    std::function<void()> action;
    /// For a heap whose front is the earliest.
    bool operator<(const Scheduled& other) const { return when != other.when ? when > other.when : number > other.number; }
  };

  std::uint64_t seed_;
  Instant now_{};
  std::uint64_t numbers_ = 0;
  std::uint64_t steps_ = 0;
  std::vector<Scheduled> heap_;
  Trace trace_;
};

}  // namespace conclave::sim
