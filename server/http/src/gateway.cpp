#include "conclave/gateway/gateway.hpp"

#include <algorithm>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <optional>
#include <set>

#include "calls.hpp"
#include "conclave/http/server.hpp"
#include "joined_links.hpp"
#include "stream_session.hpp"
#include "v2_api.hpp"

namespace conclave::gateway {
namespace {

constexpr std::size_t body_room_bytes = 64 * 1024;  // JSON around a message of the largest size

/// The server's own refusals, in the form that v3 clients read.
std::string refusal_body(const http::Refusal& refused) {
  const auto code = [&] {
    if (refused.status == 404) return Code::not_found;
    if (refused.status == 405) return Code::unimplemented;
    if (refused.status == 503) return Code::unavailable;
    return refused.status < 500 ? Code::invalid_argument : Code::internal;
  };
  return error_body({code(), refused.text});
}

}  // namespace

struct Gateway::Parts {
  Parts(asio::io_context& io_in, Config config_in, Deliver deliver)
      : io(io_in),
        config(std::move(config_in)),
        link(std::move(deliver)),
        settings{config.cluster, config.limits, {config.peer_tls, config.http.tls.enabled()}, {}},
        context{link, settings, events},
        v2(io_in, context) {}

  void add_routes();
  void handle(const http::ExchangePtr& exchange);
  void call(const http::ExchangePtr& exchange, const std::string& path);
  void answer(const http::ExchangePtr& exchange, CallFunction function, const std::string& body);
  void stream(const http::ExchangePtr& exchange, StreamSession::Kind kind);
  [[nodiscard]] http::Fields cors_fields(const http::Exchange& exchange) const;

  asio::io_context& io;
  Config config;
  EngineLink link;
  CallSettings settings;
  EventText events;
  CallContext context;
  V2Api v2;
  http::Router router;
  std::optional<JoinedLinks> joined;
  std::set<std::shared_ptr<StreamSession>> sessions;
  std::unique_ptr<http::Server> server;
};

void Gateway::Parts::add_routes() {
  v2.add_routes(router);
  for (const char* version : {"/v3", "/v3beta", "/v3alpha"}) {
    router.add("POST", std::string(version) + "/{call*}", [this](const http::ExchangePtr& exchange) {
      call(exchange, "/" + std::string(exchange->request().parts.get("call")));
    });
  }
  router.add("GET", "/version", [this](const http::ExchangePtr& exchange) {
    exchange->reply({200, version_answer(config.version), "application/json", cors_fields(*exchange)});
  });
}

void Gateway::Parts::handle(const http::ExchangePtr& exchange) {
  http::Fields cors = cors_fields(*exchange);
  if (exchange->request().head.method == "OPTIONS" && cors.size() != 0) return exchange->reply({200, "", "", std::move(cors)});
  router(exchange);
}

http::Fields Gateway::Parts::cors_fields(const http::Exchange& exchange) const {
  const std::string* origin = exchange.request().head.fields.find("Origin");
  if (origin == nullptr) return {};
  const auto allows = [&](const std::string& allowed) { return allowed == "*" || allowed == *origin; };
  if (std::ranges::none_of(config.cors, allows)) return {};
  return {{"Access-Control-Allow-Methods", "POST, GET, OPTIONS, PUT, DELETE"},
          {"Access-Control-Allow-Origin", *origin},
          {"Access-Control-Allow-Headers", "accept, content-type, authorization"},
          {"Vary", "Origin"}};
}

void Gateway::Parts::call(const http::ExchangePtr& exchange, const std::string& path) {
  if (path == "/watch") return stream(exchange, StreamSession::Kind::watch);
  if (path == "/lease/keepalive") return stream(exchange, StreamSession::Kind::keep_alive);
  const CallFunction function = call_for(path);
  if (function == nullptr) return exchange->reply({404, error_body({Code::not_found, "Not Found"}), "application/json", {}});
  exchange->read_body([this, exchange, function](const Result<std::string>& body) {
    if (body.has_value()) answer(exchange, function, *body);
  });
}

void Gateway::Parts::answer(const http::ExchangePtr& exchange, CallFunction function, const std::string& body) {
  const auto finish = [this, exchange](const Answer& done) {
    exchange->reply({static_cast<int>(done.status), done.body, "application/json", cors_fields(*exchange)});
  };
  Problem problem;
  const JsonDocument document = JsonDocument::parse(body, settings.json, problem);
  if (!problem) function(context, document.root(problem), {exchange->request().remote.common_name, finish});
  if (problem) finish(refusal(*problem));
}

void Gateway::Parts::stream(const http::ExchangePtr& exchange, StreamSession::Kind kind) {
  http::Fields fields = cors_fields(*exchange);
  fields.set("Content-Type", "application/json");
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
Gateway::~Gateway() = default;

Result<std::unique_ptr<Gateway>> Gateway::open(asio::io_context& io, Config config, Deliver deliver, LogSink& log) {
  auto parts = std::make_unique<Parts>(io, std::move(config), std::move(deliver));
  parts->add_routes();
  http::Options options = parts->config.http;
  options.limits.body_bytes_max = parts->settings.json.message_bytes_max + body_room_bytes;
  options.error_body = refusal_body;
  auto server = http::Server::open(
      io, std::move(options), [raw = parts.get()](const http::ExchangePtr& exchange) { raw->handle(exchange); }, log);
  if (!server.has_value()) return fail(server.error());
  parts->server = std::move(*server);
  return std::unique_ptr<Gateway>(new Gateway(std::move(parts)));
}

engine::ClientLinks& Gateway::clients(engine::ClientLinks& others) { return parts_->joined.emplace(parts_->link, others); }
http::Router& Gateway::router() { return parts_->router; }
std::uint16_t Gateway::port() const { return parts_->server->port(); }
const http::Counters& Gateway::counters() const { return parts_->server->counters(); }

void Gateway::probe(std::function<void(Result<void>)> done) {
  engine::ReadRequest read;
  read.query = engine::LeaseList{LeaseId(), 1};
  parts_->link.ask({}, std::move(read), [done = std::move(done)](const engine::ReplyHeader&, const engine::ReplyBody& body) {
    const mvcc::Refused* const refused = refused_in(body);
    done(refused == nullptr ? Result<void>() : fail(refused->code, refused->context));
  });
}

}  // namespace conclave::gateway
