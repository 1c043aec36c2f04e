#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "conclave/locksmith_fleet/group.hpp"

/// What other programs kept becomes a group.
namespace conclave::locksmith::fleet {

/// All of it is taken over in one write, which has room for so many.
inline constexpr std::size_t adopted_holders_max = 60;

struct Adoption {
  std::uint64_t slots = 0;
  std::vector<std::string> holders;  ///< ids of machines, each once; more than `slots` are allowed
  std::string by;
};

/// Makes the holders holders and the number of slots the group's, at one revision or not at all; nobody knows their boots, so that
/// a machine that is up counts as rebooted. What else the policy says stays. Errors: already_exists if the group has holders,
/// too_large, invalid_argument.
[[nodiscard]] Task<Result<bool>> adopt(Group group, Adoption adoption, Call call);

}  // namespace conclave::locksmith::fleet
