#include "scheduler/scheduler_world.hpp"

#include "engine/engine_cluster.hpp"
#include "scheduler/scheduler_program.hpp"

namespace conclave::sim {

void run_scheduler_world(World& world, const RunOptions& options) {
  const auto common = std::make_shared<SchedulerWorld>();
  run_cluster(
      world, options,
      [&](EngineWorld& shared, SimClient& client, test::History&) {
        return std::make_unique<SchedulerProgram>(shared, client, common);
      },
      false);
  world.trace().note("scheduled", {common->oracle.runs(), common->oracle.successes(), common->oracle.losses()});
}

}  // namespace conclave::sim
