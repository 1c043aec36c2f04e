#pragma once

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <functional>
#include <memory>
#include <thread>

namespace conclave::gateway {

/// The thread on which everything of HTTP happens: sockets, JSON, TLS. It gives way to the loop that replicates: where processors
/// are short, those who wait at a gateway wait, and not the members for each other.
class OwnThread {
 public:
  /// Called on the thread after each piece of what one piece of news or one pass may have many of: lets others have the processor
  /// now and then, where they want it.
  static void breathe();

  OwnThread();
  ~OwnThread();
  OwnThread(const OwnThread&) = delete;
  OwnThread& operator=(const OwnThread&) = delete;

  /// Kept by whoever may still post when the thread has ended: what is posted then is never run.
  [[nodiscard]] const std::shared_ptr<asio::io_context>& io() const { return io_; }
  void start();
  /// Runs `last` behind everything that was posted before, and ends. Without start() it runs here.
  void stop(const std::function<void()>& last);

 private:
  std::shared_ptr<asio::io_context> io_ = std::make_shared<asio::io_context>();
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::thread thread_;
};

}  // namespace conclave::gateway
