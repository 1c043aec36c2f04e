#pragma once

#include "core/runner.hpp"

namespace conclave::sim {

/// A cluster whose clients use recipes. Throws Violation.
void run_recipes_world(World& world, const RunOptions& options);

}  // namespace conclave::sim
