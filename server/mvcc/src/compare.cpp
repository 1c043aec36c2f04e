#include "compare.hpp"

#include "key_select.hpp"

namespace conclave::mvcc {
namespace {

template <class T>
bool related(const T& have, CompareRelation relation, const T& want) {
  switch (relation) {
    case CompareRelation::equal: return have == want;
    case CompareRelation::not_equal: return have != want;
    case CompareRelation::less: return have < want;
    case CompareRelation::greater: return have > want;
  }
  return false;
}

/// `kv` null: a missing key.
bool holds_for(const Compare& compare, const KeyValue* kv) {
  const auto number = [&](std::uint64_t have) { return related(have, compare.relation, compare.number); };
  switch (compare.target) {
    case CompareTarget::version: return number(kv != nullptr ? kv->version() : 0);
    case CompareTarget::create: return number(kv != nullptr ? kv->create_revision().value() : 0);
    case CompareTarget::mod: return number(kv != nullptr ? kv->mod_revision().value() : 0);
    case CompareTarget::lease: return number(kv != nullptr ? kv->lease().value() : 0);
    case CompareTarget::existence: return number(kv != nullptr ? 1 : 0);
    case CompareTarget::value: return kv != nullptr && related(kv->value(), compare.relation, compare.value);
  }
  return false;
}

}  // namespace

Result<bool> holds(const Compare& compare, const KeyIndex& keys, ReadBudget& budget) {
  KeyIndex::Position place = keys.lower_bound(compare.keys.begin);
  const auto selected = [&] { return !keys.at_end(place) && !past_selection(compare.keys, keys.at(place)->key()); };
  if (!selected()) return holds_for(compare, nullptr);
  for (; selected(); place = keys.next(place)) {
    if (!budget.scan()) return budget.too_many_scans();
    if (!holds_for(compare, keys.at(place).get())) return false;
  }
  return true;
}

Result<bool> all_hold(std::span<const Compare> compares, const KeyIndex& keys, ReadBudget& budget) {
  for (const Compare& compare : compares) {
    const Result<bool> result = holds(compare, keys, budget);
    if (!result.has_value()) return fail(result.error());
    if (!*result) return false;
  }
  return true;
}

}  // namespace conclave::mvcc
