#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "conclave/recipes_core/keeper.hpp"

namespace conclave::recipes::core {

/// One wait: ends with true when something that it watches happens, else with cancelled, deadline_passed or, if it hangs on a
/// lease, lease_lost. Lives in the coroutine that waits; everything it listens to ends with it.
class Waiting {
 public:
  using Outcome = Result<bool>;

  Waiting(Store& store, const Call& call, const KeptLeasePtr& lease = nullptr);
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
  std::shared_ptr<Promise<Outcome>> promise_ = std::make_shared<Promise<Outcome>>();
  std::vector<WatchHold> watches_;
  Subscription on_stop_;
  Subscription on_lost_;
  Timer timer_;
};

}  // namespace conclave::recipes::core
