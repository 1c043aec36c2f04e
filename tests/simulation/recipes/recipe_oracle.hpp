#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "conclave/recipes_core/place.hpp"
#include "core/network.hpp"

namespace conclave::sim {

/// Sees who believes to hold what, at every moment by the believer's own clock, and which guarded writes were accepted. Functions
/// throw Violation with the rule that does not hold.
class RecipeOracle {
 public:
  /// `client` was told that it has `weight` of the `capacity` that there is of `thing` now. Nobody else may still believe so much
  /// that it does not fit: whoever lost it must have been due to know before.
  void acquired(const std::string& thing, std::uint64_t capacity, Endpoint client, const recipes::core::PlacePtr& place,
                std::uint64_t weight = 1);
  /// A write under the guard of `thing`'s holder with `token` was accepted at `at`.
  void guarded(const std::string& thing, Revision at, Revision token);
  /// `client` has `thing` now, which has a lock delay: everybody who had it before and did not give it back must have lost it that
  /// long ago. `since_lost`: how long ago this holder lost it, by its own clock. The caller sets what it gets when the thing was
  /// given back.
  std::shared_ptr<bool> held_after_delay(const std::string& thing, Duration delay, Endpoint client,
                                         std::function<Duration()> since_lost);
  /// At the end of a world: the tokens of accepted writes never go back.
  void judge() const;
  [[nodiscard]] std::uint64_t acquisitions() const { return acquisitions_; }

 private:
  struct Belief {
    Endpoint client = 0;
    std::weak_ptr<recipes::core::Place> place;
    std::uint64_t weight = 1;
  };
  struct Delayed {
    Endpoint client = 0;
    std::function<Duration()> since_lost;
    std::shared_ptr<bool> given_back;
  };
  std::map<std::string, std::vector<Delayed>> delayed_;
  std::map<std::string, std::vector<Belief>> beliefs_;
  std::map<std::string, std::map<Revision, Revision>> tokens_;
  std::uint64_t acquisitions_ = 0;
};

}  // namespace conclave::sim
