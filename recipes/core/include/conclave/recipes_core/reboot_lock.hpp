#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "conclave/recipes_core/queue.hpp"

namespace conclave::recipes::core {

struct Machine {
  std::string id;
  std::string boot;
  std::string host;
};

/// A slot that a machine has; it hangs on no lease.
struct RebootHolding {
  Guard guard;
  RebootRecord record;
  [[nodiscard]] Revision token() const { return guard.create_revision; }
};

struct RebootView {
  SlotsRecord budget;
  Revision budget_mod;  ///< zero: there is no record yet
  std::vector<RebootHolding> holders;
  std::vector<Seat> waiters;
  std::uint64_t over_committed = 0;
  Revision revision;
};

/// Slots that outlive processes and reboots, and a queue for them on leases. conclave/recipes/reboot_lock.hpp tells what it
/// promises. A value: its calls outlive it.
class RebootLock {
 public:
  /// `budget`: the key of the group's record; `slots`: what it gets when nobody made it yet.
  RebootLock(HubPtr hub, KeeperOptions keeper, std::string budget, Machine machine, std::uint64_t slots)
      : hub_(std::move(hub)), keeper_(std::move(keeper)), budget_(std::move(budget)), machine_(std::move(machine)), slots_(slots) {}

  [[nodiscard]] Task<Result<RebootHolding>> acquire(std::string reason, std::int64_t deadline_millis, Call call) const {
    return take(*this, std::move(reason), deadline_millis, std::move(call));
  }
  [[nodiscard]] Task<Result<std::optional<RebootHolding>>> mine(Call call) const {
    return find(*this, machine_.id, std::move(call));
  }
  [[nodiscard]] Task<Result<bool>> release(Call call) const { return give_back(*this, machine_.id, true, std::move(call)); }
  [[nodiscard]] Task<Result<bool>> evict(std::string machine, Call call) const {
    return give_back(*this, std::move(machine), false, std::move(call));
  }
  struct Change {
    std::optional<std::uint64_t> slots;
    std::optional<bool> paused;
  };
  [[nodiscard]] Task<Result<bool>> change(Change change, Call call) const { return change_budget(*this, change, std::move(call)); }
  [[nodiscard]] Task<Result<RebootView>> view(Call call) const { return look(*this, std::move(call)); }

  [[nodiscard]] std::string slots_directory() const { return budget_ + "//slot/"; }
  [[nodiscard]] std::string queue_directory() const { return budget_ + "//queue/"; }

 private:
  [[nodiscard]] std::string slot_key(std::uint64_t number) const;
  [[nodiscard]] std::string machine_key(const std::string& machine) const { return budget_ + "//machine/" + machine; }
  [[nodiscard]] std::optional<std::uint64_t> free_slot(const RebootView& view) const;
  [[nodiscard]] Txn conversion(const PlacePtr& place, const RebootView& view, std::uint64_t slot, const std::string& value) const;

  struct Again {
    std::optional<RebootHolding> holding;  ///< what the machine has
    bool has_budget = false;               ///< the group has a record
  };
  static Task<Result<Again>> take_again(RebootLock self, Call call);
  static Task<Result<RebootHolding>> take(RebootLock self, std::string reason, std::int64_t deadline_millis, Call call);
  static Task<Result<RebootHolding>> take_slot(RebootLock self, PlacePtr place, RebootRecord record, Call call);
  static Task<Result<bool>> await_room(RebootLock self, PlacePtr place, Revision seen, Call call);
  static Detached undo(RebootLock self, PlacePtr place, std::uint64_t slot, std::string value);
  /// What this process does not know to have taken it gives back first.
  static Task<Result<bool>> await_undone(RebootLock self, Call call);
  static Task<Result<std::optional<RebootHolding>>> find(RebootLock self, std::string machine, Call call);
  static Task<Result<bool>> give_back(RebootLock self, std::string machine, bool only_after_reboot, Call call);
  static Task<Result<bool>> change_budget(RebootLock self, Change change, Call call);
  static Task<Result<RebootView>> look(RebootLock self, Call call);

  HubPtr hub_;
  KeeperOptions keeper_;
  std::string budget_;
  Machine machine_;
  std::uint64_t slots_;
};

}  // namespace conclave::recipes::core
