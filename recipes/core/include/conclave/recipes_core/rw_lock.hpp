#pragma once

#include <string>
#include <utility>

#include "conclave/recipes_core/queue.hpp"

namespace conclave::recipes::core {

/// Readers and writers in one line: a writer waits for everybody before it, a reader for the writers before it.
/// conclave/recipes/rw_lock.hpp tells what it promises. A value: its calls outlive it.
class RwLock {
 public:
  RwLock(HubPtr hub, KeeperOptions keeper, std::string directory, std::string note)
      : hub_(std::move(hub)), keeper_(std::move(keeper)), directory_(std::move(directory)), note_(std::move(note)) {}

  [[nodiscard]] Task<Result<PlacePtr>> lock(Call call) const {
    return take_turn(hub_, keeper_, writers(), record(), true, std::move(call));
  }
  [[nodiscard]] Task<Result<PlacePtr>> lock_shared(Call call) const {
    return take_turn(hub_, keeper_, readers(), record(), true, std::move(call));
  }
  [[nodiscard]] Task<Result<PlacePtr>> try_lock(Call call) const {
    return take_if_free(hub_, keeper_, writers(), record(), std::move(call));
  }
  [[nodiscard]] Task<Result<PlacePtr>> try_lock_shared(Call call) const {
    return take_if_free(hub_, keeper_, readers(), record(), std::move(call));
  }
  [[nodiscard]] Task<Result<std::vector<Seat>>> seats(Call call) const { return seats_under(hub_, directory_, std::move(call)); }
  [[nodiscard]] std::string writers_directory() const { return directory_ + "w/"; }

 private:
  [[nodiscard]] Queue writers() const { return {writers_directory(), directory_}; }
  [[nodiscard]] Queue readers() const { return {directory_ + "r/", writers_directory()}; }
  [[nodiscard]] Record record() const { return {keeper_.owner, note_, hub_->store().wall_millis(), 1, {}}; }

  HubPtr hub_;
  KeeperOptions keeper_;
  std::string directory_;
  std::string note_;
};

}  // namespace conclave::recipes::core
