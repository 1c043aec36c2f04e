#pragma once

#include <memory>

#include "conclave/recipes/hold.hpp"
#include "conclave/recipes_core/mutex.hpp"
#include "run.hpp"

namespace conclave::recipes {

/// Makes handles from places.
struct HoldAccess {
  [[nodiscard]] static Hold make(std::shared_ptr<ClientLoop> loop, core::PlacePtr place);
  /// Of a hold that is not empty.
  [[nodiscard]] static const core::PlacePtr& place_of(const Hold& hold);
  [[nodiscard]] static const std::shared_ptr<ClientLoop>& loop_of(const Hold& hold);
};

/// Turns the outcome of taking a place into one of a handle, or of perhaps a handle.
template <class T>
auto to_hold(std::shared_ptr<ClientLoop> loop, std::function<void(Result<T>)> done) {
  return [loop = std::move(loop), done = std::move(done)](Result<core::PlacePtr> place) {
    if (!place) return done(fail(std::move(place.error())));
    if constexpr (std::is_same_v<T, Hold>) {
      done(HoldAccess::make(loop, std::move(*place)));
    } else {
      T held;
      if (*place) held.emplace(HoldAccess::make(loop, std::move(*place)));
      done(std::move(held));
    }
  };
}

[[nodiscard]] std::vector<Holder> holders_of(const std::vector<core::Seat>& seats);

}  // namespace conclave::recipes
