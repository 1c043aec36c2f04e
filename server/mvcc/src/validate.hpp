#pragma once

#include <span>

#include "conclave/base/result.hpp"
#include "conclave/mvcc/command.hpp"
#include "conclave/mvcc/limits.hpp"

/// What can be said about a request without the state: sizes, counts, values that are not allowed. All branches of a transaction
/// are looked at, also those not taken, so that a request is allowed or not whatever the state.
namespace conclave::mvcc {

[[nodiscard]] Result<void> validate(const Op& op, const Limits& limits);
/// A transaction of reads: invalid_argument if an operation is not a RangeOp.
[[nodiscard]] Result<void> validate_reads(const TxnOp& txn, const Limits& limits);
[[nodiscard]] Result<void> validate(const RangeOp& op, const Limits& limits);
[[nodiscard]] Result<void> validate(std::span<const Guard> guards, const Limits& limits);
/// Of a lease or session to be granted.
[[nodiscard]] Result<void> validate_lease(milliseconds ttl, ByteView owner, ByteView note, const Limits& limits);

}  // namespace conclave::mvcc
