#pragma once

#include "core/runner.hpp"

namespace conclave::sim {

/// A cluster whose clients are agents, schedulers and users of the scheduler. Throws Violation.
void run_scheduler_world(World& world, const RunOptions& options);

}  // namespace conclave::sim
