#include "conclave/locksmith_report/render.hpp"

#include <algorithm>

#include "conclave/locksmith_report/text.hpp"

namespace conclave::locksmith::report {
namespace {

constexpr std::size_t boot_shown = 8;
constexpr std::size_t id_width_min = 12;
constexpr std::size_t text_width_min = 8;

std::string line(std::string_view name, const std::string& value, Tone tone, const Look& look) {
  constexpr std::size_t width = 11;  // "Available: "
  std::string label(name);
  label += ':';
  const std::size_t fill = width - std::min(width, label.size());
  return toned(std::move(label), Tone::faint, look) + std::string(fill, ' ') + toned(clean(value, look.unicode), tone, look) + "\n";
}

std::string slots_text(const GroupView& group) {
  const std::string number = std::to_string(effective_slots(group));
  if (group.policy.slots.kind == Amount::Kind::absolute) return number;
  return number + " (" + amount_text(group.policy.slots) + " of " + count_text(group.machines.size(), "machine") + ")";
}

std::string window_text(const Policy& policy, const Viewer& viewer, bool open) {
  const auto changes = window_changes(policy, viewer);
  std::string text = open ? "open, " : "closed, ";
  if (!changes) return text + (open ? "does not close" : "does not open") + " in the next days";
  return text + (open ? "closes in " : "opens in ") + span_text(*changes - viewer.now) + " (" + time_text(*changes) + ")";
}

Cell or_dash(const std::string& text, Tone tone = Tone::plain) { return text.empty() ? Cell("-", Tone::faint) : Cell(text, tone); }
Cell machine_cell(const std::string& machine, const Viewer& viewer) {
  return or_dash(machine, machine == viewer.machine ? Tone::strong : Tone::plain);
}
Cell age_cell(WallMillis since, WallMillis now) { return since == 0 ? or_dash({}) : Cell(span_text(now - since)); }

Cell due_cell(const SlotView& slot, WallMillis now) {
  if (slot.claim.deadline == 0) return or_dash({});
  if (is_overdue(slot, now)) return {"OVERDUE " + span_text(now - slot.claim.deadline), Tone::bad};
  return {"in " + span_text(slot.claim.deadline - now)};
}

std::string holders_text(const GroupView& group, const Viewer& viewer, const Look& look) {
  if (group.slots.empty()) return "No machine holds a slot.\n";
  const std::vector<Column> columns = {
      {"MACHINE ID", 0, id_width_min}, {"HOST", 2, text_width_min}, {"STATE", 5}, {"DUE", 1}, {"AGE", 3}, {"SINCE", 6}, {"BOOT", 7},
      {"REASON", 4, text_width_min}};
  std::vector<std::vector<Cell>> rows;
  for (const SlotView& slot : group.slots) {
    const Claim& claim = slot.claim;
    const std::string state = state_text(group, claim.machine);
    rows.push_back({machine_cell(claim.machine, viewer), or_dash(claim.host),
                    or_dash(state, state == "away" ? Tone::warning : Tone::plain), due_cell(slot, viewer.now),
                    age_cell(claim.at, viewer.now), or_dash(claim.at == 0 ? "" : time_text(claim.at)),
                    or_dash(claim.boot.substr(0, boot_shown)), or_dash(claim.reason)});
  }
  return table(columns, rows, look);
}

std::string queue_text(const GroupView& group, const Viewer& viewer, const Look& look) {
  if (group.waiters.empty()) return "No machine waits.\n";
  const std::vector<WaiterView> queue = queue_order(group);
  const bool priorities = std::any_of(queue.begin(), queue.end(), [](const WaiterView& one) { return one.claim.priority != 0; });
  std::vector<Column> columns = {
      {"TURN", 1, 0, true}, {"MACHINE ID", 0, id_width_min}, {"HOST", 2, text_width_min}, {"WAITING", 1}};
  if (priorities) columns.push_back({"PRIORITY", 3, 0, true});
  columns.push_back({"REASON", 4, text_width_min});
  std::vector<std::vector<Cell>> rows;
  for (const WaiterView& one : queue) {
    std::vector<Cell> row = {std::to_string(rows.size() + 1), machine_cell(one.claim.machine, viewer), or_dash(one.claim.host),
                             age_cell(one.claim.at, viewer.now)};
    if (priorities) row.emplace_back(std::to_string(one.claim.priority));
    row.push_back(or_dash(one.claim.reason));
    rows.push_back(std::move(row));
  }
  return table(columns, rows, look);
}

std::string warnings_text(const GroupView& group, const Viewer& viewer, const Look& look) {
  std::string out;
  if (over_committed(group) > 0)
    out += line("Warning", "over-committed by " + std::to_string(over_committed(group)), Tone::bad, look);
  if (const auto count = overdue(group, viewer.now); count > 0)
    out +=
        line("Warning", count_text(count, "holder is", "holders are") + " overdue; see locksmithctl help evict", Tone::bad, look);
  return out;
}

std::string summary_text(const GroupView& group, const Viewer& viewer, const Look& look) {
  const bool exists = group.policy_revision.value() != 0;
  const bool windows = !group.policy.windows.empty();
  const bool open = is_open(group.policy.windows, viewer.zone, viewer.now);
  const GroupState state = state_of(group, viewer.now);
  std::string out = line("Group", group.name + (exists ? "" : " (nobody used it yet)"), Tone::strong, look);
  out += line("Available", std::to_string(available(group)), available(group) == 0 ? Tone::warning : Tone::good, look);
  out += line("Max", slots_text(group), Tone::plain, look);
  out += warnings_text(group, viewer, look);
  if (windows) out += line("Window", window_text(group.policy, viewer, open), open ? Tone::good : Tone::warning, look);
  if (state != GroupState::open && state != GroupState::full)
    out += line("State", explain(group, viewer.now), state == GroupState::resting ? Tone::plain : Tone::bad, look);
  return out;
}

std::string state_of_group(const GroupView& group, const OffsetAt& zone, WallMillis now) {
  std::string text(name_of(state_of(group, now)));
  if (over_committed(group) > 0) text += ", over-committed by " + std::to_string(over_committed(group));
  if (!is_open(group.policy.windows, zone, now)) text += ", window closed";
  return text;
}

}  // namespace

std::uint64_t available(const GroupView& group) {
  const std::uint64_t slots = effective_slots(group);
  return slots > group.slots.size() ? slots - group.slots.size() : 0;
}

std::uint64_t overdue(const GroupView& group, WallMillis now) {
  return static_cast<std::uint64_t>(
      std::count_if(group.slots.begin(), group.slots.end(), [&](const SlotView& slot) { return is_overdue(slot, now); }));
}

std::string state_text(const GroupView& group, std::string_view machine) {
  const MachineView* const row = machine_of(group, machine);
  if (row == nullptr) return {};
  return row->presence ? row->presence->state : "away";
}

std::optional<WallMillis> window_changes(const Policy& policy, const Viewer& viewer) {
  if (policy.windows.empty()) return std::nullopt;
  if (is_open(policy.windows, viewer.zone, viewer.now)) return closing(policy.windows, viewer.zone, viewer.now);
  return next_opening(policy.windows, viewer.zone, viewer.now);
}

std::string status_text(const GroupView& group, const Viewer& viewer, const Look& look) {
  return summary_text(group, viewer, look) + "\n" + holders_text(group, viewer, look) + "\n" + queue_text(group, viewer, look);
}

std::string groups_text(const std::vector<ZonedGroup>& groups, WallMillis now, const Look& look) {
  if (groups.empty()) return "There are no groups yet.\n";
  const std::vector<Column> columns = {{"GROUP", 0, id_width_min}, {"AVAILABLE", 1, 0, true},   {"MAX", 0, 0, true},
                                       {"HELD", 0, 0, true},       {"WAITING", 2, 0, true},     {"OVERDUE", 1, 0, true},
                                       {"MACHINES", 3, 0, true},   {"STATE", 4, text_width_min}};
  std::vector<std::vector<Cell>> rows;
  for (const auto& [group, zone] : groups) {
    const std::uint64_t late = overdue(group, now);
    const std::string state = state_of_group(group, zone, now);
    rows.push_back({Cell(group.name, Tone::strong), std::to_string(available(group)), std::to_string(effective_slots(group)),
                    std::to_string(group.slots.size()), std::to_string(group.waiters.size()),
                    Cell(std::to_string(late), late > 0 ? Tone::bad : Tone::plain), std::to_string(group.machines.size()),
                    Cell(state, state == "open" ? Tone::good : Tone::warning)});
  }
  return table(columns, rows, look);
}

std::string machines_text(const GroupView& group, const Viewer& viewer, const Look& look) {
  if (group.machines.empty()) return "No machine is known in this group.\n";
  const std::vector<Column> columns = {{"MACHINE ID", 0, id_width_min},
                                       {"HOST", 1, text_width_min},
                                       {"STATE", 0},
                                       {"FOR", 3},
                                       {"HEALTH", 1},
                                       {"REBOOT", 2},
                                       {"BOOT", 5},
                                       {"DETAIL", 4, text_width_min}};
  std::vector<std::vector<Cell>> rows;
  for (const MachineView& one : group.machines) {
    const Presence presence = one.presence.value_or(Presence{});
    const bool wished =
        std::any_of(group.wishes.begin(), group.wishes.end(), [&](const auto& wish) { return wish.machine == one.id; });
    const Cell health = !one.presence ? or_dash({}) : presence.healthy ? Cell("ok", Tone::good) : Cell("unhealthy", Tone::bad);
    rows.push_back({machine_cell(one.id, viewer), or_dash(one.host),
                    one.presence ? or_dash(presence.state) : Cell("away", Tone::warning), age_cell(presence.since, viewer.now),
                    health, wished ? Cell("wished", Tone::warning) : or_dash({}), or_dash(presence.boot.substr(0, boot_shown)),
                    one.was_auto_released ? Cell("lost its slot: it stayed away", Tone::warning) : or_dash(presence.detail)});
  }
  return table(columns, rows, look);
}

std::string history_text(const std::vector<Entry>& history, const Look& look) {
  if (history.empty()) return "There is no history yet.\n";
  const std::vector<Column> columns = {{"TIME", 1},
                                       {"EVENT", 0},
                                       {"MACHINE ID", 0, id_width_min},
                                       {"HOST", 2, text_width_min},
                                       {"BY", 5, text_width_min},
                                       {"DETAIL", 3, text_width_min}};
  std::vector<std::vector<Cell>> rows;
  for (const Entry& one : history) {
    const bool forced = one.deed == Deed::evicted || one.deed == Deed::auto_released;
    rows.push_back({time_text(one.at), Cell(std::string(name_of(one.deed)), forced ? Tone::warning : Tone::plain),
                    or_dash(one.machine), or_dash(one.host), or_dash(one.by), or_dash(one.detail)});
  }
  return table(columns, rows, look);
}

}  // namespace conclave::locksmith::report
