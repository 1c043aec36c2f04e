#include "key_model.hpp"

#include <algorithm>

namespace conclave::test {

void KeyModel::learn(const Action& action) {
  const auto add = [this](const std::string& key) { slots_.try_emplace(key, slots_.size()); };
  for (const auto& condition : action.conditions) add(condition.key);
  for (const auto& change : action.changes) add(change.key);
  for (const auto& change : action.otherwise) add(change.key);
  for (const auto& key : action.reads) add(key);
}

std::vector<KeyModel::State> KeyModel::after(const Operation& operation, const State& state) {
  Truth all = Truth::yes;
  for (const auto& condition : operation.action.conditions) all = std::min(all, holds(condition, state));
  const bool told = operation.outcome == Outcome::ok;
  std::vector<State> states;
  if (all != Truth::no && (!told || operation.answer.succeeded)) {
    State held = state;
    bind(operation.action.conditions, held);
    finish(operation, true, std::move(held), states);
  }
  if (all != Truth::yes && (!told || !operation.answer.succeeded)) finish(operation, false, state, states);
  return states;
}

void KeyModel::finish(const Operation& operation, bool held, State state, std::vector<State>& states) {
  if (!change(held ? operation.action.changes : operation.action.otherwise, operation, state)) return;
  if (operation.outcome == Outcome::ok && !read(operation, state)) return;
  states.push_back(std::move(state));
}

KeyModel::Truth KeyModel::holds(const Condition& condition, const State& state) {
  const Slot& slot = state.slots[slot_of(condition.key)];
  if (const auto* value = std::get_if<1>(&condition.equals)) return slot.value == number_of(*value) ? Truth::yes : Truth::no;
  const std::uint64_t mod = std::get<Revision>(condition.equals).value();
  if (slot.value == 0 || mod == 0) return (slot.value == 0) == (mod == 0) ? Truth::yes : Truth::no;
  if (slot.mod == 0) return Truth::maybe;
  return slot.mod == mod ? Truth::yes : Truth::no;
}

// The conditions held: what they said about mod revisions is known from now on.
void KeyModel::bind(const std::vector<Condition>& conditions, State& state) const {
  for (const auto& condition : conditions) {
    if (const auto* mod = std::get_if<Revision>(&condition.equals)) state.slots[slot_of(condition.key)].mod = mod->value();
  }
}

bool KeyModel::change(const std::vector<Change>& changes, const Operation& operation, State& state) {
  const std::uint64_t revision = operation.outcome == Outcome::ok ? operation.answer.revision.value() : 0;
  bool changed = false;
  for (const auto& change : changes) {
    Slot& slot = state.slots[slot_of(change.key)];
    if (std::holds_alternative<Erase>(change.what)) {
      changed = changed || slot.value != 0;
      slot = {};
      continue;
    }
    std::optional<std::string> value;
    if (const auto* set = std::get_if<Set>(&change.what)) value = set->value;
    if (const auto* add = std::get_if<Add>(&change.what)) {
      const auto number = number_in(value_of(slot.value));
      if (!number) return false;
      value = std::to_string(*number + add->by);
    }
    slot = {number_of(value), revision};
    changed = true;
  }
  if (!changed || revision == 0) return true;
  if (revision <= state.last_write) return false;  // a later write has a greater revision
  state.last_write = revision;
  return true;
}

bool KeyModel::read(const Operation& operation, State& state) {
  for (std::size_t i = 0; i < operation.action.reads.size(); ++i) {
    const SeenRow& row = operation.answer.rows[i];
    Slot& slot = state.slots[slot_of(operation.action.reads[i])];
    if (slot.value != number_of(row.value)) return false;
    if (row.mod.is_zero() || slot.value == 0) continue;
    if (slot.mod != 0 && slot.mod != row.mod.value()) return false;
    slot.mod = row.mod.value();
  }
  return true;
}

std::uint32_t KeyModel::number_of(const std::optional<std::string>& value) {
  if (!value) return 0;
  const auto [place, fresh] = numbers_.try_emplace(*value, static_cast<std::uint32_t>(values_.size() + 1));
  if (fresh) values_.push_back(*value);
  return place->second;
}

std::optional<std::string> KeyModel::value_of(std::uint32_t number) const {
  if (number == 0) return std::nullopt;
  return values_[number - 1];
}

std::string KeyModel::describe(const State& state) const {
  std::string text;
  for (const auto& [key, slot] : slots_) {
    const Slot& now = state.slots[slot];
    text += (text.empty() ? "" : ", ") + key + " is " + test::describe(SeenRow{value_of(now.value), Revision(now.mod)});
  }
  return text;
}

}  // namespace conclave::test
