#pragma once

#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "conclave/http/metrics.hpp"
#include "conclave/scheduler/board.hpp"
#include "conclave/scheduler_api/requests.hpp"
#include "conclave/scheduler_http/service.hpp"
#include "log_follower.hpp"
#include "streams.hpp"
#include "watcher.hpp"

namespace conclave::scheduler::api {

/// One request under way.
struct Ask {
  http::ExchangePtr exchange;
  std::string route;  ///< "GET /v1/jobs/{job}"
  Instant began;
  [[nodiscard]] const http::RequestHead& head() const { return exchange->request().head; }
  [[nodiscard]] std::string part(std::string_view name) const { return std::string(exchange->request().parts.get(name)); }
};
using AskPtr = std::shared_ptr<Ask>;

/// Who may send a request: anybody, whoever calls this by a name of its own, or whoever is no foreign page.
enum class Door : std::uint8_t { open, named, guarded };

struct Service::Parts : std::enable_shared_from_this<Service::Parts> {
  using Act = void (Parts::*)(const AskPtr&);
  using WithBody = void (Parts::*)(const AskPtr&, const std::string&);

  Parts(asio::io_context& context, Client& with, Keys of, ServiceOptions chosen)
      : io(context), client(with), base(with), keys(std::move(of)), options(std::move(chosen)) {}
  void start();
  void add_routes(http::Router& router);
  void route(http::Router& router, const std::string& method, const std::string& pattern, Door door, Act act);

  // calls.cpp
  void list(const AskPtr& ask);
  void show(const AskPtr& ask);
  void submit(const AskPtr& ask);
  void cancel(const AskPtr& ask);
  void retry(const AskPtr& ask);
  void discard(const AskPtr& ask);
  void agents(const AskPtr& ask);
  void status(const AskPtr& ask);
  void drain(const AskPtr& ask);
  void undrain(const AskPtr& ask);
  void unfreeze(const AskPtr& ask);
  // watching.cpp
  void events(const AskPtr& ask);
  void logs(const AskPtr& ask);
  void follow_logs(const AskPtr& ask, const std::string& job);
  void ready(const AskPtr& ask);
  void live(const AskPtr& ask);
  void metrics(const AskPtr& ask);
  void page(const AskPtr& ask);
  void file(const AskPtr& ask);
  void give_file(const AskPtr& ask, std::string_view name);

  void changed();
  /// As soon as the view has everything that completed before.
  void synced(const AskPtr& ask, std::function<void(Parts&)> then);
  void with_body(const AskPtr& ask, WithBody then);
  void submit_body(const AskPtr& ask, const std::string& body);
  void cancel_body(const AskPtr& ask, const std::string& body);
  void retry_body(const AskPtr& ask, const std::string& body);
  void discard_body(const AskPtr& ask, const std::string& body);
  void drain_body(const AskPtr& ask, const std::string& body);
  void undrain_body(const AskPtr& ask, const std::string& body);
  void unfreeze_body(const AskPtr& ask, const std::string& body);
  void count_changes(const AskPtr& ask, recipes::Make<std::uint64_t> make);
  void say_whether(const AskPtr& ask, recipes::Make<bool> make);
  [[nodiscard]] bool is_named(const AskPtr& ask, std::string_view part);
  /// What a user's call on the board came to, on this thread; who asked is told of errors.
  template <class T, class Then>
  void on_board(const AskPtr& ask, recipes::Make<T> make, Then then) {
    recipes::run<T>(base.loop, recipes::Wait{options.store_timeout, {}}, std::move(make),
                    [self = shared_from_this(), ask, then](Result<T> result) {
                      asio::post(self->io, [self, ask, then, result = std::move(result)]() mutable {
                        if (!result) return self->refuse(ask, trouble_of(result.error()));
                        then(*self, std::move(*result));
                      });
                    });
  }
  [[nodiscard]] Board board() const { return {base.hub, keys}; }

  void reply(const AskPtr& ask, http::Reply reply);
  void refuse(const AskPtr& ask, const Trouble& trouble, http::Fields fields = {});
  void count(const Ask& ask, int status);

  asio::io_context& io;
  Client& client;
  recipes::Base base;
  Keys keys;
  ServiceOptions options;
  const http::Server* server = nullptr;
  std::shared_ptr<Watcher> watcher;
  std::shared_ptr<Streams> streams;
  std::set<std::shared_ptr<LogFollower>> followers;
  std::map<std::pair<std::string, int>, std::uint64_t> replies;
  std::map<std::string, http::LatencyHistogram> latencies;
};

}  // namespace conclave::scheduler::api
