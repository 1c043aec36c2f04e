#pragma once

#include <memory>

#include "conclave/recipes/hold.hpp"
#include "conclave/recipes_core/mutex.hpp"
#include "run.hpp"

namespace conclave::recipes {

/// Makes handles from places.
struct HoldAccess {
  [[nodiscard]] static Hold make(std::shared_ptr<ClientLoop> loop, core::PlacePtr place);
  [[nodiscard]] static const core::PlacePtr& place_of(const Hold& hold);
};

[[nodiscard]] std::vector<Holder> holders_of(const std::vector<core::Seat>& seats);

}  // namespace conclave::recipes
