#include "conclave/locksmith_report/render.hpp"

#include <algorithm>

#include "conclave/locksmith_report/text.hpp"

namespace conclave::locksmith::report {
namespace {

constexpr std::size_t boot_shown = 8;
constexpr std::size_t id_width_min = 12;
constexpr std::size_t text_width_min = 8;

std::string age_text(std::int64_t since_ms, std::int64_t now_ms) { return span_text(now_ms - since_ms); }

/// Reads as a sentence's part: "opens in 3h 12m".
std::string change_text(const char* verb, const WindowView& window, std::int64_t now_ms) {
  if (!window.changes_ms) return window.open ? "never closes" : "never opens";
  return std::string(verb) + " in " + span_text(*window.changes_ms - now_ms) + " (" + time_text(*window.changes_ms) + ")";
}

std::string paused_text(const PauseView& pause, std::int64_t now_ms) {
  std::string text = "paused";
  if (pause.since_ms != 0) text += " for " + age_text(pause.since_ms, now_ms);
  if (!pause.by.empty()) text += " by " + pause.by;
  if (!pause.reason.empty()) text += ": " + pause.reason;
  return text;
}

std::string label(std::string_view name, const Look& look) {
  constexpr std::size_t width = 11;  // "Available: "
  std::string text(name);
  text += ':';
  return toned(text, Tone::faint, look) + std::string(width - std::min(width, text.size()), ' ');
}

std::string line(std::string_view name, const std::string& value, Tone tone, const Look& look) {
  return label(name, look) + toned(clean(value, look.unicode), tone, look) + "\n";
}

std::string slots_text(const GroupView& group) {
  std::string text = std::to_string(group.slots);
  if (!group.slots_rule.empty()) text += " (" + group.slots_rule + " of " + count_text(group.machines, "machine") + ")";
  return text;
}

Cell due_cell(const HolderView& holder, std::int64_t now_ms) {
  if (!holder.deadline_ms) return {"-", Tone::faint};
  if (holder.overdue(now_ms)) return {"OVERDUE " + span_text(now_ms - *holder.deadline_ms), Tone::bad};
  return {"in " + span_text(*holder.deadline_ms - now_ms), Tone::plain};
}

Cell machine_cell(const std::string& machine, bool own) { return {machine, own ? Tone::strong : Tone::plain}; }
Cell or_dash(const std::string& text, Tone tone = Tone::plain) { return text.empty() ? Cell("-", Tone::faint) : Cell(text, tone); }

std::string holders_text(const GroupView& group, std::int64_t now_ms, const Look& look) {
  if (group.holders.empty()) return "No machine holds a slot.\n";
  const std::vector<Column> columns = {
      {"MACHINE ID", 0, id_width_min}, {"HOST", 2, text_width_min}, {"STATE", 5}, {"DUE", 1}, {"AGE", 3}, {"SINCE", 6}, {"BOOT", 7},
      {"REASON", 4, text_width_min}};
  std::vector<std::vector<Cell>> rows;
  for (const HolderView& one : group.holders)
    rows.push_back({machine_cell(one.machine, one.own), or_dash(one.host), or_dash(one.state), due_cell(one, now_ms),
                    age_text(one.since_ms, now_ms), time_text(one.since_ms), or_dash(one.boot.substr(0, boot_shown)),
                    or_dash(one.reason)});
  return table(columns, rows, look);
}

std::string queue_text(const GroupView& group, std::int64_t now_ms, const Look& look) {
  if (group.waiters.empty()) return "No machine waits.\n";
  const bool priorities =
      std::any_of(group.waiters.begin(), group.waiters.end(), [](const WaiterView& one) { return one.priority != 0; });
  std::vector<Column> columns = {
      {"TURN", 1, 0, true}, {"MACHINE ID", 0, id_width_min}, {"HOST", 2, text_width_min}, {"WAITING", 1}};
  if (priorities) columns.push_back({"PRIORITY", 3, 0, true});
  columns.push_back({"REASON", 4, text_width_min});
  std::vector<std::vector<Cell>> rows;
  for (const WaiterView& one : group.waiters) {
    std::vector<Cell> row = {std::to_string(rows.size() + 1), machine_cell(one.machine, one.own), or_dash(one.host),
                             age_text(one.since_ms, now_ms)};
    if (priorities) row.emplace_back(std::to_string(one.priority));
    row.push_back(or_dash(one.reason));
    rows.push_back(std::move(row));
  }
  return table(columns, rows, look);
}

std::string summary_text(const GroupView& group, std::int64_t now_ms, const Look& look) {
  std::string out = line("Group", group.name + (group.exists ? "" : " (nobody used it yet)"), Tone::strong, look);
  out += line("Available", std::to_string(group.free()), group.free() == 0 ? Tone::warning : Tone::good, look);
  out += line("Max", slots_text(group), Tone::plain, look);
  if (group.over_committed() > 0)
    out += line("Warning", "over-committed by " + std::to_string(group.over_committed()), Tone::bad, look);
  if (group.overdue(now_ms) > 0)
    out +=
        line("Warning",
             count_text(group.overdue(now_ms), "holder is overdue; see", "holders are overdue; see") + " locksmithctl help evict",
             Tone::bad, look);
  if (group.window)
    out += line("Window",
                group.window->open ? "open, " + change_text("closes", *group.window, now_ms)
                                   : "closed, " + change_text("opens", *group.window, now_ms),
                group.window->open ? Tone::good : Tone::warning, look);
  if (group.paused) out += line("State", paused_text(*group.paused, now_ms), Tone::warning, look);
  if (!group.frozen.empty()) out += line("State", "frozen: " + group.frozen, Tone::bad, look);
  return out;
}

}  // namespace

std::uint64_t GroupView::overdue(std::int64_t now_ms) const {
  return static_cast<std::uint64_t>(
      std::count_if(holders.begin(), holders.end(), [&](const HolderView& one) { return one.overdue(now_ms); }));
}

std::string status_text(const GroupView& group, std::int64_t now_ms, const Look& look) {
  return summary_text(group, now_ms, look) + "\n" + holders_text(group, now_ms, look) + "\n" + queue_text(group, now_ms, look);
}

std::string hindrance(const GroupView& group, std::int64_t now_ms) {
  if (group.paused) return "the group is " + paused_text(*group.paused, now_ms);
  if (!group.frozen.empty()) return "the group is frozen: " + group.frozen;
  if (group.over_committed() > 0)
    return "the group is over-committed by " + std::to_string(group.over_committed()) + ": " +
           count_text(group.holders.size(), "machine holds", "machines hold") + " " + count_text(group.slots, "slot");
  if (group.slots == 0) return "the group has no slots";
  if (group.free() == 0) return "all " + count_text(group.slots, "slot is held", "slots are held");
  if (!group.waiters.empty()) return count_text(group.waiters.size(), "machine is", "machines are") + " waiting for a slot already";
  return {};
}

std::string groups_text(const std::vector<GroupView>& groups, std::int64_t now_ms, const Look& look) {
  if (groups.empty()) return "There are no groups yet.\n";
  const std::vector<Column> columns = {{"GROUP", 0, id_width_min}, {"AVAILABLE", 1, 0, true},   {"MAX", 0, 0, true},
                                       {"HELD", 0, 0, true},       {"WAITING", 2, 0, true},     {"OVERDUE", 1, 0, true},
                                       {"MACHINES", 3, 0, true},   {"STATE", 4, text_width_min}};
  std::vector<std::vector<Cell>> rows;
  for (const GroupView& group : groups) {
    std::vector<std::string> states;
    if (group.paused) states.push_back("paused");
    if (!group.frozen.empty()) states.push_back("frozen");
    if (group.over_committed() > 0) states.push_back("over-committed by " + std::to_string(group.over_committed()));
    if (group.window && !group.window->open) states.push_back("window closed");
    std::string state;
    for (const std::string& one : states) state += (state.empty() ? "" : ", ") + one;
    const std::uint64_t overdue = group.overdue(now_ms);
    rows.push_back({Cell(group.name, Tone::strong), std::to_string(group.free()), std::to_string(group.slots),
                    std::to_string(group.holders.size()), std::to_string(group.waiters.size()),
                    Cell(std::to_string(overdue), overdue > 0 ? Tone::bad : Tone::plain), std::to_string(group.machines),
                    state.empty() ? Cell("open", Tone::good) : Cell(state, Tone::warning)});
  }
  return table(columns, rows, look);
}

std::string history_text(const std::vector<HistoryView>& history, const Look& look) {
  if (history.empty()) return "There is no history yet.\n";
  const std::vector<Column> columns = {{"TIME", 1},
                                       {"EVENT", 0},
                                       {"MACHINE ID", 0, id_width_min},
                                       {"HOST", 2, text_width_min},
                                       {"BY", 5, text_width_min},
                                       {"REVISION", 6, 0, true},
                                       {"DETAIL", 3, text_width_min}};
  std::vector<std::vector<Cell>> rows;
  for (const HistoryView& one : history)
    rows.push_back({time_text(one.at_ms), Cell(one.event, one.event == "evicted" ? Tone::warning : Tone::plain),
                    or_dash(one.machine), or_dash(one.host), or_dash(one.by), std::to_string(one.revision), or_dash(one.detail)});
  return table(columns, rows, look);
}

std::string machines_text(const std::vector<MachineView>& machines, std::int64_t now_ms, const Look& look) {
  if (machines.empty()) return "No machine is known in this group.\n";
  const std::vector<Column> columns = {{"MACHINE ID", 0, id_width_min},
                                       {"HOST", 1, text_width_min},
                                       {"STATE", 0},
                                       {"HEALTH", 1},
                                       {"REBOOT", 2},
                                       {"SEEN", 3},
                                       {"BOOT", 5},
                                       {"DETAIL", 4, text_width_min}};
  std::vector<std::vector<Cell>> rows;
  for (const MachineView& one : machines)
    rows.push_back({Cell(one.machine), or_dash(one.host), or_dash(one.state),
                    one.healthy ? Cell("ok", Tone::good) : Cell("unhealthy", Tone::bad),
                    one.needs_reboot ? Cell("needed", Tone::warning) : Cell("-", Tone::faint),
                    one.seen_ms == 0 ? Cell("-", Tone::faint) : Cell(age_text(one.seen_ms, now_ms) + " ago"),
                    or_dash(one.boot.substr(0, boot_shown)), or_dash(one.detail)});
  return table(columns, rows, look);
}

std::string settings_text(const Settings& settings, const Look& look) {
  std::size_t width = 0;
  for (const auto& [name, value] : settings) width = std::max(width, width_of(clean(name, look.unicode)));
  std::string out;
  for (const auto& [name, value] : settings) {
    const std::string shown = clean(name, look.unicode);
    out += toned(shown, Tone::faint, look) + std::string(width - width_of(shown) + 2, ' ') + clean(value, look.unicode) + "\n";
  }
  return out;
}

}  // namespace conclave::locksmith::report
