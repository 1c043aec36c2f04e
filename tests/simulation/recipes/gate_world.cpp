#include "recipes/gate_world.hpp"

#include "engine/engine_cluster.hpp"
#include "recipes/gate_program.hpp"

namespace conclave::sim {

void run_gate_world(World& world, const RunOptions& options) {
  const auto common = std::make_shared<GateWorld>();
  run_cluster(
      world, options,
      [&](EngineWorld& shared, SimClient& client, test::History&) { return std::make_unique<GateProgram>(shared, client, common); },
      false);
  world.trace().note("passed", {common->passed});
}

}  // namespace conclave::sim
