#pragma once

#include <mutex>
#include <utility>
#include <vector>

#include "conclave/engine/event.hpp"
#include "conclave/transport/transport.hpp"

namespace conclave::app {

/// Between the storage threads, which tell things from the moment the storage is open, and a transport that exists later and ends
/// earlier. Thread-safe.
class EventRelay {
 public:
  void post(engine::Event event) {
    const std::scoped_lock lock(mutex_);
    if (transport_ != nullptr) {
      transport_->post(std::move(event));
    } else {
      early_.push_back(std::move(event));
    }
  }
  void attach(transport::Transport& transport) {
    const std::scoped_lock lock(mutex_);
    for (engine::Event& event : std::exchange(early_, {})) transport.post(std::move(event));
    transport_ = &transport;
  }
  void detach() {
    const std::scoped_lock lock(mutex_);
    transport_ = nullptr;
  }

 private:
  std::mutex mutex_;
  transport::Transport* transport_ = nullptr;
  std::vector<engine::Event> early_;
};

}  // namespace conclave::app
