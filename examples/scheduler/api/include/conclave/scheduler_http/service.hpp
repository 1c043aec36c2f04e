#pragma once

#include <chrono>
#include <memory>

#include "conclave/client.hpp"
#include "conclave/http/router.hpp"
#include "conclave/http/server.hpp"
#include "conclave/scheduler_api/doors.hpp"
#include "conclave/scheduler_core/keys.hpp"

namespace asio {
class io_context;
}

namespace conclave::scheduler::api {

struct ServiceOptions {
  Doors doors;
  std::chrono::milliseconds store_timeout{10'000};
};

/// The scheduler's HTTP interface and page over a client. One cached view of the scheduler's keys serves all lists and all
/// browsers; only what lists do not show is read from the store. Lives on the thread of `io`, which outlives the client.
class Service {
 public:
  Service(asio::io_context& io, Client& client, Keys keys, ServiceOptions options);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  void add_routes(http::Router& router);
  /// Whose counters are on /metrics.
  void show_server(const http::Server& server);
  /// Ends every stream and the view. Before the client closes.
  void stop();

 private:
  struct Parts;
  std::shared_ptr<Parts> parts_;
};

}  // namespace conclave::scheduler::api
