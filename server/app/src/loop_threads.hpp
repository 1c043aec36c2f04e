#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>

#include "conclave/base/time.hpp"

namespace conclave::app {

/// The two threads of a loop. One runs it; the other stands by and takes it over when work that the first does between two passes
/// (a flush of the log) does not come to an end. Then they have changed places. So the loop may flush by itself, which spares two
/// wake-ups of a write, and a disk that hangs does not keep it from its sockets.
class LoopThreads {
 public:
  /// `look_every`: how often the second thread looks; work that it finds under way twice is taken to hang.
  explicit LoopThreads(Duration look_every = milliseconds(50)) : look_every_(look_every) {}
  LoopThreads(const LoopThreads&) = delete;
  LoopThreads& operator=(const LoopThreads&) = delete;

  /// Calls `loop` until it returns true: then it is finished. It returns false when away() did, and is called by the other thread
  /// then. Begins on the calling thread; `on_second_thread` is called first on the other. Returns when the loop is finished and no
  /// work is under way any more. Once.
  void run(const std::function<bool()>& loop, const std::function<void()>& on_second_thread);

  /// In the loop, between two passes: does `work`, which must touch nothing of the loop. False: it took so long that the loop is the
  /// other thread's now, and the caller touches nothing of it any more. Everything before it happens before the other goes on.
  template <typename Work>
  [[nodiscard]] bool away(const Work& work) {
    auto during = turn_.load(std::memory_order_relaxed) + 1;
    turn_.store(during, std::memory_order_release);
    work();
    return turn_.compare_exchange_strong(during, during + 1, std::memory_order_acq_rel);
  }

 private:
  void serve(const std::function<bool()>& loop, bool mine);
  [[nodiscard]] bool take_over();

  const Duration look_every_;
  std::atomic<std::uint64_t> turn_{0};  // odd: the loop's thread is away. It only grows, so that nobody takes one absence for another
  std::mutex mutex_;
  std::condition_variable wake_;
  bool finished_ = false;
};

}  // namespace conclave::app
