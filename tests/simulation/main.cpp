#include <unistd.h>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "core/runner.hpp"
#include "core/swarm.hpp"
#include "scenarios.hpp"

namespace {

using namespace conclave;
using namespace conclave::sim;

struct Options {
  std::uint64_t seeds = 20;
  std::uint64_t first = 1;
  std::string world = "all";
  bool verbose = false;
  bool until_failure = false;
  std::uint64_t tail = 0;
  RunOptions run;
};

constexpr std::string_view usage =
    "usage: conclave-sim [--seeds N] [--first S] [--duration SECONDS] [--members M] [--world NAME|all] [--verbose] [--tail NOTES] "
    "[--until-failure]\n"
    "Runs N seeds from S on, each twice, in every simulated world; prints what fails and exits with 1.\n"
    "--until-failure ends with the first seed that fails.\n"
    "--tail prints that many notes of the trace before a failure; --verbose says what each world is like.\n";

std::optional<Options> parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--verbose" || word == "--until-failure") {
      (word == "--verbose" ? options.verbose : options.until_failure) = true;
      continue;
    }
    if (i + 1 >= argc) return std::nullopt;
    const char* const value = argv[++i];
    const std::uint64_t number = std::strtoull(value, nullptr, 10);
    if (word == "--seeds")
      options.seeds = number;
    else if (word == "--first")
      options.first = number;
    else if (word == "--duration")
      options.run.duration = seconds(number);
    else if (word == "--members" && number >= 1 && number <= 5)
      options.run.members = number;
    else if (word == "--tail")
      options.tail = number;
    else if (word == "--world")
      options.world = value;
    else
      return std::nullopt;
  }
  return options;
}

std::string repro(const Options& options, std::string_view world, std::uint64_t seed) {
  std::string line = "conclave-sim --world " + std::string(world) + " --seeds 1 --first " + std::to_string(seed) + " --duration " +
                     std::to_string(std::chrono::duration_cast<seconds>(options.run.duration).count());
  if (options.run.members) line += " --members " + std::to_string(*options.run.members);
  return line;
}

/// A broken invariant aborts the process: say whose it was before it ends.
std::string abort_text;
void on_abort(int) {
  char line[64];
  const World* const world = running_world();
  const int size = std::snprintf(line, sizeof line, "an assertion fails at step %llu\n  repeat: ",
                                 world == nullptr ? 0ULL : static_cast<unsigned long long>(world->steps()));
  (void)!write(STDOUT_FILENO, line, static_cast<std::size_t>(size));
  (void)!write(STDOUT_FILENO, abort_text.data(), abort_text.size());
  _exit(1);
}

bool run(const Options& options, const NamedScenario& scenario, std::uint64_t seed) {
  abort_text = repro(options, scenario.name, seed) + "\n";
  if (options.verbose) {
    World world(seed);
    Prng draws = world.stream(1);
    std::printf("%s %llu: %s\n", scenario.name.data(), static_cast<unsigned long long>(seed),
                draw_swarm(draws, options.run.members).describe().c_str());
  }
  const auto failure = check_seed(scenario.run, seed, options.run);
  if (!failure) return true;
  std::printf("%s: %s\n  repeat: %s", scenario.name.data(), failure->c_str(), abort_text.c_str());
  if (options.tail > 0) {
    const std::uint64_t notes = run_once(scenario.run, seed, options.run).hashes.size();
    const Window window{notes - std::min(notes, options.tail), notes};
    for (const auto& note : run_once(scenario.run, seed, options.run, window).texts) std::printf("    %s\n", note.c_str());
  }
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  const auto options = parse(argc, argv);
  if (!options) {
    std::fputs(usage.data(), stderr);
    return 2;
  }
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  std::signal(SIGABRT, on_abort);
  std::uint64_t failed = 0;
  for (std::uint64_t seed = options->first; seed < options->first + options->seeds; ++seed) {
    for (const auto& scenario : scenarios()) {
      if (options->world != "all" && options->world != scenario.name) continue;
      if (!run(*options, scenario, seed)) ++failed;
      if (failed > 0 && options->until_failure) return 1;
    }
  }
  std::printf("%llu seeds from %llu: %llu failures\n", static_cast<unsigned long long>(options->seeds),
              static_cast<unsigned long long>(options->first), static_cast<unsigned long long>(failed));
  return failed == 0 ? 0 : 1;
}
