#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <vector>

namespace conclave::bench {

/// Counts durations in buckets whose width is at most 1/128 of their value, from one nanosecond to hours; what is longer counts as
/// the longest. Recording costs a few instructions and never allocates. Not thread-safe: one for each thread, then merge().
class Histogram {
 public:
  Histogram();

  void record(std::chrono::nanoseconds duration);
  void merge(const Histogram& other);
  void clear();

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::chrono::nanoseconds max() const { return std::chrono::nanoseconds(max_); }
  /// The least duration that at least `fraction` (0 to 1) of all recorded ones do not exceed, rounded up to its bucket's end; never
  /// more than max(). Zero if nothing was recorded.
  [[nodiscard]] std::chrono::nanoseconds at(double fraction) const;

 private:
  [[nodiscard]] static std::size_t bucket_of(std::uint64_t value);
  [[nodiscard]] static std::uint64_t last_of(std::size_t bucket);

  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace conclave::bench
