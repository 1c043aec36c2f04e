#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "conclave/locksmith_core/group_view.hpp"
#include "conclave/recipes_core/place.hpp"

/// A group of machines in the store: a reboot lock (docs/recipes.md) with a policy, an order, machines that are known, and a
/// history. Coroutines over the port of the recipes, so that they run on a client's thread and in the simulation.
namespace conclave::locksmith::fleet {

using recipes::core::Call;
using recipes::core::Detached;
using recipes::core::HubPtr;
using recipes::core::KeeperOptions;
using recipes::core::KeptLeasePtr;
using recipes::core::PlacePtr;
using recipes::core::Store;
using recipes::core::Task;

/// How many entries a group's history keeps, about.
inline constexpr std::uint64_t history_entries_max = 1000;

struct Taken {
  std::optional<SlotView> slot;
  bool had_it = false;  ///< from before
  std::string why_not;
};

struct ReleaseRequest {
  std::string machine;
  std::string boot;  ///< the present one of the machine, of `released` and `returned`
  Deed deed = Deed::released;
  std::string by;
  std::string detail;
  std::optional<Revision> token;  ///< only this slot and no later one
};

/// A value: its calls outlive it. Slots are given as a reboot lock gives them, in one write that holds only if the policy is
/// unchanged and nobody got one since it was read; so never are more given than the policy allows at that revision, and none twice.
class Group {
 public:
  Group(HubPtr hub, KeeperOptions keeper, std::string name);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] Store& store() const { return hub_->store(); }
  [[nodiscard]] const HubPtr& hub() const { return hub_; }

  /// One read; writes nothing, and makes no group.
  [[nodiscard]] Task<Result<GroupView>> look(Call call) const { return look_at(*this, std::move(call)); }
  /// Queues for a slot, and gives the one that the machine has already. `wait` false: only if one is there at once. A wait that
  /// ends at the call's deadline is no error: `why_not` tells what was missing. Told as it waits: `on_wait`, with why.
  [[nodiscard]] Task<Result<Taken>> take(Claim claim, bool wait, std::function<void(const std::string&)> on_wait, Call call) const {
    return take_slot(*this, std::move(claim), wait, std::move(on_wait), std::move(call));
  }
  /// Whether there was a slot to give back. invalid_argument if the request's deed is not allowed now, saying why.
  [[nodiscard]] Task<Result<bool>> release(ReleaseRequest request, Call call) const {
    return give_back(*this, std::move(request), std::move(call));
  }
  using Edit = std::function<Result<Policy>(Policy)>;
  /// Changes the policy, again if somebody else changes it meanwhile; makes the group if there is none. What results is checked. A
  /// record that cannot be read is an error, or with `over_broken` taken for the usual one.
  [[nodiscard]] Task<Result<Policy>> change(Edit edit, Entry entry, Call call, bool over_broken = false) const {
    return change_policy(*this, std::move(edit), std::move(entry), over_broken, std::move(call));
  }
  /// The newest `count` entries, the oldest of them first.
  [[nodiscard]] Task<Result<std::vector<Entry>>> history(std::uint64_t count, Call call) const {
    return read_history(*this, count, std::move(call));
  }
  [[nodiscard]] Task<Result<bool>> wish(std::string machine, Wish wish, Call call) const {
    return make_wish(*this, std::move(machine), std::move(wish), std::move(call));
  }
  /// Removes the wish that was made at this revision, and no later one.
  [[nodiscard]] Task<Result<bool>> fulfil(std::string machine, Revision made, Call call) const {
    return remove_wish(*this, std::move(machine), made, std::move(call));
  }
  /// The group knows the machine no more. invalid_argument if it has a slot or is heard.
  [[nodiscard]] Task<Result<bool>> forget(std::string machine, std::string by, Call call) const {
    return forget_machine(*this, std::move(machine), std::move(by), std::move(call));
  }

  // Keys; docs/recipes.md has those of a reboot lock, docs of locksmith the others.
  [[nodiscard]] std::string policy_key() const { return budget_; }
  [[nodiscard]] std::string directory(std::string_view part) const { return budget_ + "//" + std::string(part) + "/"; }
  [[nodiscard]] std::string key(std::string_view part, std::string_view machine) const {
    return directory(part) + std::string(machine);
  }
  [[nodiscard]] std::string slot_key(std::uint64_t number) const;
  [[nodiscard]] std::string rest_key() const { return budget_ + "//rest"; }

 private:
  struct Terms;  ///< leases that a slot needs by the policy
  [[nodiscard]] Txn conversion(const PlacePtr& place, const GroupView& view, std::uint64_t number, const std::string& value,
                               const Claim& claim, const Terms& terms) const;
  [[nodiscard]] Op entry_op(Entry entry) const;

  static Task<Result<GroupView>> look_at(Group self, Call call);
  static Task<Result<Taken>> take_slot(Group self, Claim claim, bool wait, std::function<void(const std::string&)> on_wait,
                                       Call call);
  static Task<Result<Taken>> keep(Group self, SlotView slot, Call call);
  static Task<Result<Taken>> wait_for_slot(Group self, PlacePtr place, Claim claim, std::function<void(const std::string&)> on_wait,
                                           Call call);
  static Task<Result<Taken>> convert(Group self, PlacePtr place, GroupView view, std::uint64_t number, Claim claim, Call call);
  static Task<Result<bool>> arrange(Group self, Policy policy, std::shared_ptr<Terms> terms, Call call);
  static Task<Result<bool>> await_change(Group self, PlacePtr place, GroupView view, Call call);
  static Task<Result<bool>> await_undone(Group self, std::string machine, Call call);
  static Detached undo(Group self, PlacePtr place, std::uint64_t number, std::string value, Claim claim);
  static Task<Result<bool>> give_back(Group self, ReleaseRequest request, Call call);
  static Task<Result<Policy>> change_policy(Group self, Edit edit, Entry entry, bool over_broken, Call call);
  static Task<Result<std::vector<Entry>>> read_history(Group self, std::uint64_t count, Call call);
  static Detached trim_history(Group self);
  static Task<Result<bool>> make_wish(Group self, std::string machine, Wish wish, Call call);
  static Task<Result<bool>> remove_wish(Group self, std::string machine, Revision made, Call call);
  static Task<Result<bool>> forget_machine(Group self, std::string machine, std::string by, Call call);

  HubPtr hub_;
  KeeperOptions keeper_;
  std::string name_;
  std::string budget_;
};

/// The names of the groups that there are, in order.
[[nodiscard]] Task<Result<std::vector<std::string>>> group_names(HubPtr hub, Call call);

}  // namespace conclave::locksmith::fleet
