#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>

#include "conclave/recipes/hold.hpp"

namespace conclave::recipes {

/// A gate: closed for everybody until somebody opens it. One that nobody closed is open.
///
/// - **Safety.** wait() returns without error only if the barrier was open at some moment after the call; who waits when it is
///   opened passes, also if it is closed again at once.
/// - **Fencing token.** There is none, and nothing is held.
/// - **Unknown outcome.** close() and open() may be repeated; an error tells whether the outcome is unknown. Of wait(): none.
/// - **Lost lease.** It has none: it stays closed until it is opened.
/// - **Cancellation.** Of wait(), at any time; nothing was written.
/// - **Fairness.** All who wait pass.
/// - **Cost.** close(), open(): one write. wait(): one read, and one notice if it is closed.
class Barrier {
 public:
  Barrier(Client& client, std::string name);
  Barrier(Barrier&&) noexcept;
  Barrier& operator=(Barrier&&) noexcept;
  ~Barrier();

  /// From now on everybody waits. May be repeated.
  Result<void> close(Wait wait = {});
  void close(std::function<void(Result<void>)> done, Wait wait = {});
  /// Everybody goes on. May be repeated.
  Result<void> open(Wait wait = {});
  void open(std::function<void(Result<void>)> done, Wait wait = {});
  /// Waits until it is open.
  Result<void> wait(Wait wait = {});
  void wait(std::function<void(Result<void>)> done, Wait wait = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A number that programs add to.
///
/// - **Safety.** Each add() takes effect once or not at all, and its result is the number right after it.
/// - **Fencing token.** There is none, and nothing is held.
/// - **Unknown outcome.** As the error says (Error::certainty()): an addition whose answer did not come in time may have happened.
/// - **Lost lease.** It has none.
/// - **Cancellation.** Of an addition that was sent: unknown.
/// - **Fairness.** None: of those who add at the same time one succeeds at once, the others try again.
/// - **Cost.** add(): one read and one write, again for each time that somebody else was faster. get(): one read. set(): one write.
class Counter {
 public:
  Counter(Client& client, std::string name, std::int64_t initial = 0);
  Counter(Counter&&) noexcept;
  Counter& operator=(Counter&&) noexcept;
  ~Counter();

  /// What it is.
  Result<std::int64_t> get(Wait wait = {});
  void get(std::function<void(Result<std::int64_t>)> done, Wait wait = {});
  /// Gives the number right after the addition.
  Result<std::int64_t> add(std::int64_t delta, Wait wait = {});
  void add(std::function<void(Result<std::int64_t>)> done, std::int64_t delta, Wait wait = {});
  /// Whatever it was.
  Result<void> set(std::int64_t value, Wait wait = {});
  void set(std::function<void(Result<void>)> done, std::int64_t value, Wait wait = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A gate that opens when it was counted down to zero, and stays open until reset().
///
/// - **Safety.** wait() returns without error only if the latch was at zero at some moment after the call; so after as many counts
///   as it was made with or reset to. Who waits then passes, also if it is reset at once.
/// - **Fencing token.** There is none, and nothing is held.
/// - **Unknown outcome.** Of count_down(), as the error says: it may have counted. A latch is never counted below zero. Of wait():
///   none.
/// - **Lost lease.** It has none: a program that dies before it counts down leaves the latch closed.
/// - **Cancellation.** Of wait(), at any time; nothing was written.
/// - **Fairness.** All who wait pass.
/// - **Cost.** count_down(): one read, one write, as Counter::add(). reset(): one write. wait(): one read, and a notice for each
///   change of the number if it is not zero.
class Latch {
 public:
  /// `count`: where a latch begins that nobody counted down yet.
  Latch(Client& client, std::string name, std::uint32_t count);
  Latch(Latch&&) noexcept;
  Latch& operator=(Latch&&) noexcept;
  ~Latch();

  /// What is left.
  Result<std::int64_t> count_down(std::uint32_t by = 1, Wait wait = {});
  void count_down(std::function<void(Result<std::int64_t>)> done, std::uint32_t by = 1, Wait wait = {});
  /// Waits until it was counted down to zero.
  Result<void> wait(Wait wait = {});
  void wait(std::function<void(Result<void>)> done, Wait wait = {});
  /// Begins again at `count`.
  Result<void> reset(std::uint32_t count, Wait wait = {});
  void reset(std::function<void(Result<void>)> done, std::uint32_t count, Wait wait = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Who takes part.
struct DoubleBarrierOptions {
  std::chrono::milliseconds ttl{10'000};  ///< how long others wait for a program that died
  std::string owner{};
};

/// Lets a number of programs begin together and end together.
///
/// - **Safety.** enter() returns without error only if so many were inside at one moment since it came; leave() only if nobody was
///   at one moment since it went.
/// - **Fencing token.** Hold::token(), of the own presence; guard() is accepted while one is inside.
/// - **Unknown outcome.** Of enter(): none, as with Mutex; who is not let in leaves nothing behind. leave() goes at once, whatever
///   its error says, which is about the others; if need be in the background.
/// - **Lost lease.** Who waits to enter fails at once with lease_lost; a program that dies inside counts as having left.
/// - **Cancellation.** Of enter(), as with Mutex. Of leave(): it has left, and does not wait for the others any more.
/// - **Fairness.** All are let in together, and out together. If the cluster forgot the history of the wait (a client that was cut
///   off for longer than that), who waits goes by who is inside then, and may miss those who came and went.
/// - **Cost.** enter(): one write, and a notice of everybody who comes or goes. leave(): one write, one read, and a notice of
///   everybody who goes.
class DoubleBarrier {
 public:
  DoubleBarrier(Client& client, std::string name, std::uint32_t parties, DoubleBarrierOptions options = {});
  DoubleBarrier(DoubleBarrier&&) noexcept;
  DoubleBarrier& operator=(DoubleBarrier&&) noexcept;
  ~DoubleBarrier();

  /// Waits until all are inside; the hold is the own presence.
  Result<Hold> enter(Wait wait = {});
  void enter(std::function<void(Result<Hold>)> done, Wait wait = {});
  /// Leaves, and waits until all have. It is not held from the call on, whatever the outcome.
  Result<void> leave(Hold inside, Wait wait = {});
  void leave(Hold inside, std::function<void(Result<void>)> done, Wait wait = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace conclave::recipes
