#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conclave/base/ids.hpp"
#include "conclave/locksmith_core/policy.hpp"
#include "conclave/locksmith_core/records.hpp"

/// A group as it is at one revision, and what follows from it.
namespace conclave::locksmith {

struct SlotView {
  std::string key;
  std::uint64_t number = 0;
  Revision token;  ///< the create revision of its key: of slots that are given one after the other it grows
  Claim claim;
  /// Its time to be taken away has come: only of slots that were given while the policy has auto_release.
  bool is_past_auto_release = false;
};

struct WaiterView {
  std::string key;
  Revision since;
  Claim claim;
};

struct MachineView {
  std::string id;
  std::string host;
  std::optional<Presence> presence;  ///< nothing: its daemon is not heard
  bool was_auto_released = false;    ///< it lost its slot and was not heard since
  [[nodiscard]] bool is_healthy() const { return presence && presence->healthy; }
};

struct WishView {
  std::string machine;
  Wish wish;
  Revision revision;  ///< that it was made at
};

struct GroupView {
  std::string name;
  Policy policy;
  Revision policy_revision;  ///< zero: nobody used the group yet
  /// Why the record is not one that this program can go by; then `policy` is the usual one, and no slot is given.
  std::optional<std::string> broken;
  Revision revision;
  std::vector<SlotView> slots;      ///< that are taken, the oldest first
  std::vector<WaiterView> waiters;  ///< the oldest first
  std::vector<MachineView> machines;
  std::uint64_t unknown_lost = 0;  ///< machines that lost their slot as they stayed away, and are not among `machines`
  bool is_resting = false;         ///< a slot was given less than the policy's spacing ago
  std::vector<WishView> wishes;
};

[[nodiscard]] const SlotView* slot_of(const GroupView& view, std::string_view machine);
[[nodiscard]] const MachineView* machine_of(const GroupView& view, std::string_view machine);
[[nodiscard]] std::uint64_t effective_slots(const GroupView& view);
/// Slots in use beyond those there are, after these became fewer.
[[nodiscard]] std::uint64_t over_committed(const GroupView& view);
/// Machines that are not heard or say that they are not well. Who has a slot that is not overdue may be so.
[[nodiscard]] std::uint64_t unhealthy_machines(const GroupView& view, WallMillis now);
[[nodiscard]] bool is_overdue(const SlotView& slot, WallMillis now);
/// The queue in the order in which slots are given.
[[nodiscard]] std::vector<WaiterView> queue_order(const GroupView& view);

enum class GroupState : std::uint8_t { open, broken, paused, frozen, full, resting };
[[nodiscard]] std::string_view name_of(GroupState state);
/// Why no slot is given now to anybody, or open.
[[nodiscard]] GroupState state_of(const GroupView& view, WallMillis now);
/// The same as a sentence: "2 of 2 slots are taken, by web-1 and web-2".
[[nodiscard]] std::string explain(const GroupView& view, WallMillis now);

/// What a waiter is told.
struct Verdict {
  std::optional<std::uint64_t> slot;  ///< this number is its
  std::string why_not;
};
/// For who waits with the place `waiter_key`; empty: for who would come last.
[[nodiscard]] Verdict judge(const GroupView& view, std::string_view waiter_key, WallMillis now);
/// The machine whose slot may be taken away now, if there is one.
[[nodiscard]] const SlotView* due_for_auto_release(const GroupView& view);

}  // namespace conclave::locksmith
