#pragma once

#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

/// Coroutines of one thread, without an executor: a wait ends where the event that ends it happens. The same recipe runs on a
/// client's thread and in a simulated world.
namespace conclave::recipes::core {

/// A coroutine that begins when it is awaited, once, and gives a T. Move-only; destroying it destroys what it has not done.
template <class T>
class [[nodiscard]] Task {
 public:
  struct promise_type {
    std::optional<T> value;
    std::exception_ptr thrown;
    std::coroutine_handle<> continuation;

    Task get_return_object() { return Task(std::coroutine_handle<promise_type>::from_promise(*this)); }
    std::suspend_always initial_suspend() noexcept { return {}; }
    struct Finished {
      bool await_ready() noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> self) noexcept {
        return self.promise().continuation;
      }
      void await_resume() noexcept {}
    };
    Finished final_suspend() noexcept { return {}; }
    template <class U>
    void return_value(U&& result) {
      value.emplace(std::forward<U>(result));
    }
    void unhandled_exception() { thrown = std::current_exception(); }
  };

  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&&) = delete;
  ~Task() {
    if (handle_) handle_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
    handle_.promise().continuation = awaiting;
    return handle_;
  }
  T await_resume() {
    if (handle_.promise().thrown) std::rethrow_exception(handle_.promise().thrown);
    return std::move(*handle_.promise().value);
  }

 private:
  explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  std::coroutine_handle<promise_type> handle_;
};

/// What runs by itself from its call on and frees itself at its end. What it throws comes out of the event that resumed it.
struct Detached {
  struct promise_type {
    Detached get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() { throw; }
  };
};

/// Runs `task` and hands its value to `done`.
template <class T, class Done>
Detached start(Task<T> task, Done done) {
  T value = co_await std::move(task);
  done(std::move(value));
}

/// A value that comes later, once: the first set() counts. One coroutine may wait for it.
template <class T>
class Promise {
 public:
  Promise() = default;
  Promise(const Promise&) = delete;
  Promise& operator=(const Promise&) = delete;
  void set(T value) {
    if (value_) return;
    value_.emplace(std::move(value));
    if (waiting_) std::exchange(waiting_, nullptr).resume();
  }
  [[nodiscard]] bool is_set() const { return value_.has_value(); }

  struct Awaiter {
    Promise& promise;
    bool await_ready() const noexcept { return promise.value_.has_value(); }
    void await_suspend(std::coroutine_handle<> awaiting) noexcept { promise.waiting_ = awaiting; }
    T await_resume() { return std::move(*promise.value_); }
  };
  [[nodiscard]] Awaiter wait() { return Awaiter{*this}; }

 private:
  std::optional<T> value_;
  std::coroutine_handle<> waiting_;
};

}  // namespace conclave::recipes::core
