#include "conclave/recipes_core/discovery.hpp"

#include <utility>

namespace conclave::recipes::core {

std::vector<Instance> instances_in(const KeyMap& keys, const std::string& directory) {
  std::vector<Instance> instances;
  for (auto it = keys.lower_bound(directory); it != keys.end() && it->first.starts_with(directory); ++it)
    if (auto record = service_from_json(it->second.value))
      instances.push_back({it->first.substr(directory.size()), std::move(*record), it->second.create_revision});
  return instances;
}

/// Everybody gains its weight; the richest is chosen and pays the sum of all. Those that are no choice any more lose their credit.
std::size_t TurnPicker::next(const std::vector<const Instance*>& choices) {
  std::map<std::string, std::int64_t> credit;
  std::int64_t sum = 0;
  std::size_t best = choices.size();
  for (std::size_t at = 0; at < choices.size(); ++at) {
    const auto weight = weighted_ ? static_cast<std::int64_t>(choices[at]->record.weight) : 1;
    if (weight == 0) continue;
    const auto before = credit_.find(choices[at]->id);
    const std::int64_t now = (before == credit_.end() ? 0 : before->second) + weight;
    credit[choices[at]->id] = now;
    sum += weight;
    if (best == choices.size() || now > credit[choices[best]->id]) best = at;
  }
  if (best != choices.size()) credit[choices[best]->id] -= sum;
  credit_ = std::move(credit);
  return best;
}

}  // namespace conclave::recipes::core
