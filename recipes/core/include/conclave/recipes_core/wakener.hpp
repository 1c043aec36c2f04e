#pragma once

#include <functional>
#include <memory>

#include "conclave/recipes_core/call.hpp"

namespace conclave::recipes::core {

/// One wait that several things may end: whoever calls wake(), the time, or the end of the client.
class Wakener {
 public:
  explicit Wakener(Store& store, Instant until = Instant::max()) : timer_(store, until, wake()) {}
  [[nodiscard]] std::function<void()> wake() const {
    return [promise = promise_] { promise->set(true); };
  }
  [[nodiscard]] Promise<bool>::Awaiter woken() { return promise_->wait(); }

 private:
  std::shared_ptr<Promise<bool>> promise_ = std::make_shared<Promise<bool>>();
  Timer timer_;
};

}  // namespace conclave::recipes::core
