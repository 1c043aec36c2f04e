#pragma once

#include <string>
#include <utility>
#include <vector>

#include "conclave/locksmith_core/group_view.hpp"
#include "conclave/locksmith_report/table.hpp"

/// Groups as text for people. Each text ends with a newline.
namespace conclave::locksmith::report {

/// Who looks, and when.
struct Viewer {
  WallMillis now = 0;
  std::string machine;              ///< its own, which is shown in bold; may be empty
  OffsetAt zone = fixed_offset(0);  ///< of the group's windows
};

/// A group's slots, holders and queue. Its first lines are those of locksmith 0.6: "Available: N", "Max: N", a list under "MACHINE
/// ID".
[[nodiscard]] std::string status_text(const GroupView& group, const Viewer& viewer, const Look& look);
/// One line for each group, whose windows are in the zone beside it.
using ZonedGroup = std::pair<GroupView, OffsetAt>;
[[nodiscard]] std::string groups_text(const std::vector<ZonedGroup>& groups, WallMillis now, const Look& look);
[[nodiscard]] std::string machines_text(const GroupView& group, const Viewer& viewer, const Look& look);
/// Oldest first.
[[nodiscard]] std::string history_text(const std::vector<Entry>& history, const Look& look);
/// A line for each setting, as `group set` takes it.
[[nodiscard]] std::string policy_text(const GroupView& group, const Look& look);

/// The name and value of each setting; with_field() takes them.
using Settings = std::vector<std::pair<std::string, std::string>>;
[[nodiscard]] Settings settings_of(const Policy& policy);

/// Slots that would be given at once if machines asked.
[[nodiscard]] std::uint64_t available(const GroupView& group);
/// Holders that are past their deadline.
[[nodiscard]] std::uint64_t overdue(const GroupView& group, WallMillis now);
/// What its daemon says it does, "away" if that is not heard; empty of a machine that the group does not know.
[[nodiscard]] std::string state_text(const GroupView& group, std::string_view machine);
/// When the windows change between open and closed next; nothing: not in the days that are looked ahead.
[[nodiscard]] std::optional<WallMillis> window_changes(const Policy& policy, const Viewer& viewer);

}  // namespace conclave::locksmith::report
