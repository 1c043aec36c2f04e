#include "loop_threads.hpp"

#include <pthread.h>

#include <thread>

namespace conclave::app {

void LoopThreads::run(const std::function<bool()>& loop, const std::function<void()>& on_second_thread) {
  std::thread second([&] {
    ::pthread_setname_np(::pthread_self(), "loop");
    on_second_thread();
    serve(loop, false);
  });
  serve(loop, true);
  second.join();
}

void LoopThreads::serve(const std::function<bool()>& loop, bool mine) {
  while (mine || take_over()) {
    if (loop()) {
      const std::scoped_lock lock(mutex_);
      finished_ = true;
      return wake_.notify_all();
    }
    mine = false;
  }
}

/// False: the loop is finished.
bool LoopThreads::take_over() {
  std::uint64_t seen = 0;
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, look_every_, [this] { return finished_; })) {
    auto turn = turn_.load(std::memory_order_relaxed);
    const bool hangs = turn % 2 == 1 && turn == seen;
    if (hangs && turn_.compare_exchange_strong(turn, turn + 1, std::memory_order_acq_rel)) return true;
    seen = turn;
  }
  return false;
}

}  // namespace conclave::app
