#pragma once

#include <memory>

#include "conclave/recipes_core/listeners.hpp"
#include "conclave/recipes_core/store.hpp"
#include "conclave/recipes_core/task.hpp"

namespace conclave::recipes::core {

/// What a wait ends with at its deadline. Definite: what was waited for is not held and will not be.
inline constexpr Errc deadline_passed = Errc::deadline_exceeded;
/// What a wait ends with, and a request under a lease, when the lease is lost. Definite in the same sense.
inline constexpr Errc lease_lost = Errc::session_expired;

class ComingTurn;

/// How long a call may take and who may call it off.
struct Call {
  Instant deadline = Instant::max();
  std::shared_ptr<Signal> stop = std::make_shared<Signal>();
};

/// Why a call may not go on, if it may not: stopped, or past its deadline.
[[nodiscard]] Result<void> may_go_on(const Store& store, const Call& call);

/// Sends a request and waits for its outcome; a stop calls it off, which is unknown for a write that may have been sent.
Task<Result<Reply>> execute(Store& store, Request request, Call call);
/// The same for a write that takes a place in a queue; the wait for its turn begins with it.
Task<Result<Reply>> execute(Store& store, Write place, Call call, std::shared_ptr<ComingTurn> turn);
/// Waits for `span`. Errors: cancelled, deadline_passed, shutting_down.
Task<Result<bool>> pause(Store& store, Duration span, Call call);

/// A timer that is cancelled when this goes.
class Timer {
 public:
  Timer(Store& store, Instant when, std::function<void()> work);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

 private:
  Store& store_;
  TimerId id_;
  std::shared_ptr<bool> rung_ = std::make_shared<bool>(false);
};

/// A watch that ends when this goes; `notice` is not called afterwards.
class WatchHold {
 public:
  WatchHold() = default;
  WatchHold(Store& store, client::LocalWatchId id) : store_(&store), id_(id) {}
  WatchHold(WatchHold&& other) noexcept : store_(std::exchange(other.store_, nullptr)), id_(other.id_) {}
  WatchHold& operator=(WatchHold&& other) noexcept {
    if (this != &other) {
      end();
      store_ = std::exchange(other.store_, nullptr);
      id_ = other.id_;
    }
    return *this;
  }
  ~WatchHold() { end(); }
  void end() {
    if (Store* const store = std::exchange(store_, nullptr)) store->unwatch(id_);
  }

 private:
  Store* store_ = nullptr;
  client::LocalWatchId id_;
};

}  // namespace conclave::recipes::core
