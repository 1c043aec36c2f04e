#pragma once

#include "build.hpp"

namespace conclave::mvcc::test {

/// Draws commands over few keys and leases, so that they meet.
class RandomCommands {
 public:
  RandomCommands(std::uint64_t seed, Keep& keep) : random_(seed), keep_(keep) {}

  [[nodiscard]] Prng& random() { return random_; }
  [[nodiscard]] ByteView key();
  [[nodiscard]] KeySelector selector();
  [[nodiscard]] LeaseId lease(const std::vector<LeaseId>& known);
  [[nodiscard]] RangeOp range(std::uint64_t newest);
  [[nodiscard]] Compare compare(std::uint64_t newest, const std::vector<LeaseId>& leases);
  /// An operation, with transactions nested up to `depth`.
  [[nodiscard]] Op operation(std::uint64_t newest, const std::vector<LeaseId>& leases, int depth);

 private:
  [[nodiscard]] Op transaction(std::uint64_t newest, const std::vector<LeaseId>& leases, int depth);
  template <class Enum>
  [[nodiscard]] Enum pick(std::uint64_t count) {
    return static_cast<Enum>(random_.below(count));
  }

  Prng random_;
  Keep& keep_;
};

}  // namespace conclave::mvcc::test
