#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <utility>

namespace conclave::recipes {

/// Where a handle's news pass: none after close(), which waits for the one that is being told, unless it is called from within it.
class Teller {
 public:
  /// `handler`, as long as this is open. May be called after this is gone.
  template <class... Told>
  [[nodiscard]] std::function<void(Told...)> pass(std::function<void(Told...)> handler) const {
    return [state = state_, handler = std::move(handler)](Told... told) {
      const std::lock_guard lock(state->mutex);
      if (!state->closed) handler(told...);
    };
  }
  void close() const {
    const std::lock_guard lock(state_->mutex);
    state_->closed = true;
  }

 private:
  struct State {
    std::recursive_mutex mutex;
    bool closed = false;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace conclave::recipes
