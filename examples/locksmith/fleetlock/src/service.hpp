#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "conclave/client.hpp"
#include "conclave/http/metrics.hpp"
#include "conclave/http/router.hpp"
#include "conclave/http/server.hpp"
#include "conclave/locksmith/groups.hpp"
#include "options.hpp"
#include "protocol.hpp"

namespace asio {
class io_context;
}

namespace conclave::locksmith::fleetlock {

/// Answers FleetLock's two calls from the groups in the store. Lives on the thread of `io`; the client's callbacks are passed on to
/// it.
///
/// Both calls may be repeated: who has a slot is told so again, and who has none is told that it has given it back; neither writes.
/// A slot that was taken by somebody with a certificate is given back to nobody with another name or none.
class Service : public std::enable_shared_from_this<Service> {
 public:
  Service(asio::io_context& io, Client& client, const Options& options, LogSink& log);

  void add_routes(http::Router& router);
  /// Whose counters are on /metrics; may be set once the server is there.
  void show_server(const http::Server& server) { server_ = &server; }

 private:
  /// One call of a client under way.
  struct Call {
    http::ExchangePtr exchange;
    std::string verb;  ///< "pre-reboot" or "steady-state"
    ClientParams params;
    std::string taker;
    Instant started;
  };
  using CallPtr = std::shared_ptr<Call>;

  void begin(const std::string& verb, const http::ExchangePtr& exchange, void (Service::*act)(const CallPtr&));
  [[nodiscard]] std::optional<http::Refusal> identify(Call& call, std::string_view body) const;
  void pre_reboot(const CallPtr& call);
  void take(const CallPtr& call, const GroupView& view);
  void taken(const CallPtr& call, Result<Attempt> attempt);
  void explain_refusal(const CallPtr& call, const std::string& why_not);
  void steady_state(const CallPtr& call);
  void give_back(const CallPtr& call, const GroupView& view);
  void look(const CallPtr& call, void (Service::*then)(const CallPtr&, const GroupView&));

  void done(const CallPtr& call);
  void refuse(const CallPtr& call, http::Refusal refusal);
  void refuse(const CallPtr& call, const Error& error);
  void count(const Call& call, const std::string& outcome);

  void ready(const http::ExchangePtr& exchange);
  void metrics(const http::ExchangePtr& exchange);
  [[nodiscard]] http::MetricsPage page() const;

  [[nodiscard]] Group group(const std::string& name) const;
  /// A callback that runs on the thread of `io`.
  template <class Value, class Then>
  [[nodiscard]] std::function<void(Value)> here(Then then);

  asio::io_context& io_;
  Client& client_;
  Options options_;
  LogSink& log_;
  const http::Server* server_ = nullptr;
  std::set<std::string> groups_seen_;  ///< for the metrics
  std::map<std::pair<std::string, std::string>, std::uint64_t> outcomes_;
  std::map<std::string, http::LatencyHistogram> latencies_;
};

}  // namespace conclave::locksmith::fleetlock
