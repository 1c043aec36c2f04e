#include "txn_path.hpp"

namespace conclave::mvcc {

Result<TxnPath> TxnPath::decide(const TxnOp& txn, const KeyIndex& keys, ReadBudget& budget) {
  TxnPath path;
  const Result<void> added = path.add(txn, keys, budget);
  if (!added.has_value()) return fail(added.error());
  return path;
}

Result<void> TxnPath::add(const TxnOp& txn, const KeyIndex& keys, ReadBudget& budget) {
  const Result<bool> succeeded = all_hold(txn.compares, keys, budget);
  if (!succeeded.has_value()) return fail(succeeded.error());
  decisions_.push_back(*succeeded);
  for (const Op& op : *succeeded ? txn.success : txn.failure) {
    const auto* nested = std::get_if<TxnOp>(&op.body);
    if (nested == nullptr) continue;
    if (auto added = add(*nested, keys, budget); !added.has_value()) return added;
  }
  return {};
}

}  // namespace conclave::mvcc
