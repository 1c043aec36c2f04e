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

/// Who takes slots, and how long others wait for them.
struct SemaphoreOptions {
  std::uint64_t slots = 1;                ///< of a semaphore that nobody used before; resize() changes it for all
  std::chrono::milliseconds ttl{10'000};  ///< 2 s at least: how long others wait when this process dies
  std::string owner{};                    ///< shown to others; empty: HOST:PID
  std::string note{};                     ///< shown to others: the reason
};

/// How a semaphore stands.
struct SemaphoreStatus {
  std::uint64_t slots = 0;
  std::uint64_t held = 0;            ///< weights of the holders
  std::uint64_t over_committed = 0;  ///< how many are held beyond the slots, after they became fewer
  std::vector<Holder> holders;
  std::vector<Holder> waiters;
};

/// A number of slots that programs share, across machines. Whoever needs more than one slot says so with a weight.
///
/// - **Safety.** Somebody is let in only if the weights of everybody before, who holds or waits, and its own fitted into the slots
///   as they were at some moment since it queued up. When the slots become fewer nobody is thrown out: so many as are held too much
///   are over_committed, and nobody is let in until there is room. By local clocks as with Mutex.
/// - **Fencing token.** Hold::token(): of two holders the later one has the greater. Several tokens are valid at a time.
/// - **Unknown outcome, lost lease, cancellation.** As with Mutex. Of resize(): as its error says; it may be repeated.
/// - **Fairness.** Order of arrival; a heavy one is not passed by light ones behind it. Nobody is woken for nothing, but for a
///   resize(), of which all waiters hear.
/// - **Cost.** acquire(): one write if there is room; else also one notice and one read. release(): one write. try_acquire(): one
///   read if there is no room, else one read and one write (and one more write if somebody came between). resize(): one read and
///   one write, again if somebody came or went meanwhile, and one notice and one read for each waiter. status(): one read. The very
///   first use of a semaphore costs two writes more, for its record.
/// - **Limits.** resize() notices everybody who comes meanwhile, and who goes of the first 100 in the line. If one behind them goes
///   in that very moment, status() may count somebody who was let in just then as a waiter; nobody is let in by it.
class Semaphore {
 public:
  Semaphore(Client& client, std::string name, SemaphoreOptions options = {});
  Semaphore(Semaphore&&) noexcept;
  Semaphore& operator=(Semaphore&&) noexcept;
  ~Semaphore();

  /// `weight` is from 1 to 100. One that is greater than the slots waits until they become more.
  Result<Hold> acquire(std::uint64_t weight = 1, Wait wait = {});
  void acquire(std::function<void(Result<Hold>)> done, std::uint64_t weight = 1, Wait wait = {});
  /// Nothing if there is no room now.
  Result<std::optional<Hold>> try_acquire(std::uint64_t weight = 1, Wait wait = {});
  void try_acquire(std::function<void(Result<std::optional<Hold>>)> done, std::uint64_t weight = 1, Wait wait = {});
  /// Changes the number of slots; zero lets nobody in.
  Result<void> resize(std::uint64_t slots, Wait wait = {});
  void resize(std::function<void(Result<void>)> done, std::uint64_t slots, Wait wait = {});
  /// Who holds slots and who waits.
  Result<SemaphoreStatus> status(Wait wait = {});
  void status(std::function<void(Result<SemaphoreStatus>)> done, Wait wait = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace conclave::recipes
