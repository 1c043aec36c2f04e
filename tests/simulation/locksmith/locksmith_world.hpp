#pragma once

#include "core/runner.hpp"

namespace conclave::sim {

/// A cluster whose clients are the daemons of machines that reboot. Throws Violation.
void run_locksmith_world(World& world, const RunOptions& options);

}  // namespace conclave::sim
