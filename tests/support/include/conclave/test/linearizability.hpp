#pragma once

#include <cstddef>

#include "conclave/test/history.hpp"
#include "conclave/test/verdict.hpp"

namespace conclave::test {

struct LinearizabilityOptions {
  /// Attempts to place an operation, for each set of keys that some operation joins; beyond it the verdict is `undecided`.
  std::size_t steps_max = 2'000'000;
};

/// Is there one order of the operations that explains every answer, with each operation somewhere between its invocation and its
/// completion? An operation with unknown outcome may take effect at any moment after its invocation, or never; a failed one must
/// have none. Operations with Action::stale_allowed are left out. Keys that no operation joins are searched apart. Revisions in
/// answers, where they are given, must agree with the order.
///
/// The search is that of Wing and Gong with the memory of Lowe: a depth-first walk over what may come next, which never enters the
/// same (set of operations placed, state) twice.
[[nodiscard]] Verdict check_linearizable(const History& history, const LinearizabilityOptions& options = {});

}  // namespace conclave::test
