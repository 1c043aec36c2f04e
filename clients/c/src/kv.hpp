#pragma once

#include "arguments.hpp"
#include "conclave/c/kv.h"

/// Operations on keys as values, alone or in a transaction.
namespace conclave::c {

[[nodiscard]] PutOp put_op(Arguments& in, conclave_bytes key, conclave_bytes value, const conclave_put_options& options);
[[nodiscard]] RangeOp range_op(Arguments& in, const conclave_keys& keys, const conclave_range_options& options);
[[nodiscard]] DeleteOp delete_op(Arguments& in, const conclave_keys& keys, const conclave_delete_options& options);

}  // namespace conclave::c
