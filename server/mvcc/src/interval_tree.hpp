#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conclave/base/bytes.hpp"

namespace conclave::mvcc {

/// Keys from `begin` up to, not including, `end`.
struct Interval {
  std::string begin;
  std::optional<std::string> end;  ///< nothing: no upper bound

  /// All keys that start with `prefix`.
  [[nodiscard]] static Interval of_prefix(ByteView prefix);
  [[nodiscard]] bool contains(ByteView key) const { return begin <= key && (!end || key < *end); }
};

/// Which intervals contain a key. A balanced tree in the order of the begins whose nodes know how far their subtree reaches:
/// finding k intervals of n costs O(log n + k log n) comparisons whatever the intervals look like, so no client can make it slow
/// for others.
class IntervalTree {
 public:
  IntervalTree();
  ~IntervalTree();

  /// The same interval may carry many values, but a value only once.
  void insert(Interval interval, std::uint64_t value);
  /// The pair must have been inserted.
  void erase(const Interval& interval, std::uint64_t value);
  /// Appends the values of all intervals that contain `key`, in the order of their begins.
  void find(ByteView key, std::vector<std::uint64_t>& found) const;
  /// Aborts if order, balance or reach of any node is wrong. O(n), for tests.
  void check_invariants() const;

  struct Node;  // internal
  using NodePtr = std::unique_ptr<Node>;

 private:
  NodePtr root_;
};

}  // namespace conclave::mvcc
