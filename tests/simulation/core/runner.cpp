#include "core/runner.hpp"

#include <algorithm>

namespace conclave::sim {
namespace {

const World* current_world = nullptr;

std::string first_difference(const Scenario& scenario, std::uint64_t seed, const RunOptions& options, const Outcome& one,
                             const Outcome& other) {
  const auto differs = std::mismatch(one.hashes.begin(), one.hashes.end(), other.hashes.begin(), other.hashes.end());
  const auto place = static_cast<std::uint64_t>(differs.first - one.hashes.begin());
  const Window window{place > 3 ? place - 3 : 0, place + 1};
  std::string text = "seed " + std::to_string(seed) + ": two runs differ at note " + std::to_string(place);
  for (int run = 0; run < 2; ++run) {
    text += "\n  a run:";
    for (const auto& note : run_once(scenario, seed, options, window).texts) text += "\n    " + note;
  }
  return text;
}

}  // namespace

const World* running_world() { return current_world; }

Outcome run_once(const Scenario& scenario, std::uint64_t seed, const RunOptions& options, Window window) {
  World world(seed);
  world.trace().keep_text(window.first, window.last);
  current_world = &world;
  Outcome outcome;
  try {
    scenario(world, options);
  } catch (const Violation& broken) {
    outcome.violation = broken.what();
  }
  current_world = nullptr;
  outcome.steps = world.steps();
  outcome.time = world.now();
  outcome.hash = world.trace().hash();
  outcome.hashes = world.trace().hashes();
  outcome.texts = world.trace().texts();
  return outcome;
}

std::optional<std::string> check_seed(const Scenario& scenario, std::uint64_t seed, const RunOptions& options) {
  const Outcome first = run_once(scenario, seed, options);
  if (first.violation) {
    const auto millis = std::chrono::duration_cast<milliseconds>(first.time.time_since_epoch()).count();
    return "seed " + std::to_string(seed) + " fails at step " + std::to_string(first.steps) + ", " + std::to_string(millis) +
           " ms into its world: " + *first.violation;
  }
  const Outcome second = run_once(scenario, seed, options);
  if (first.hash == second.hash && first.hashes.size() == second.hashes.size()) return std::nullopt;
  return first_difference(scenario, seed, options, first, second);
}

}  // namespace conclave::sim
