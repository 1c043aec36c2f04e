#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "conclave/base/time.hpp"

namespace conclave {

/// A seeded generator whose sequence is the same on every platform (xoshiro256**, Blackman and Vigna; seeded by splitmix64).
/// Not for secrets. Not thread-safe.
class Prng {
 public:
  explicit Prng(std::uint64_t seed);

  [[nodiscard]] std::uint64_t next();
  /// Uniform in [0, bound); bound must not be zero. Unbiased (Lemire's rejection).
  [[nodiscard]] std::uint64_t below(std::uint64_t bound);
  /// Uniform in [low, high].
  [[nodiscard]] std::uint64_t between(std::uint64_t low, std::uint64_t high) { return low + below(high - low + 1); }
  [[nodiscard]] Duration between(Duration low, Duration high);
  /// True `numerator` times out of `denominator`.
  [[nodiscard]] bool chance(std::uint64_t numerator, std::uint64_t denominator) { return below(denominator) < numerator; }
  /// A generator of its own for another purpose, so that drawing from one does not disturb the other.
  [[nodiscard]] Prng split(std::uint64_t stream);

  template <class T>
  void shuffle(std::vector<T>& items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

 private:
  std::uint64_t state_[4];
};

}  // namespace conclave
