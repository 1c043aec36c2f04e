#pragma once

#include "conclave/base/result.hpp"
#include "conclave/mvcc/command.hpp"
#include "range_read.hpp"

namespace conclave::mvcc {

/// Whether the compare holds on the keys as they are; too_large if it has too many to look at.
[[nodiscard]] Result<bool> holds(const Compare& compare, const KeyIndex& keys, ReadBudget& budget);
/// Whether all hold. Those after the first that does not are not looked at.
[[nodiscard]] Result<bool> all_hold(std::span<const Compare> compares, const KeyIndex& keys, ReadBudget& budget);

}  // namespace conclave::mvcc
