#pragma once

#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>

#include "conclave/base/log_sink.hpp"
#include "conclave/base/result.hpp"

namespace conclave::transport {

/// A listening socket that hands over what it accepts. Loop thread only.
class Listener {
 public:
  using Accept = std::function<void(asio::ip::tcp::socket)>;

  /// Binds HOST:PORT; the error names it.
  [[nodiscard]] static Result<std::unique_ptr<Listener>> open(asio::io_context& io, const std::string& address, LogSink& log,
                                                              Accept accept);

  void start();
  void stop();
  [[nodiscard]] std::uint16_t port() const;

 private:
  Listener(asio::io_context& io, LogSink& log, Accept accept);
  [[nodiscard]] std::error_code bind(const asio::ip::tcp::endpoint& endpoint);
  void pause(const std::string& why);

  LogSink& log_;
  Accept accept_;
  asio::ip::tcp::acceptor acceptor_;
  asio::steady_timer timer_;
};

}  // namespace conclave::transport
