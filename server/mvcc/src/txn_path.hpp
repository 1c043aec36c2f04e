#pragma once

#include <cstddef>
#include <vector>

#include "compare.hpp"

namespace conclave::mvcc {

/// Which branches a transaction takes. All compares, those of nested transactions on the taken path included, are evaluated on the
/// state before the command; so the path is known before the first change, and an operation cannot steer a later compare.
class TxnPath {
 public:
  [[nodiscard]] static Result<TxnPath> decide(const TxnOp& txn, const KeyIndex& keys, ReadBudget& budget);

  /// The decision for the next transaction met when the taken operations are walked in order, the outermost first.
  [[nodiscard]] bool next() { return decisions_[place_++]; }

 private:
  [[nodiscard]] Result<void> add(const TxnOp& txn, const KeyIndex& keys, ReadBudget& budget);

  std::vector<bool> decisions_;
  std::size_t place_ = 0;
};

}  // namespace conclave::mvcc
