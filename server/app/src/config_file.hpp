#pragma once

#include <string>
#include <utility>
#include <vector>

#include "conclave/base/result.hpp"

namespace conclave::app {

/// The keys of a TOML file with their values as a flag would have them.
using Settings = std::vector<std::pair<std::string, std::string>>;

/// Strings, whole numbers and booleans at the top level; anything else is refused with its key.
[[nodiscard]] Result<Settings> read_config_file(const std::string& path);

}  // namespace conclave::app
