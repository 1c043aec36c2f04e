#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>

#include "conclave/client.hpp"
#include "conclave/http/exchange.hpp"
#include "conclave/scheduler/board.hpp"
#include "conclave/scheduler_core/log_tail.hpp"

namespace conclave::scheduler::api {

/// A reply that goes on with the output of a job's runs until the job is final. Its runs are watched, because they are apart from
/// what everybody watches; one reading is under way at a time, and none while the client does not read.
class LogFollower : public std::enable_shared_from_this<LogFollower> {
 public:
  using Show = std::function<void(std::function<void(Result<Board::Shown>)>)>;
  /// `show` reads the job, and answers on the thread of `io`.
  LogFollower(asio::io_context& io, http::ExchangePtr exchange, std::string job, Show show);

  void start(Client& client, const Keys& keys);
  /// Its runs changed.
  void changed();
  /// Looks whether the job changed.
  void look(const Picture& picture);
  void stop();
  [[nodiscard]] bool is_over() const { return is_over_; }

 private:
  void read();
  void take(Result<Board::Shown> shown);
  void again_later();

  http::ExchangePtr exchange_;
  std::string job_;
  Show show_;
  asio::steady_timer timer_;
  asio::io_context& io_;
  Watch watch_;
  LogTail tail_;
  Revision seen_;
  bool is_reading_ = false;
  bool is_stale_ = false;
  bool is_over_ = false;
};

}  // namespace conclave::scheduler::api
