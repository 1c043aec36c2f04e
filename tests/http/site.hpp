#pragma once

#include <asio/io_context.hpp>
#include <functional>
#include <memory>
#include <thread>

#include "conclave/http/router.hpp"
#include "conclave/http/server.hpp"

namespace conclave::test {

/// A server with some handlers on a thread of its own:
///   GET /hello, POST /echo (the body), POST /slow-echo (each piece as a chunk, full duplex), GET /count/{n} (n chunks), GET
///   /flood/{bytes}, GET /events, GET /wait (answers when the client has gone or release() is called), GET /forget (never answers),
///   POST /throw, POST /ignore.
class Site {
 public:
  explicit Site(http::Options options = {});
  ~Site();
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// Runs `what` on the thread of the server and waits for it.
  void run(const std::function<void(http::Server&)>& what);
  [[nodiscard]] http::Counters counters();
  [[nodiscard]] std::uint64_t refused(const std::string& kind);
  /// Waits until `holds` says true of the counters; false after some seconds.
  [[nodiscard]] bool eventually(const std::function<bool(const http::Counters&)>& holds);
  void release();
  /// Calls stop() and waits for its end.
  void stop(Duration patience);

 private:
  void add_handlers();

  NullLogSink log_;
  asio::io_context io_{1};
  http::Router router_;
  std::unique_ptr<http::Server> server_;
  std::vector<http::ExchangePtr> waiting_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace conclave::test
