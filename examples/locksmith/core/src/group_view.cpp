#include "conclave/locksmith_core/group_view.hpp"

#include <algorithm>
#include <array>

#include "mutants.hpp"

namespace conclave::locksmith {
namespace {

template <class Rows>
auto* find_in(Rows& rows, std::string_view id, auto name) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return name(row) == id; });
  return found == rows.end() ? nullptr : &*found;
}

std::uint64_t lost_machines(const GroupView& view) {
  return view.unknown_lost +
         static_cast<std::uint64_t>(std::count_if(view.machines.begin(), view.machines.end(),
                                                  [](const MachineView& machine) { return machine.was_auto_released; }));
}

std::string shown(const Claim& claim) { return claim.host.empty() ? claim.machine : claim.host; }

std::string holders_text(const GroupView& view) {
  constexpr std::size_t shown_max = 3;
  std::string text;
  for (std::size_t i = 0; i < view.slots.size() && i < shown_max; ++i) text += (i == 0 ? "" : ", ") + shown(view.slots[i].claim);
  if (view.slots.size() > shown_max) text += " and " + std::to_string(view.slots.size() - shown_max) + " more";
  return text;
}

std::optional<std::uint64_t> free_number(const GroupView& view, std::uint64_t slots) {
  for (std::uint64_t number = 0; number < slots; ++number) {
    const auto is_this = [&](const SlotView& slot) { return slot.number == number; };
    if (std::none_of(view.slots.begin(), view.slots.end(), is_this)) return number;
  }
  return std::nullopt;
}

/// How many come before, with the place `key` or at the end.
std::size_t rank(const GroupView& view, std::string_view key) {
  const auto order = queue_order(view);
  const auto found = std::find_if(order.begin(), order.end(), [&](const WaiterView& waiter) { return waiter.key == key; });
  return static_cast<std::size_t>(found - order.begin());
}

}  // namespace

const SlotView* slot_of(const GroupView& view, std::string_view machine) {
  return find_in(view.slots, machine, [](const SlotView& slot) { return std::string_view(slot.claim.machine); });
}
const MachineView* machine_of(const GroupView& view, std::string_view machine) {
  return find_in(view.machines, machine, [](const MachineView& row) { return std::string_view(row.id); });
}

std::uint64_t effective_slots(const GroupView& view) { return view.policy.effective_slots(view.machines.size()); }

std::uint64_t over_committed(const GroupView& view) {
  const std::uint64_t slots = effective_slots(view);
  return view.slots.size() > slots ? view.slots.size() - slots : 0;
}

std::uint64_t unhealthy_machines(const GroupView& view, WallMillis now) {
  std::uint64_t count = 0;
  for (const MachineView& machine : view.machines) {
    if (machine.is_healthy()) continue;
    const SlotView* const slot = slot_of(view, machine.id);
    if (slot == nullptr || is_overdue(*slot, now)) ++count;
  }
  return count;
}

bool is_overdue(const SlotView& slot, WallMillis now) { return slot.claim.deadline != 0 && slot.claim.deadline < now; }

std::vector<WaiterView> queue_order(const GroupView& view) {
  std::vector<WaiterView> order = view.waiters;
  std::stable_sort(order.begin(), order.end(), [&](const WaiterView& a, const WaiterView& b) {
    if (view.policy.order == Order::priority && a.claim.priority != b.claim.priority) return a.claim.priority > b.claim.priority;
    return a.since < b.since;
  });
  return order;
}

std::string_view name_of(GroupState state) {
  static constexpr std::array<std::string_view, 6> names{"open", "broken", "paused", "frozen", "full", "resting"};
  return names[static_cast<std::size_t>(state)];
}

GroupState state_of(const GroupView& view, WallMillis now) {
  if (view.broken) return GroupState::broken;
  if (view.policy.paused) return GroupState::paused;
  const auto& limit = view.policy.unhealthy_max;
  if (limit && unhealthy_machines(view, now) > limit->of(view.machines.size())) return GroupState::frozen;
  const std::uint64_t slots = effective_slots(view) + (mutants::one_slot_too_many ? 1 : 0);
  if (view.slots.size() >= slots) return GroupState::full;
  if (view.is_resting) return GroupState::resting;
  return GroupState::open;
}

std::string explain(const GroupView& view, WallMillis now) {
  switch (state_of(view, now)) {
    case GroupState::open: return "slots are free";
    case GroupState::broken: return "the group's record cannot be read: " + *view.broken;
    case GroupState::paused:
      return "the group is paused" + (view.policy.paused_by.empty() ? std::string() : " by " + view.policy.paused_by);
    case GroupState::frozen: {
      const std::uint64_t unhealthy = unhealthy_machines(view, now);
      return std::to_string(unhealthy) + (unhealthy == 1 ? " machine is" : " machines are") + " unhealthy; at most " +
             amount_text(*view.policy.unhealthy_max) + " may be";
    }
    case GroupState::full:
      return std::to_string(view.slots.size()) + " of " + std::to_string(effective_slots(view)) + " slots are taken" +
             (view.slots.empty() ? std::string() : ", by " + holders_text(view));
    case GroupState::resting: return "the last slot was given a short while ago";
  }
  return {};
}

Verdict judge(const GroupView& view, std::string_view waiter_key, WallMillis now) {
  if (state_of(view, now) != GroupState::open) return {std::nullopt, explain(view, now)};
  const std::uint64_t slots = effective_slots(view) + (mutants::one_slot_too_many ? 1 : 0);
  const std::size_t ahead = rank(view, waiter_key);
  const std::uint64_t free = view.policy.spacing.count() > 0 ? 1 : slots - view.slots.size();  // after each the group rests
  if (ahead >= free) return {std::nullopt, std::to_string(ahead) + " machines come before"};
  return {free_number(view, slots), {}};
}

const SlotView* due_for_auto_release(const GroupView& view) {
  if (view.broken || !view.policy.auto_release || lost_machines(view) >= view.policy.auto_release->down_max) return nullptr;
  for (const SlotView& slot : view.slots) {
    const MachineView* const machine = machine_of(view, slot.claim.machine);
    // Who is heard is not away, however unwell: what ails it would ail the next one, too, and it would not count as lost.
    if (slot.is_past_auto_release && (machine == nullptr || !machine->presence)) return &slot;
  }
  return nullptr;
}

}  // namespace conclave::locksmith
