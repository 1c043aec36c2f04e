#pragma once

#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <mutex>
#include <utility>
#include <vector>

#include "conclave/engine/event.hpp"

namespace conclave::transport {

/// Events from other threads. A post wakes the loop only when it sleeps, so a busy loop costs its visitors no system call.
/// Thread-safe.
class Mailbox {
 public:
  explicit Mailbox(asio::io_context& io) : io_(io) {}

  void post(engine::Event event) {
    bool wake = false;
    {
      const std::scoped_lock lock(mutex_);
      events_.push_back(std::move(event));
      wake = std::exchange(sleeping_, false);
    }
    if (wake) asio::post(io_, [] {});
  }

  [[nodiscard]] std::vector<engine::Event> take() {
    const std::scoped_lock lock(mutex_);
    sleeping_ = false;
    return std::exchange(events_, {});
  }

  [[nodiscard]] bool has_events() {
    const std::scoped_lock lock(mutex_);
    return !events_.empty();
  }

  /// False if there is something to take: the loop must not sleep then.
  [[nodiscard]] bool fall_asleep() {
    const std::scoped_lock lock(mutex_);
    sleeping_ = events_.empty();
    return sleeping_;
  }

 private:
  asio::io_context& io_;
  std::mutex mutex_;
  std::vector<engine::Event> events_;
  bool sleeping_ = false;
};

}  // namespace conclave::transport
