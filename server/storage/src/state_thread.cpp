#include "state_thread.hpp"

#include <pthread.h>

#include <algorithm>
#include <utility>

namespace conclave::storage {
namespace {

constexpr auto tick_interval = std::chrono::seconds(1);
constexpr std::chrono::steady_clock::duration pause_max = std::chrono::milliseconds(20);
constexpr auto look_interval = std::chrono::milliseconds(20);

}  // namespace

void StateThread::start(std::function<void()> first, Task tick) {
  tick_ = std::move(tick);
  thread_ = std::thread([this, first = std::move(first)] {
    ::pthread_setname_np(::pthread_self(), "state");
    if (first) first();
    run();
  });
}

void StateThread::stop(Task last) {
  if (!thread_.joinable()) return;
  {
    const std::scoped_lock lock(mutex_);
    last_ = std::move(last);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
  jobs_.clear();
}

void StateThread::post(Task task) {
  {
    const std::scoped_lock lock(mutex_);
    tasks_.push_back(std::move(task));
    urgent_ = true;
  }
  wake_.notify_one();
}

void StateThread::post_later(Task task) {
  bool first = false;
  {
    const std::scoped_lock lock(mutex_);
    first = tasks_.empty();
    tasks_.push_back(std::move(task));
  }
  if (first) wake_.notify_one();  // so that it sets its alarm
}

StateThread::Turn StateThread::wait() {
  std::unique_lock lock(mutex_);
  const auto until = jobs_.empty() ? next_tick_ : std::min(next_tick_, next_step_);
  while (!stop_ && !urgent_) {
    const auto alarm = tasks_.empty() ? until : std::min(until, next_look_);
    if (Clock::now() >= alarm || wake_.wait_until(lock, alarm) == std::cv_status::timeout) break;
  }
  next_look_ = Clock::now() + look_interval;
  Turn turn;
  turn.tasks.swap(tasks_);
  turn.stop = stop_;
  urgent_ = false;
  return turn;
}

void StateThread::run() {
  execute(tick_);  // the first look at the disk comes before anything is written
  next_tick_ = Clock::now() + tick_interval;
  for (;;) {
    const auto turn = wait();
    for (const auto& task : turn.tasks) execute(task);
    if (turn.stop) break;
    const auto now = Clock::now();
    if (now >= next_tick_) {
      execute(tick_);
      next_tick_ = now + tick_interval;
    }
    if (!jobs_.empty() && now >= next_step_) step_job();
  }
  if (last_) execute(last_);
}

void StateThread::execute(const Task& task) {
  if (failed_) return;
  if (auto done = task(); !done.has_value()) {
    failed_ = true;
    jobs_.clear();
    completions_.fail(done.error());
  }
}

void StateThread::step_job() {
  const auto before = Clock::now();
  bool more = false;
  execute([&]() -> Result<void> {
    const auto stepped = jobs_.front()->step();
    if (!stepped.has_value()) return fail(stepped.error());
    more = *stepped;
    return {};
  });
  const auto after = Clock::now();
  next_step_ = after + std::min(after - before, pause_max);
  if (!more && !jobs_.empty()) jobs_.pop_front();
}

}  // namespace conclave::storage
