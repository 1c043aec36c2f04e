#pragma once

#include "core/runner.hpp"

namespace conclave::sim {

/// A cluster whose clients share a work queue, register as instances of a service and see each other. Throws Violation.
void run_queue_world(World& world, const RunOptions& options);

}  // namespace conclave::sim
