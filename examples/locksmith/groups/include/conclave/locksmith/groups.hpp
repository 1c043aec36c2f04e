#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conclave/client.hpp"
#include "conclave/locksmith_core/group_view.hpp"
#include "conclave/recipes/wait.hpp"

/// Groups of machines that reboot a few at a time, for programs: what locksmithd, locksmithctl and locksmith-fleetlock stand on.
namespace conclave::locksmith {

using recipes::Wait;

inline constexpr std::string_view default_group = "default";

struct GroupOptions {
  std::string owner{};                    ///< shown beside this program's places in queues; empty: HOST:PID
  std::chrono::milliseconds ttl{10'000};  ///< of a place in the queue
};

/// What came of asking for a slot. Neither a slot nor an error: the wait ended first, and nothing is held.
struct Attempt {
  std::optional<SlotView> slot;
  bool had_it = false;  ///< from before
  std::string why_not;  ///< "2 of 2 slots are taken, by web-1 and web-2"
};

/// Where a machine's claim is concerned, the fields that matter are machine, boot, host, reason, by and priority.
///
/// - **Safety.** At no revision are more slots given than the policy then allowed, and no machine has two. A slot outlives
/// processes,
///   machines and their reboots.
/// - **Unknown outcome.** lock() ends with a slot, with none, or with an error after which nothing is held: what may have been
/// taken
///   is given back in the background. Others that change something may end with an unknown outcome (Error::certainty()) if no
///   answer came in time; all of them may be repeated.
/// - **Blocking** calls wait for an answer, at most as long as `wait` says, or a few seconds; from a callback of the client they
/// are
///   refused. The forms with a callback call it once, on the client's thread.
class Group {
 public:
  /// An impossible name makes every call fail with invalid_argument.
  Group(Client& client, std::string name = std::string(default_group), GroupOptions options = {});
  Group(Group&&) noexcept;
  Group& operator=(Group&&) noexcept;
  ~Group();
  [[nodiscard]] const std::string& name() const;

  /// Everything about the group at one revision; never writes. A group that nobody used yet has the usual policy and no machines.
  Result<GroupView> status(Wait wait = {});
  void status(std::function<void(Result<GroupView>)> done, Wait wait = {});

  /// Queues and waits for a slot as long as `wait` says; gives the one that the machine already has. Zero or negative: only a slot
  /// that is free at once, without queueing if there is none.
  Result<Attempt> lock(Claim claim, Wait wait = {});
  void lock(std::function<void(Result<Attempt>)> done, Claim claim, Wait wait = {});
  /// Gives back a machine's slot on somebody's word; false if it had none. invalid_argument, saying why, while the machine's own
  /// daemon is looking after it.
  Result<bool> unlock(std::string machine, std::string by, Wait wait = {});
  void unlock(std::function<void(Result<bool>)> done, std::string machine, std::string by, Wait wait = {});
  /// The same of the slot that has this token; false if that is not the machine's any more.
  void unlock_slot(std::function<void(Result<bool>)> done, std::string machine, Revision token, std::string by, Wait wait = {});
  /// Takes a machine's slot away, whatever it is doing. `why`: for the history.
  Result<bool> evict(std::string machine, std::string by, std::string why = {}, Wait wait = {});
  /// The machine is no longer known to the group. invalid_argument if it has a slot or its daemon lives.
  Result<bool> forget(std::string machine, std::string by, Wait wait = {});

  /// Makes the group if there is none. Zones of windows must be known to this machine.
  using Edit = std::function<Result<Policy>(Policy)>;
  Result<Policy> change(Edit edit, std::string what, std::string by, Wait wait = {});
  /// Puts a whole policy in place, also of a record that cannot be read.
  Result<Policy> replace(Policy policy, std::string by, Wait wait = {});
  /// One field, as with_field() takes it.
  Result<Policy> set(std::string field, std::string value, std::string by, Wait wait = {});
  Result<Policy> set_max(std::uint64_t slots, std::string by, Wait wait = {});
  Result<Policy> pause(std::string by, std::string why = {}, Wait wait = {});
  Result<Policy> resume(std::string by, Wait wait = {});

  /// The newest entries, in order.
  Result<std::vector<Entry>> history(std::uint64_t count = 100, Wait wait = {});
  /// Asks a machine's daemon to reboot it when it may.
  Result<void> need_reboot(std::string machine, std::string reason, std::string by, std::int64_t priority = 0, Wait wait = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The names of all groups, in order.
[[nodiscard]] Result<std::vector<std::string>> list_groups(Client& client, Wait wait = {});

/// This machine's own id, boot id and host name. The paths are options of the programs.
struct MachineFiles {
  std::string machine_id = "/etc/machine-id";
  std::string boot_id = "/proc/sys/kernel/random/boot_id";
};
/// A claim with machine, boot and host filled in; io_error if a file cannot be read or holds no id.
[[nodiscard]] Result<Claim> this_machine(const MachineFiles& files = {});

}  // namespace conclave::locksmith
