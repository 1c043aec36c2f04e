#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conclave/recipes/hold.hpp"

namespace conclave::recipes {

/// Who takes the lock, and how long others wait for it.
struct MutexOptions {
  std::chrono::milliseconds ttl{10'000};  ///< 2 s at least: how long others wait when this process dies
  std::string owner{};                    ///< shown to others; empty: HOST:PID
  std::string note{};                     ///< shown to others
  /// After this program lost the lock without giving it back nobody gets it for so long, on the servers' clock: what it had sent
  /// may land meanwhile. 12 hours at most. It costs nothing, and there is none after a release. A program that dies while it waits
  /// holds up those behind it for as long.
  std::chrono::milliseconds lock_delay{0};
};

/// A lock that one program at a time has, across machines.
///
///     conclave::recipes::Mutex mutex(client, "reports/nightly");
///     auto lock = mutex.lock({.timeout = 10s});
///     if (!lock) return lock.error();
///     client.put("reports/last", name, {}, {.guards = {lock->guard()}});
///
/// - **Safety.** At any moment at most one holder's guard is accepted by the server. Judged by local clocks, at most one program
///   believes to hold it, as long as clocks drift apart by less than 0.1 % and a program asks is_held() after it may have been
///   stopped.
/// - **Fencing token.** Hold::token(): strictly greater than that of every holder before.
/// - **Unknown outcome.** There is none: what a lost answer may have left behind has a name of its own and is removed in the
///   background, at the latest when its lease ends. A wait ends with an error that is definite.
/// - **Lost lease.** A waiter fails at once with lease_lost. A holder is told by Hold::on_lost at its local deadline.
/// - **Cancellation.** At the timeout or when the stop token asks for it; the place in the queue is removed in the background.
/// - **Fairness.** Order of arrival at the server. Nobody is woken but the next in line.
/// - **Cost.** lock(): one write; if somebody else has it, also a watch that says once that it is one's turn. A wait that is called
///   off: one write more. release(): one write. try_lock(): one read if it is held, else one read and one write. holders(): one
///   read. The first use grants a lease, one write, which all recipes of a client with the same TTL, owner and lock delay share;
///   it is revoked when it was not used for a TTL.
///
/// All functions may be called from any thread, the blocking ones not from callbacks of the client. The object may go while its
/// locks are held.
class Mutex {
 public:
  Mutex(Client& client, std::string name, MutexOptions options = {});
  Mutex(Mutex&&) noexcept;
  Mutex& operator=(Mutex&&) noexcept;
  ~Mutex();

  /// Waits until it is held.
  Result<Hold> lock(Wait wait = {});
  void lock(std::function<void(Result<Hold>)> done, Wait wait = {});
  /// Nothing if somebody holds it or waits for it.
  Result<std::optional<Hold>> try_lock(Wait wait = {});
  void try_lock(std::function<void(Result<std::optional<Hold>>)> done, Wait wait = {});
  /// The holder, then those who wait, in their order.
  Result<std::vector<Holder>> holders(Wait wait = {});
  void holders(std::function<void(Result<std::vector<Holder>>)> done, Wait wait = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace conclave::recipes
