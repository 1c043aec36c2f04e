#include "locksmith/locksmith_world.hpp"

#include "engine/engine_cluster.hpp"
#include "locksmith/locksmith_program.hpp"

namespace conclave::sim {

void run_locksmith_world(World& world, const RunOptions& options) {
  const auto common = std::make_shared<LocksmithWorld>();
  run_cluster(
      world, options,
      [&](EngineWorld& shared, SimClient& client, test::History&) {
        return std::make_unique<LocksmithProgram>(shared, client, common);
      },
      false);
}

}  // namespace conclave::sim
