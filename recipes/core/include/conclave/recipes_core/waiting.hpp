#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "conclave/recipes_core/keeper.hpp"

namespace conclave::recipes::core {

/// The turn of a place that is being taken: asked for along with the write that takes it. The wait ends when this goes.
class ComingTurn {
 public:
  explicit ComingTurn(TurnOptions options) : options_(std::move(options)) {}

  /// Once; like Store::submit().
  client::OperationId send(Store& store, Write place, Instant deadline, Store::Callback done);
  /// Set as Waiting::on_turn() says.
  [[nodiscard]] std::shared_ptr<Promise<Result<bool>>> promise() const { return promise_; }

 private:
  TurnOptions options_;
  std::shared_ptr<Promise<Result<bool>>> promise_ = std::make_shared<Promise<Result<bool>>>();
  WatchHold watch_;
};
using ComingTurnPtr = std::shared_ptr<ComingTurn>;

/// One wait: ends with true when something that it watches happens, else with cancelled, deadline_passed or, if it hangs on a
/// lease, lease_lost. Lives in the coroutine that waits; everything it listens to ends with it.
class Waiting {
 public:
  using Outcome = Result<bool>;

  Waiting(Store& store, const Call& call, const KeptLeasePtr& lease = nullptr);
  /// For a turn that was asked for already.
  Waiting(Store& store, const Call& call, const KeptLeasePtr& lease, ComingTurnPtr turn);
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

  /// Ends the wait from any callback.
  [[nodiscard]] std::shared_ptr<Promise<Outcome>> promise() const { return promise_; }
  /// Any event ends it, and so does the loss of history: look again then. Another end of the watch is its error.
  void on_events(WatchOptions options);
  /// The turn of `own_key` ends it; lease_lost if that key is gone.
  void on_turn(TurnOptions options);
  [[nodiscard]] Promise<Outcome>::Awaiter wait() { return promise_->wait(); }

 private:
  Store& store_;
  ComingTurnPtr turn_;
  std::shared_ptr<Promise<Outcome>> promise_;
  std::vector<WatchHold> watches_;
  Subscription on_stop_;
  Subscription on_lost_;
  Timer timer_;
};

}  // namespace conclave::recipes::core
