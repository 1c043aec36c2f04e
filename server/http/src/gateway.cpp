#include "conclave/gateway/gateway.hpp"

#include <algorithm>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <optional>
#include <set>

#include "calls.hpp"
#include "conclave/http/hand_over.hpp"
#include "conclave/http/server.hpp"
#include "conclave/http_core/origin.hpp"
#include "joined_links.hpp"
#include "loop_links.hpp"
#include "own_thread.hpp"
#include "stream_session.hpp"
#include "v2_api.hpp"

namespace conclave::gateway {
namespace {

constexpr std::size_t body_room_bytes = 64 * 1024;  // JSON around a message of the largest size

http::Fields cors_fields(const std::string& origin) {
  return {{"Access-Control-Allow-Methods", "POST, GET, OPTIONS, PUT, DELETE"},
          {"Access-Control-Allow-Origin", origin},
          {"Access-Control-Allow-Headers", "accept, content-type, authorization"},
          {"Access-Control-Expose-Headers", "X-Etcd-Cluster-Id, X-Etcd-Index, X-Raft-Index, X-Raft-Term"},
          {"Vary", "Origin"}};
}

/// The server's own refusals, in the form that v3 clients read.
std::string refusal_body(const http::Refusal& refused) {
  const auto code = [&] {
    if (refused.status == 403) return Code::permission_denied;
    if (refused.status == 404) return Code::not_found;
    if (refused.status == 405) return Code::unimplemented;
    if (refused.status == 503) return Code::unavailable;
    return refused.status < 500 ? Code::invalid_argument : Code::internal;
  };
  return error_body({code(), refused.text});
}

}  // namespace

struct Gateway::Parts {
  Parts(asio::io_context& loop_in, Config config_in, Deliver deliver)
      : loop(loop_in),
        config(std::move(config_in)),
        io(*thread.io()),
        link(std::move(deliver)),
        from_loop(io, link),
        settings{config.cluster, config.limits, {config.peer_tls, config.http.tls.enabled()}, {}},
        context{link, settings, events},
        v2(io, context) {}

  void add_routes();
  [[nodiscard]] http::Handler on_loop(http::Handler handler);
  void handle(const http::ExchangePtr& exchange);
  void call(const http::ExchangePtr& exchange, const std::string& path);
  void answer(const http::ExchangePtr& exchange, CallFunction function, const std::string& body);
  void stream(const http::ExchangePtr& exchange, StreamSession::Kind kind);

