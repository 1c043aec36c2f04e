#include "conclave/scheduler_http/service.hpp"

#include <chrono>

#include "parts.hpp"

namespace conclave::scheduler::api {
namespace {

Instant steady_now() { return Instant(std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch())); }

/// Nothing that is told here is to be kept, guessed to be of another kind, or read by pages of other sites.
http::Fields with_rules(http::Fields fields) {
  if (fields.find("Cache-Control") == nullptr) fields.add("Cache-Control", "no-store");
  fields.add("X-Content-Type-Options", "nosniff");
  fields.add("Cross-Origin-Resource-Policy", "same-origin");
  return fields;
}

}  // namespace

Service::Service(asio::io_context& io, Client& client, Keys keys, ServiceOptions options)
    : parts_(std::make_shared<Parts>(io, client, std::move(keys), std::move(options))) {
  parts_->start();
}

Service::~Service() = default;

void Service::add_routes(http::Router& router) { parts_->add_routes(router); }
void Service::show_server(const http::Server& server) { parts_->server = &server; }

void Service::stop() {
  parts_->streams->stop();
  const auto all = std::exchange(parts_->followers, {});
  for (const auto& follower : all) follower->stop();
  parts_->watcher->stop();
  parts_->server = nullptr;
}

void Service::Parts::start() {
  watcher = std::make_shared<Watcher>(io, base, keys, options.store_timeout, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->changed();
  });
  streams = std::make_shared<Streams>(io, watcher->live(), [weak = std::weak_ptr<Watcher>(watcher)] {
    const auto of = weak.lock();
    return of == nullptr ? std::nullopt : of->age();
  });
  watcher->start();
  streams->start();
}

void Service::Parts::add_routes(http::Router& router) {
  const auto guarded = [&](const char* method, const char* pattern, Act act) {
    route(router, method, pattern, Door::guarded, act);
  };
  guarded("POST", "/v1/jobs", &Parts::submit);
  guarded("GET", "/v1/jobs", &Parts::list);
  guarded("GET", "/v1/jobs/{job}", &Parts::show);
  guarded("DELETE", "/v1/jobs/{job}", &Parts::discard);
  guarded("GET", "/v1/jobs/{job}/logs", &Parts::logs);
  guarded("POST", "/v1/jobs/{job}/cancel", &Parts::cancel);
  guarded("POST", "/v1/jobs/{job}/retry", &Parts::retry);
  guarded("POST", "/v1/jobs/{job}/discard", &Parts::discard);
  guarded("GET", "/v1/agents", &Parts::agents);
  guarded("POST", "/v1/agents/{agent}/drain", &Parts::drain);
  guarded("POST", "/v1/agents/{agent}/undrain", &Parts::undrain);
  guarded("POST", "/v1/unfreeze", &Parts::unfreeze);
  guarded("GET", "/v1/status", &Parts::status);
  guarded("GET", "/v1/events", &Parts::events);
  route(router, "GET", "/livez", Door::open, &Parts::live);
  route(router, "GET", "/readyz", Door::open, &Parts::ready);
  route(router, "GET", "/metrics", Door::open, &Parts::metrics);
  route(router, "GET", "/", Door::named, &Parts::page);
  route(router, "GET", "/page/{file}", Door::named, &Parts::file);
}

void Service::Parts::route(http::Router& router, const std::string& method, const std::string& pattern, Door door, Act act) {
  router.add(method, pattern,
             [self = shared_from_this(), name = method + " " + pattern, door, act](const http::ExchangePtr& exchange) {
               const auto ask = std::make_shared<Ask>(Ask{exchange, name, steady_now()});
               std::optional<Trouble> stranger;
               if (door == Door::named) stranger = refuse_host(ask->head(), self->options.doors);
               if (door == Door::guarded) stranger = refuse_stranger(ask->head(), self->options.doors);
               if (stranger) return self->refuse(ask, *stranger);
               ((*self).*act)(ask);
             });
}

void Service::Parts::changed() {
  streams->changed();
  const auto all = followers;
  for (const auto& follower : all) {
    follower->look(watcher->live().picture());
    if (follower->is_over()) followers.erase(follower);
  }
}

void Service::Parts::with_body(const AskPtr& ask, WithBody then) {
  if (auto trouble = check_parameters(ask->head(), {})) return refuse(ask, *trouble);
  ask->exchange->read_body([self = shared_from_this(), ask, then](Result<std::string> body) {
    if (!body) return self->count(*ask, body.error().code == Errc::too_large ? 413 : 400);  // the client has been told
    if (auto trouble = check_content_type(ask->head(), *body)) return self->refuse(ask, *trouble);
    ((*self).*then)(ask, *body);
  });
}

void Service::Parts::synced(const AskPtr& ask, std::function<void(Parts&)> then) {
  watcher->sync([self = shared_from_this(), ask, then = std::move(then)](const Result<Revision>& revision) {
    if (!revision) return self->refuse(ask, trouble_of(revision.error()));
    then(*self);
  });
}

bool Service::Parts::is_named(const AskPtr& ask, std::string_view part) {
  const auto trouble = check_name(part, ask->part(part));
  if (trouble) refuse(ask, *trouble);
  return !trouble;
}

void Service::Parts::reply(const AskPtr& ask, http::Reply reply) {
  count(*ask, reply.status);
  reply.fields = with_rules(std::move(reply.fields));
  ask->exchange->reply(std::move(reply));
}

void Service::Parts::refuse(const AskPtr& ask, const Trouble& trouble, http::Fields fields) {
  if (trouble.status == 503) fields.add("Retry-After", "1");
  reply(ask, {.status = trouble.status, .body = to_json(trouble), .fields = std::move(fields)});
}

void Service::Parts::count(const Ask& ask, int status) {
  ++replies[{ask.route, status}];
  latencies[ask.route].observe(steady_now() - ask.began);
}

}  // namespace conclave::scheduler::api
