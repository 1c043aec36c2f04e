#pragma once

#include <string_view>

#include "conclave/base/ids.hpp"
#include "conclave/base/name_hash.hpp"

namespace conclave::engine {

/// The number of a member, from the cluster token and the member's name. Never zero.
[[nodiscard]] inline MemberId member_id(std::string_view token, std::string_view name) {
  return MemberId(NameHash().add("member").add(token).add(name).value());
}

}  // namespace conclave::engine
