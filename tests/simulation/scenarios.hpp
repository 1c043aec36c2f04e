#pragma once

#include <string_view>
#include <vector>

#include "core/runner.hpp"

namespace conclave::sim {

struct NamedScenario {
  std::string_view name;
  Scenario run;
};

/// Every world there is.
[[nodiscard]] const std::vector<NamedScenario>& scenarios();

}  // namespace conclave::sim
