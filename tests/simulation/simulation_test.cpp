#include "conclave/test/catch.hpp"
#include "scenarios.hpp"

namespace conclave::sim {

TEST_CASE("every world keeps its rules under faults, recovers from them, and runs the same way twice") {
  for (const auto& scenario : scenarios()) {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
      INFO(scenario.name << " seed " << seed);
      RunOptions options;
      options.duration = seconds(10);
      const auto failure = check_seed(scenario.run, seed, options);
      INFO(failure.value_or(""));
      REQUIRE_FALSE(failure.has_value());
    }
  }
}

}  // namespace conclave::sim
