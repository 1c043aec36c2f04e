#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conclave/recipes/hold.hpp"

namespace conclave::recipes {

/// Which machine this is.
struct RebootLockOptions {
  std::uint64_t slots = 1;                ///< of a group that nobody used before; resize() changes it for all
  std::string machine{};                  ///< letters, digits and ".-_"; empty: /etc/machine-id. Only who takes or holds needs one
  std::string boot{};                     ///< empty: /proc/sys/kernel/random/boot_id
  std::string host{};                     ///< shown to others; empty: the host's name
  std::chrono::milliseconds ttl{10'000};  ///< of a place in the queue only
};

/// A slot that a machine has. A plain value: that it goes gives nothing back.
struct RebootSlot {
  std::string machine;
  std::string boot;  ///< under which it took the slot
  std::string host;
  std::string reason;
  std::chrono::system_clock::time_point since;
  std::optional<std::chrono::system_clock::time_point> deadline;
  Guard guard;                ///< of lease zero: the slot hangs on none
  bool is_overdue = false;    ///< past its deadline, by this machine's clock, when it was looked at
  bool has_rebooted = false;  ///< of the own machine: its boot id is another than when it took the slot
  /// The fencing token.
  [[nodiscard]] Revision token() const { return guard.create_revision; }
};

/// How a group stands.
struct RebootStatus {
  std::uint64_t slots = 0;
  bool paused = false;
  std::uint64_t over_committed = 0;  ///< slots in use beyond the budget, after it became smaller
  std::vector<RebootSlot> holders;
  std::vector<Holder> waiters;
};

/// Machines that reboot, at most so many of a group at a time. A slot outlives the process that took it and the machine's reboot:
/// it is given back by the same machine after the reboot, or taken away by an operator.
///
///     auto slot = lock.acquire("kernel 6.1.90", std::chrono::system_clock::now() + 30min);   // then reboot
///     lock.release();                                                                        // after the reboot, at every start
///
/// - **Safety.** Never are more slots given than the group has at that moment, nor two to one machine, whatever dies or is stopped.
///   Nothing depends on clocks; a deadline only marks a holder as overdue.
/// - **Fencing token.** RebootSlot::token(): the create revision of the slot's key; the guard's lease is zero.
/// - **Unknown outcome.** acquire() ends with a slot or with an error that is definite: a slot that may have been taken by a lost
///   write is given back in the background, unless another process of the machine asked for it meanwhile and was told that it has
///   it. If the process dies before, the machine keeps the slot and gets it at its next acquire(). The other functions may be
///   repeated; their errors say whether the outcome is unknown.
/// - **Lost lease.** Only a place in the queue hangs on one: the wait fails at once with lease_lost.
/// - **Cancellation.** As with Mutex.
/// - **Fairness.** Order of arrival.
/// - **Cost.** acquire(): two reads and two writes; one of each if the machine has a slot already. Who waits behind others has one
///   notice when it is the first; the first alone hears when a slot is given back or the budget changes, and looks: one read.
///   release(), evict(), pause(), resume(), resize(): one read, one write. mine(), status(): one read. The very first use of a
///   group costs one read and one write more, for its record.
class RebootLock {
 public:
  /// `group`: machines that share a budget.
  RebootLock(Client& client, std::string group, RebootLockOptions options = {});
  RebootLock(RebootLock&&) noexcept;
  RebootLock& operator=(RebootLock&&) noexcept;
  ~RebootLock();

  /// A slot that this machine has already is given again, also after the reboot: look at has_rebooted.
  Result<RebootSlot> acquire(std::string reason, std::optional<std::chrono::system_clock::time_point> deadline = {},
                             Wait wait = {});
  void acquire(std::function<void(Result<RebootSlot>)> done, std::string reason,
               std::optional<std::chrono::system_clock::time_point> deadline = {}, Wait wait = {});
  /// What this machine has.
  Result<std::optional<RebootSlot>> mine(Wait wait = {});
  void mine(std::function<void(Result<std::optional<RebootSlot>>)> done, Wait wait = {});
  /// Gives this machine's slot back; nothing happens if it has none. invalid_argument if it has not rebooted since it took it.
  Result<void> release(Wait wait = {});
  void release(std::function<void(Result<void>)> done, Wait wait = {});
  /// The operator's word: takes a machine's slot away.
  Result<void> evict(std::string machine, Wait wait = {});
  void evict(std::function<void(Result<void>)> done, std::string machine, Wait wait = {});
  /// No slot is given until resume().
  Result<void> pause(Wait wait = {});
  void pause(std::function<void(Result<void>)> done, Wait wait = {});
  /// Slots are given again.
  Result<void> resume(Wait wait = {});
  void resume(std::function<void(Result<void>)> done, Wait wait = {});
  /// Changes the number of slots, 1,000 at most. No machine loses its slot: so many as are in use too much are over_committed.
  Result<void> resize(std::uint64_t slots, Wait wait = {});
  void resize(std::function<void(Result<void>)> done, std::uint64_t slots, Wait wait = {});
  /// Who has a slot and who waits.
  Result<RebootStatus> status(Wait wait = {});
  void status(std::function<void(Result<RebootStatus>)> done, Wait wait = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace conclave::recipes
