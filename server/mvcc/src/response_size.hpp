#pragma once

#include <cstddef>

#include "conclave/mvcc/key_value.hpp"

/// What parts of an answer take on the wire, rounded up. The response limit is checked with these numbers while an answer is made,
/// so they are part of the replicated rules and must not depend on the platform.
namespace conclave::mvcc {

inline constexpr std::size_t row_overhead_bytes = 96;      ///< of a key version: its numbers, lengths and table
inline constexpr std::size_t result_overhead_bytes = 112;  ///< of the result of one operation

[[nodiscard]] inline std::size_t row_bytes(const KeyValue& kv, bool keys_only) {
  return row_overhead_bytes + kv.key().size() + (keys_only ? 0 : kv.value().size());
}

}  // namespace conclave::mvcc
