#pragma once

#include <string>

#include "conclave/base/result.hpp"
#include "conclave/locksmith_core/windows.hpp"

namespace conclave::locksmith {

/// The zone of this name ("Europe/Berlin", "UTC") in this machine's zone database, or invalid_argument.
[[nodiscard]] Result<OffsetAt> load_zone(const std::string& name);

}  // namespace conclave::locksmith
