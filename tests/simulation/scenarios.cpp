#include "scenarios.hpp"

#include "engine/engine_cluster.hpp"
#include "locksmith/locksmith_world.hpp"
#include "raft/raft_cluster.hpp"
#include "recipes/gate_world.hpp"
#include "recipes/queue_world.hpp"
#include "recipes/recipes_world.hpp"
#include "scheduler/scheduler_world.hpp"

namespace conclave::sim {

const std::vector<NamedScenario>& scenarios() {
  static const std::vector<NamedScenario> all{
      {"raft", run_raft_world},  {"engine", run_engine_world},       {"recipes", run_recipes_world},    {"queue", run_queue_world},
      {"gates", run_gate_world}, {"scheduler", run_scheduler_world}, {"locksmith", run_locksmith_world}};
  return all;
}

}  // namespace conclave::sim
