#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace conclave::transport {

/// Two threads that share one loop, one at a time. Whoever has it may go away to do something that blocks; if that takes long, the
/// other one takes the loop over and keeps it. What belongs to the loop needs no lock: all changes of hands go through one atomic
/// number.
class Shifts {
 public:
  /// How often the thread that waits looks whether the other one is still away: it takes over after one to two of these.
  static constexpr std::chrono::steady_clock::duration look_interval = std::chrono::milliseconds(2);

  /// The thread with the loop goes away. The result is for come_back().
  [[nodiscard]] std::uint64_t leave();
  /// It is back. False: the loop is no longer its own, it waits for its next turn.
  [[nodiscard]] bool come_back(std::uint64_t left);
  /// Returns true when the calling thread has the loop, false when there is none any more.
  [[nodiscard]] bool wait_for_turn();
  /// The loop has ended. Called by the thread that has it.
  void end();

 private:
  [[nodiscard]] static bool is_away(std::uint64_t number) { return number % 2 != 0; }

  std::atomic<std::uint64_t> number_{0};  // odd: away; each change adds one
  std::atomic<bool> asleep_{false};       // the one that waits does not look
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ended_ = false;
};

}  // namespace conclave::transport
