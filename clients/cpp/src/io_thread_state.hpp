#pragma once

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <thread>

#include "conclave/io_thread.hpp"

namespace conclave {

struct IoThread::State {
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  std::thread thread;

  void run() {
    of_this_thread = this;
    io.run();
  }
  /// Any thread, at any time: also while another one waits for the end of `thread`.
  [[nodiscard]] bool is_this_thread() const { return of_this_thread == this; }

 private:
  static inline thread_local const State* of_this_thread = nullptr;
};

}  // namespace conclave
