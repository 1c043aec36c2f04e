#pragma once

#include "core/runner.hpp"

namespace conclave::sim {

/// A cluster whose clients meet at barriers and count. Throws Violation.
void run_gate_world(World& world, const RunOptions& options);

}  // namespace conclave::sim
