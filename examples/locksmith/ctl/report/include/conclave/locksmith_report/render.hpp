#pragma once

#include <string>
#include <vector>

#include "conclave/locksmith_report/table.hpp"
#include "conclave/locksmith_report/views.hpp"

/// The views as text for people. Each ends with a newline.
namespace conclave::locksmith::report {

/// A group's slots, holders and queue. Its first lines are those of locksmith 0.6: "Available: N", "Max: N", a list under "MACHINE
/// ID".
[[nodiscard]] std::string status_text(const GroupView& group, std::int64_t now_ms, const Look& look);
/// One line for each group.
[[nodiscard]] std::string groups_text(const std::vector<GroupView>& groups, std::int64_t now_ms, const Look& look);
[[nodiscard]] std::string history_text(const std::vector<HistoryView>& history, const Look& look);
[[nodiscard]] std::string machines_text(const std::vector<MachineView>& machines, std::int64_t now_ms, const Look& look);
[[nodiscard]] std::string settings_text(const Settings& settings, const Look& look);

/// What the others wait for, in one line; empty if a machine that asked now would get a slot at once.
[[nodiscard]] std::string hindrance(const GroupView& group, std::int64_t now_ms);

}  // namespace conclave::locksmith::report
