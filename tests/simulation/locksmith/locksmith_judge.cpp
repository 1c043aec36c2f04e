#include "locksmith/locksmith_judge.hpp"

#include <optional>

#include "conclave/locksmith_core/policy.hpp"
#include "conclave/locksmith_core/records.hpp"
#include "conclave/recipes_core/names.hpp"

namespace conclave::sim {

using namespace conclave::locksmith;

namespace {

struct Slot {
  Claim claim;
  Revision token;
};

/// The group as it is after each revision.
struct State {
  std::string budget;
  Policy policy;
  bool resting = false;
  std::set<std::string> known;
  std::map<std::string, Slot> slots;

  void apply(const test::WatchedEvent& event, Revision at) {
    const auto in = [&](std::string_view part) { return event.key.starts_with(budget + "//" + std::string(part)); };
    if (event.key == budget && !event.deleted) policy = parse_policy(event.row.value).value_or(Policy{});
    if (event.key == budget + "//rest") resting = !event.deleted;
    if (in("known/") && !event.deleted) known.insert(event.key);
    if (in("known/") && event.deleted) known.erase(event.key);
    if (in("slot/") && event.is_create()) slots[event.key] = {claim_from_json(event.row.value), at};
    if (in("slot/") && event.deleted) slots.erase(event.key);
  }
};

void judge_given(const State& before, const State& after, const std::string& key, Revision at) {
  const std::string where = "at revision " + to_string(at) + " " + after.slots.at(key).claim.machine + " gets " + key;
  const std::uint64_t slots = before.policy.effective_slots(before.known.size());
  require(after.slots.size() <= slots,
          [&] { return where + ", the " + std::to_string(after.slots.size()) + "th of " + std::to_string(slots) + " slots"; });
  require(!before.policy.paused, [&] { return where + " while the group is paused"; });
  require(!before.resting, [&] { return where + " while the group rests"; });
  std::set<std::string> machines;
  for (const auto& [slot, value] : after.slots)
    require(machines.insert(value.claim.machine).second, [&] { return where + " and has another"; });
}

void judge_entry(const State& before, const Entry& entry, Revision at, const std::map<std::string, SimMachine*>& machines) {
  if (entry.deed != Deed::released && entry.deed != Deed::returned) return;
  if (entry.detail == "the answer was lost") return;
  const SimMachine& machine = *machines.at(entry.machine);
  const auto& allowed = entry.deed == Deed::released ? machine.releasing : machine.returning;
  for (const auto& [key, slot] : before.slots)
    if (slot.claim.machine == entry.machine)
      require(allowed.contains(slot.token), [&] {
        return "at revision " + to_string(at) + " " + entry.machine + " " + std::string(name_of(entry.deed)) + " its slot unasked";
      });
}

}  // namespace

void judge_locksmith(const StoreOracle& store, const std::string& group, const std::map<std::string, SimMachine*>& machines) {
  State state;
  state.budget = recipes::core::key_of(recipes::core::kind::reboot, group);
  for (const auto& batch : store.reference()) {
    const State before = state;
    for (const auto& event : batch.events) state.apply(event, batch.revision);
    for (const auto& event : batch.events) {
      if (event.deleted) continue;
      if (event.is_create() && event.key.starts_with(state.budget + "//slot/"))
        judge_given(before, state, event.key, batch.revision);
      if (!event.key.starts_with(state.budget + "//history/")) continue;
      if (const auto entry = entry_from_json(event.row.value)) judge_entry(before, *entry, batch.revision, machines);
    }
  }
}

}  // namespace conclave::sim
