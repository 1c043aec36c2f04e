#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "conclave/base/ids.hpp"

namespace conclave::mvcc {

/// The create revisions of a set of keys, counted: how many are below a given one? Revisions are added in ascending order, as the
/// store makes them, and taken away in any. A Fenwick tree over the revisions; every operation is O(log n), amortised.
class KeyAges {
 public:
  KeyAges() = default;
  /// `creates` in any order.
  explicit KeyAges(std::vector<Revision> creates);

  /// One more key; `create` must not be below the last one added.
  void add(Revision create);
  /// One key less; there must be one with this create revision.
  void remove(Revision create);
  [[nodiscard]] std::uint64_t count_below(Revision create) const;
  [[nodiscard]] std::uint64_t size() const { return size_; }

 private:
  void append(Revision create, std::uint64_t keys);
  void drop_empty();
  [[nodiscard]] std::size_t position_of(Revision create) const;

  std::vector<Revision> creates_;    // ascending, each once
  std::vector<std::uint64_t> keys_;  // how many keys have it; zero when all of them are gone
  std::vector<std::uint64_t> sums_;  // the Fenwick tree over keys_: sums_[i] covers (i & (i + 1)) ... i
  std::uint64_t size_ = 0;
  std::size_t empty_ = 0;  // positions with no key
};

}  // namespace conclave::mvcc
