#pragma once

#include "conclave/base/result.hpp"
#include "conclave/mvcc/response.hpp"
#include "kv_change.hpp"
#include "range_read.hpp"
#include "txn_path.hpp"

namespace conclave::mvcc {

/// Carries one replicated operation out, a whole transaction with its nested ones included. Changes go into `change`; after an
/// error its owner drops them.
class OpRun {
 public:
  OpRun(KvChange& change, const LeaseTable& leases, const Limits& limits, ClusterTime stamp)
      : change_(change), leases_(leases), stamp_(stamp), budget_{limits} {}

  /// `op` has been validated.
  [[nodiscard]] Result<OpResult> run(const Op& op);

 private:
  [[nodiscard]] Result<OpResult> one(const Op& op);
  [[nodiscard]] Result<OpResult> range(const RangeOp& op);
  [[nodiscard]] Result<OpResult> put(const PutOp& op);
  [[nodiscard]] Result<OpResult> erase(const DeleteOp& op);
  [[nodiscard]] Result<OpResult> transaction(const TxnOp& op);
  [[nodiscard]] Result<void> answer_with(const KeyValue& kv);

  KvChange& change_;
  const LeaseTable& leases_;
  ClusterTime stamp_;
  ReadBudget budget_;
  TxnPath path_;
  std::size_t operation_ = 0;  // of those carried out; transactions do not count, what is in them does
};

}  // namespace conclave::mvcc
