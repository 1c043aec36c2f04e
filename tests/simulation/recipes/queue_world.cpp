#include "recipes/queue_world.hpp"

#include "engine/engine_cluster.hpp"
#include "recipes/queue_program.hpp"

namespace conclave::sim {

void run_queue_world(World& world, const RunOptions& options) {
  const auto common = std::make_shared<QueueWorld>();
  run_cluster(
      world, options,
      [&](EngineWorld& shared, SimClient& client, test::History&) {
        return std::make_unique<QueueProgram>(shared, client, common);
      },
      false);
  world.trace().note("acknowledgements", {common->queue.acknowledgements()});
}

}  // namespace conclave::sim
