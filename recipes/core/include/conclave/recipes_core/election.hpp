#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "conclave/recipes_core/queue.hpp"

namespace conclave::recipes::core {

/// Candidates in a line; the first leads. conclave/recipes/election.hpp tells what it promises. A value: its calls outlive it.
class Election {
 public:
  /// Nobody leads: nothing. An error ends the observation.
  using OnLeader = std::function<void(const Result<std::optional<Seat>>&)>;

  Election(HubPtr hub, KeeperOptions keeper, std::string directory, std::string note)
      : hub_(std::move(hub)), keeper_(std::move(keeper)), directory_(std::move(directory)), note_(std::move(note)) {}

  [[nodiscard]] Task<Result<PlacePtr>> campaign(std::string value, Call call) const {
    return take_turn(hub_, keeper_, {directory_, directory_}, record(std::move(value)), true, std::move(call));
  }
  /// One guarded write of the leader's own key; owner and note stay.
  [[nodiscard]] static Task<Result<bool>> proclaim(PlacePtr place, std::string value, Call call);
  /// The same for who has a leader's guard, in any program: one read more. Errors: fenced; invalid_argument: the guard is of no
  /// candidate of this election.
  [[nodiscard]] Task<Result<bool>> proclaim_as(Guard leader, std::string value, Call call) const {
    return proclaim_by_guard(*this, std::move(leader), std::move(value), std::move(call));
  }
  [[nodiscard]] Task<Result<std::optional<Seat>>> leader(Call call) const { return leader_of(*this, std::move(call)); }
  /// Every leader and every proclamation in order, from the present one on, until `stop`.
  void observe(OnLeader on_leader, std::shared_ptr<Signal> stop) const {
    watch_leaders(*this, std::move(on_leader), std::move(stop));
  }

 private:
  [[nodiscard]] Record record(std::string value) const {
    return {keeper_.owner, note_, hub_->store().wall_millis(), 1, std::move(value)};
  }
  static Task<Result<bool>> proclaim_by_guard(Election self, Guard leader, std::string value, Call call);
  static Task<Result<std::optional<Seat>>> leader_of(Election self, Call call);
  static Detached watch_leaders(Election self, OnLeader on_leader, std::shared_ptr<Signal> stop);

  HubPtr hub_;
  KeeperOptions keeper_;
  std::string directory_;
  std::string note_;
};

}  // namespace conclave::recipes::core
