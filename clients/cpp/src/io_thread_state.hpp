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

  [[nodiscard]] bool is_this_thread() const { return std::this_thread::get_id() == thread.get_id(); }
};

}  // namespace conclave
