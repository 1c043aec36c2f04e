#include "recipes/recipe_oracle.hpp"

#include "core/trace.hpp"

namespace conclave::sim {

void RecipeOracle::acquired(const std::string& thing, std::uint64_t capacity, Endpoint client, const recipes::core::PlacePtr& place,
                            std::uint64_t weight) {
  ++acquisitions_;
  auto& beliefs = beliefs_[thing];
  std::uint64_t held = weight;
  std::string who;
  std::erase_if(beliefs, [](const Belief& belief) { return belief.place.expired(); });
  for (const Belief& belief : beliefs) {
    const auto other = belief.place.lock();
    if (!other || !other->is_kept()) continue;
    held += belief.weight;
    who += " " + std::to_string(belief.client) + " (token " + to_string(other->token()) + ")";
  }
  require(held <= capacity, [&] {
    return "client " + std::to_string(client) + " has " + thing + " with token " + to_string(place->token()) +
           " while these still believe to have it:" + who;
  });
  beliefs.push_back({client, place, weight});
}

std::shared_ptr<bool> RecipeOracle::held_after_delay(const std::string& thing, Duration delay, Endpoint client,
                                                     std::function<Duration()> since_lost) {
  for (const Delayed& before : delayed_[thing]) {
    if (*before.given_back) continue;
    const Duration since = before.since_lost();
    require(since >= delay, [&] {
      return "client " + std::to_string(client) + " has " + thing + " " + std::to_string(since.count()) + " ns after client " +
             std::to_string(before.client) + " lost it, which is less than the lock delay";
    });
  }
  const auto given_back = std::make_shared<bool>(false);
  delayed_[thing] = {Delayed{client, std::move(since_lost), given_back}};
  return given_back;
}

void RecipeOracle::guarded(const std::string& thing, Revision at, Revision token) { tokens_[thing][at] = token; }

void RecipeOracle::judge() const {
  for (const auto& [thing, writes] : tokens_) {
    Revision last;
    for (const auto& [at, token] : writes) {
      require(token >= last, [&] {
        return "a write at revision " + to_string(at) + " under token " + to_string(token) + " of " + thing +
               " comes after one under " + to_string(last);
      });
      last = token;
    }
  }
}

}  // namespace conclave::sim
