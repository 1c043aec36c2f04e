#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "completions.hpp"
#include "conclave/base/result.hpp"

namespace conclave::storage {

/// Long work in short steps.
class Job {
 public:
  virtual ~Job() = default;
  /// Does some milliseconds' worth. False: it is done.
  [[nodiscard]] virtual Result<bool> step() = 0;
};

/// The thread that writes the state and does the background work. Tasks run in the order they were posted; one job at a time goes
/// on between them, with a pause after each step as long as the step took, so that the log's flushes find the disk free.
///
/// A task or step that gives an error fails the storage: nothing runs after it.
class StateThread {
 public:
  using Task = std::function<Result<void>()>;

  explicit StateThread(Completions& completions) : completions_(completions) {}
  ~StateThread() { stop({}); }
  StateThread(const StateThread&) = delete;
  StateThread& operator=(const StateThread&) = delete;

  /// `first` runs first and may be empty; `tick` runs once a second.
  void start(std::function<void()> first, Task tick);
  /// Runs what was posted, drops jobs, runs `last` and ends the thread. A second call does nothing.
  void stop(Task last);

  /// Any thread.
  void post(Task task);
  /// The same for what has time: it may wait for some milliseconds so that more of it is done at one waking. The order of all tasks
  /// is kept.
  void post_later(Task task);
  /// From the thread itself.
  void add(std::unique_ptr<Job> job) { jobs_.push_back(std::move(job)); }
  [[nodiscard]] bool has_jobs() const { return !jobs_.empty(); }

 private:
  using Clock = std::chrono::steady_clock;
  struct Turn {
    std::deque<Task> tasks;
    bool stop = false;
  };
  void run();
  [[nodiscard]] Turn wait();
  void execute(const Task& task);
  void step_job();

  Completions& completions_;
  Task tick_;
  Task last_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> tasks_;
  bool urgent_ = false;  // one of tasks_ does not wait
  bool stop_ = false;

  std::deque<std::unique_ptr<Job>> jobs_;  // this and below: of the thread
  Clock::time_point next_step_;
  Clock::time_point next_tick_;
  Clock::time_point next_look_;  // at tasks that have time
  bool failed_ = false;

  std::thread thread_;
};

}  // namespace conclave::storage
