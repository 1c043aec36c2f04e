#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "conclave/base/log_sink.hpp"
#include "conclave/base/result.hpp"
#include "conclave/http/counters.hpp"
#include "conclave/http/exchange.hpp"
#include "conclave/http/options.hpp"

namespace asio {
class io_context;
}

namespace conclave::http {

/// An HTTP/1.1 server on a port of its own. Lives on the one thread that runs the io_context; nothing here is called from another.
/// Requests of one connection are handled one after the other.
class Server {
 public:
  /// Binds the port, loads the certificates and accepts as soon as the io_context runs. `io` and `log` outlive the server.
  [[nodiscard]] static Result<std::unique_ptr<Server>> open(asio::io_context& io, Options options, Handler handler, LogSink& log);
  /// Closes everything at once.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] const Counters& counters() const;

  /// Accepts nobody more, closes idle connections, lets replies be finished for at most `patience`, then closes the rest and calls
  /// `then`.
  void stop(Duration patience, std::function<void()> then);

 private:
  struct Parts;
  explicit Server(std::shared_ptr<Parts> parts);
  std::shared_ptr<Parts> parts_;
};

}  // namespace conclave::http
