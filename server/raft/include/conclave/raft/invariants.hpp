#pragma once

#include "conclave/raft/core.hpp"

/// What must always hold of one core (docs/invariants.md numbers them). Aborts with the broken rule; O(n) in the log in memory, so
/// it runs after every step in tests and simulation only.
namespace conclave::raft {

void check_all(const Core& core);
/// What must hold between two statuses of the same core, no crash in between: term, commit and applied grow, one vote and one leader
/// a term, a leader's log only grows, durable falls only by truncation and never below what is committed.
void check_step(const Status& before, const Status& after);

}  // namespace conclave::raft
