#pragma once

#include "conclave/client.hpp"
#include "conclave/locksmith_fleet/adoption.hpp"
#include "conclave/recipes/wait.hpp"

namespace conclave::locksmith {

using fleet::Adoption;

/// As fleet::adopt(), blocking, at most as long as `wait` says.
[[nodiscard]] Result<bool> adopt(Client& client, std::string group, Adoption adoption, recipes::Wait wait);

}  // namespace conclave::locksmith
