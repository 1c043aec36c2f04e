#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>

#include "handles.hpp"

namespace conclave::c {

/// Where the callbacks of a handle pass: none after the handle is freed. All of them pass on the client's thread.
class Gate {
 public:
  explicit Gate(const conclave_client* client) : client_(client) {}

  /// Runs `call`, as a callback of the client, unless the gate is closed.
  template <class Call>
  void pass(Call&& call) {
    {
      const std::lock_guard lock(mutex_);
      if (closed_) return;
      ++inside_;
    }
    {
      const InCallback scope(client_);
      call();
    }
    const std::lock_guard lock(mutex_);
    --inside_;
    left_.notify_all();
  }
  /// Nothing passes any more. Waits for what is passing, unless that is what calls it.
  void close() {
    std::unique_lock lock(mutex_);
    closed_ = true;
    if (!InCallback::of(client_)) left_.wait(lock, [&] { return inside_ == 0; });
  }

 private:
  const conclave_client* const client_;
  std::mutex mutex_;
  std::condition_variable left_;
  int inside_ = 0;
  bool closed_ = false;
};

}  // namespace conclave::c