  asio::io_context& loop;
  Config config;
  OwnThread thread;
  asio::io_context& io;  // the thread's
  EngineLink link;
  LoopLinks from_loop;
  CallSettings settings;
  EventText events;
  CallContext context;
  V2Api v2;
  http::Router router;
  std::optional<JoinedLinks> joined;
  std::set<std::shared_ptr<StreamSession>> sessions;
  std::unique_ptr<http::Server> server;
  http::Counters counters;  // as the loop thread last saw them
};

void Gateway::Parts::add_routes() {
  v2.add_routes(router);
  for (const std::string version : {"/v3", "/v3beta", "/v3alpha"}) {
    router.add("POST", version + "/{call*}", [this](const http::ExchangePtr& exchange) {
      std::string path(exchange->request().parts.get("call"));
      call(exchange, path.insert(0, 1, '/'));
    });
  }
  router.add("GET", "/version", [this](const http::ExchangePtr& exchange) {
    exchange->reply({200, version_answer(config.version), "application/json", {}});
  });
}

/// Pages of others look at the engine, so they run where it does. What the server has counted goes with them.
http::Handler Gateway::Parts::on_loop(http::Handler handler) {
  return [this, handler = std::move(handler)](const http::ExchangePtr& exchange) {
    http::hand_over(exchange, thread.io(), loop,
                    [this, handler, counted = server->counters()](const http::ExchangePtr& twin) mutable {
                      counters = std::move(counted);
                      handler(twin);
                    });
  };
}

void Gateway::Parts::handle(const http::ExchangePtr& exchange) {
  const http::RequestHead& head = exchange->request().head;
  const std::string* const origin = head.fields.find("Origin");
  const bool listed = origin != nullptr && http::is_listed(config.cors, *origin);
  if (listed && !head.path.starts_with("/ui")) exchange->add_fields(cors_fields(*origin));
  if (listed && head.method == "OPTIONS") return exchange->reply({200, "", "", {}});
  // The browser asks nobody before it sends a simple request for a page of whoever: without this it could write.
  if (http::may_change(head.method) && !listed && http::page_of(head) == http::Page::other) {
    return exchange->refuse(
        {403, "foreign_page",
         "pages of " + (origin == nullptr ? "other sites" : *origin) + " may not ask this member; --cors names those that may"});
  }
  router(exchange);
}

void Gateway::Parts::call(const http::ExchangePtr& exchange, const std::string& path) {
  if (path == "/watch") return stream(exchange, StreamSession::Kind::watch);
  if (path == "/lease/keepalive") return stream(exchange, StreamSession::Kind::keep_alive);
  if (path == "/election/observe") return stream(exchange, StreamSession::Kind::observe);
  const CallFunction function = call_for(path);
  if (function == nullptr) return exchange->reply({404, error_body({Code::not_found, "Not Found"}), "application/json", {}});
  exchange->read_body([this, exchange, function](const Result<std::string>& body) {
    if (body.has_value()) answer(exchange, function, *body);
  });
}

void Gateway::Parts::answer(const http::ExchangePtr& exchange, CallFunction function, const std::string& body) {
  const auto finish = [exchange](const Answer& done) {
    exchange->reply({static_cast<int>(done.status), done.body, "application/json", {}});
  };
  Problem problem;
  const JsonDocument document = JsonDocument::parse(body, settings.json, problem);
  const auto on_gone = [exchange](std::function<void()> then) { exchange->on_gone(std::move(then)); };
  if (!problem) function(context, document.root(problem), {exchange->request().remote.common_name, finish, on_gone});
  if (problem) finish(refusal(*problem));
}

void Gateway::Parts::stream(const http::ExchangePtr& exchange, StreamSession::Kind kind) {
  http::Fields fields{{"Content-Type", "application/json"}};
  const auto closed = std::make_shared<std::weak_ptr<StreamSession>>();
  auto session = std::make_shared<StreamSession>(context, exchange, std::move(fields), [this, closed] {
    asio::post(io, [this, closed] {
      const auto done = closed->lock();
      if (done == nullptr) return;
      done->release();
      sessions.erase(done);
    });
  });
  *closed = session;
  sessions.insert(session);
  session->start(kind);
}

Gateway::Gateway(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Gateway::~Gateway() {
  parts_->thread.stop([this] {
    parts_->server.reset();
    parts_->sessions.clear();
  });
}

Result<std::unique_ptr<Gateway>> Gateway::open(asio::io_context& loop, Config config, Deliver deliver, LogSink& log) {
  auto parts = std::make_unique<Parts>(loop, std::move(config), std::move(deliver));
  parts->add_routes();
  parts->router.wrap_further([raw = parts.get()](http::Handler handler) { return raw->on_loop(std::move(handler)); });
  http::Options options = parts->config.http;
  options.limits.body_bytes_max = parts->settings.json.message_bytes_max + body_room_bytes;
  options.error_body = refusal_body;
  auto server = http::Server::open(
      parts->io, std::move(options), [raw = parts.get()](const http::ExchangePtr& exchange) { raw->handle(exchange); }, log);
  if (!server.has_value()) return fail(server.error());
  parts->server = std::move(*server);
  return std::unique_ptr<Gateway>(new Gateway(std::move(parts)));
}

void Gateway::start() { parts_->thread.start(); }
engine::ClientLinks& Gateway::clients(engine::ClientLinks& others) { return parts_->joined.emplace(parts_->from_loop, others); }
http::Router& Gateway::router() { return parts_->router; }
std::uint16_t Gateway::port() const { return parts_->server->port(); }
const http::Counters& Gateway::counters() const { return parts_->counters; }

void Gateway::run_aside(std::function<void()> work) { asio::post(parts_->io, std::move(work)); }

void Gateway::probe(std::function<void(Result<void>)> done) {
  asio::post(parts_->io, [parts = parts_.get(), done = std::move(done)]() mutable {
    engine::ReadRequest read;
    read.query = engine::LeaseList{LeaseId(), 1};
    parts->link.ask({}, std::move(read),
                    [parts, done = std::move(done)](const engine::ReplyHeader&, const engine::ReplyBody& body) {
                      const mvcc::Refused* const refused = refused_in(body);
                      const Result<void> read_well = refused == nullptr ? Result<void>() : fail(refused->code, refused->context);
                      asio::post(parts->loop, [done, read_well] { done(read_well); });
                    });
  });
}

}  // namespace conclave::gateway
