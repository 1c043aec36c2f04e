#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "conclave/base/time.hpp"
#include "core/world.hpp"

namespace conclave::sim {

struct RunOptions {
  Duration duration = seconds(20);     ///< of virtual time under faults
  std::optional<std::size_t> members;  ///< fixes the size of the cluster
};
/// Builds a world around `world` and runs it; throws Violation.
using Scenario = std::function<void(World& world, const RunOptions& options)>;

struct Outcome {
  std::optional<std::string> violation;
  std::uint64_t steps = 0;
  Instant time{};
  std::uint64_t hash = 0;
  std::vector<std::uint64_t> hashes;
  std::vector<std::string> texts;
};

/// The notes of the trace that are kept as text.
struct Window {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

[[nodiscard]] Outcome run_once(const Scenario& scenario, std::uint64_t seed, const RunOptions& options, Window window = {});

/// Runs the seed twice and compares the traces. Nothing if all is well, else a text that names the seed, the step, what does not
/// hold, or the first event that differs.
[[nodiscard]] std::optional<std::string> check_seed(const Scenario& scenario, std::uint64_t seed, const RunOptions& options);

/// The world that runs now on this thread, for a message from an abort handler; null outside of run_once.
[[nodiscard]] const World* running_world();

}  // namespace conclave::sim
