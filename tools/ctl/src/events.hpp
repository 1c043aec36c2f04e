#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

#include "conclave/base/result.hpp"
#include "conclave/recipes/wait.hpp"

/// What a command that waits can be woken by: signals, and notices from the client's thread.
namespace conclave::ctl {

/// From its making on the signals that end programs, SIGUSR1, SIGUSR2 and SIGCHLD come as values here and do nothing else. It is
/// made before the client, whose thread has to inherit that. Once in a process.
class Events {
 public:
  Events();
  ~Events();
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;

  /// Any thread: ends the present wait(), or the next one.
  void wake() const;
  /// Waits for a signal, a wake() or the end of `at_most`; gives the signal, or zero.
  [[nodiscard]] int wait(std::chrono::milliseconds at_most) const;

 private:
  int signals_ = -1;
  int woken_ = -1;
};
using EventsPtr = std::shared_ptr<Events>;

/// SIGINT, SIGTERM, SIGHUP, SIGQUIT: somebody wants this to end.
[[nodiscard]] bool asks_to_end(int signal);
inline constexpr std::chrono::milliseconds for_long = std::chrono::hours(1);
/// The exit code of what a signal ended.
inline constexpr int exit_of_signal = 128;

template <class T>
struct Awaited {
  Result<T> result;
  int signal = 0;  ///< what called it off, if anything did
};

/// Starts something and waits for its end; a signal that asks to end calls it off, and what came all the same is let go of.
template <class T>
Awaited<T> await_result(const EventsPtr& events, const std::function<void(std::function<void(Result<T>)>, recipes::Wait)>& start,
                        std::optional<std::chrono::milliseconds> timeout) {
  struct Answer {
    std::mutex mutex;
    std::optional<Result<T>> result;
  };
  const auto answer = std::make_shared<Answer>();
  std::stop_source stop;
  start(
      [answer, events](Result<T> result) {
        const std::lock_guard lock(answer->mutex);
        answer->result.emplace(std::move(result));
        events->wake();
      },
      recipes::Wait{timeout, stop.get_token()});
  int called_off = 0;
  while (true) {
    const int signal = events->wait(for_long);
    if (asks_to_end(signal)) {
      called_off = signal;
      stop.request_stop();
    }
    const std::lock_guard lock(answer->mutex);
    if (answer->result) return {std::move(*answer->result), called_off};
  }
}

}  // namespace conclave::ctl
