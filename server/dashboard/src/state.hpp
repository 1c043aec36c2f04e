#pragma once

#include <string>

#include "conclave/dashboard/dashboard.hpp"

namespace conclave::dashboard {

/// A JSON object: what the member is, its counters, and the members it knows. Numbers are plain; ids are text.
[[nodiscard]] std::string state_of(const Sources& sources);

}  // namespace conclave::dashboard
