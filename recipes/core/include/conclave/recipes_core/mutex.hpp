#pragma once

#include <optional>
#include <string>
#include <vector>

#include "conclave/recipes_core/queue.hpp"

namespace conclave::recipes::core {

/// The queue of a mutex; conclave/recipes/mutex.hpp tells what it promises. A value: its calls outlive it.
class Mutex {
 public:
  /// `keeper.owner` is shown to others, beside the lease and in the queue.
  Mutex(HubPtr hub, KeeperOptions keeper, std::string directory, std::string note)
      : hub_(std::move(hub)), keeper_(std::move(keeper)), directory_(std::move(directory)), note_(std::move(note)) {}

  [[nodiscard]] Task<Result<PlacePtr>> lock(Call call) const {
    return take_turn(hub_, keeper_, queue(), record(), true, std::move(call));
  }
  /// Null if it is held or waited for; then nothing was written.
  [[nodiscard]] Task<Result<PlacePtr>> try_lock(Call call) const {
    return take_if_free(hub_, keeper_, queue(), record(), std::move(call));
  }
  [[nodiscard]] Task<Result<std::vector<Seat>>> seats(Call call) const { return seats_under(hub_, directory_, std::move(call)); }

 private:
  [[nodiscard]] Queue queue() const { return {directory_, directory_}; }
  [[nodiscard]] Record record() const { return {keeper_.owner, note_, hub_->store().wall_millis(), 1, {}}; }

  HubPtr hub_;
  KeeperOptions keeper_;
  std::string directory_;
  std::string note_;
};

}  // namespace conclave::recipes::core
