#include "recipes/recipes_world.hpp"

#include "engine/engine_cluster.hpp"
#include "recipes/recipe_program.hpp"

namespace conclave::sim {

void run_recipes_world(World& world, const RunOptions& options) {
  const auto recipes = std::make_shared<RecipeWorld>();
  Prng draws = world.stream(9000);
  recipes->meddles = draws.chance(1, 3);
  recipes->evicts = draws.chance(1, 2);
  recipes->lock_delay = milliseconds(draws.between(0, 4000));
  run_cluster(
      world, options,
      [&](EngineWorld& shared, SimClient& client, test::History&) {
        return std::make_unique<RecipeProgram>(shared, client, recipes);
      },
      false);
  world.trace().note("acquisitions", {recipes->oracle.acquisitions()});
}

}  // namespace conclave::sim
