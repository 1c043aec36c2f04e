#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "conclave/base/log_sink.hpp"
#include "conclave/base/result.hpp"
#include "conclave/engine/event.hpp"
#include "conclave/engine/ports.hpp"
#include "conclave/http/counters.hpp"
#include "conclave/http/options.hpp"
#include "conclave/http/router.hpp"
#include "conclave/mvcc/limits.hpp"

namespace asio {
class io_context;
}

namespace conclave::gateway {

struct Config {
  http::Options http;
  ClusterId cluster;
  mvcc::Limits limits;            ///< what commands are checked against
  std::string version;            ///< of the program
  bool peer_tls = false;          ///< members reach each other with TLS: how their URLs begin
  std::vector<std::string> cors;  ///< origins of pages that may ask; "*": all
};

/// What a member serves over HTTP: the JSON interface of etcd v3, the v2 keys API and /version (docs/http.md). To the engine its
/// requests are those of client connections. All of it happens on a thread of its own, which gives way to the engine's; the methods
/// here are for the engine's thread.
class Gateway {
 public:
  using Deliver = std::function<void(engine::Event)>;
  /// Binds the port. `deliver` hands events to the engine for its next pass, from any thread. `loop` is where the engine runs; it
  /// and `log`, which is thread-safe, outlive the gateway.
  [[nodiscard]] static Result<std::unique_ptr<Gateway>> open(asio::io_context& loop, Config config, Deliver deliver, LogSink& log);
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  /// The engine's way to clients: to those of this gateway, and to all others through `others`, which lives as long.
  [[nodiscard]] engine::ClientLinks& clients(engine::ClientLinks& others);
  /// Further paths, for what else the member serves on this port: their handlers run on the engine's thread, with an exchange that
  /// only replies or refuses. Before start().
  [[nodiscard]] http::Router& router();
  /// Begins to answer. At most once.
  void start();
  [[nodiscard]] std::uint16_t port() const;
  /// For those handlers: what the server had counted when the request came.
  [[nodiscard]] const http::Counters& counters() const;
  /// Makes one linearizable read, for whoever wants to know whether the member can; `done` is called once, later.
  void probe(std::function<void(Result<void>)> done);
  /// Runs `work` on the gateway's thread, for what would hold up the engine's.
  void run_aside(std::function<void()> work);

 private:
  struct Parts;
  explicit Gateway(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace conclave::gateway
