#include "service.hpp"

#include <algorithm>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <chrono>
#include <stop_token>

#include "conclave/locksmith/zones.hpp"

namespace conclave::locksmith::fleetlock {
namespace {

constexpr std::size_t groups_shown_max = 256;
constexpr int status_locked = 423;

Instant steady_now() { return Instant(std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch())); }

WallMillis wall_now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// Why a group gives no slot, as a kind.
std::string kind_of(GroupState state) {
  if (state == GroupState::full) return "failed_lock_semaphore_full";
  if (state == GroupState::open) return "failed_lock_queue";
  return "failed_lock_group_" + std::string(name_of(state));
}

}  // namespace

Service::Service(asio::io_context& io, Client& client, const Options& options, LogSink& log)
    : io_(io), client_(client), options_(options), log_(log), groups_seen_(options.groups.begin(), options.groups.end()) {}

template <class Value, class Then>
std::function<void(Value)> Service::here(Then then) {
  return [self = shared_from_this(), then = std::move(then)](Value value) {
    asio::post(self->io_, [self, then, value = std::move(value)]() mutable { then(*self, std::move(value)); });
  };
}

Group Service::group(const std::string& name) const { return Group(client_, name, {.owner = "locksmith-fleetlock"}); }

void Service::add_routes(http::Router& router) {
  const auto self = shared_from_this();
  router.add("POST", "/v1/pre-reboot",
             [self](const http::ExchangePtr& exchange) { self->begin("pre-reboot", exchange, &Service::pre_reboot); });
  router.add("POST", "/v1/steady-state",
             [self](const http::ExchangePtr& exchange) { self->begin("steady-state", exchange, &Service::steady_state); });
  router.add("GET", "/livez", [](const http::ExchangePtr& exchange) {
    exchange->reply({.status = 200, .body = "ok\n", .content_type = "text/plain"});
  });
  router.add("GET", "/readyz", [self](const http::ExchangePtr& exchange) { self->ready(exchange); });
  router.add("GET", "/metrics", [self](const http::ExchangePtr& exchange) { self->metrics(exchange); });
}

void Service::begin(const std::string& verb, const http::ExchangePtr& exchange, void (Service::*act)(const CallPtr&)) {
  const auto call = std::make_shared<Call>(Call{exchange, verb, {}, taker(exchange->request().remote.common_name), steady_now()});
  if (exchange->request().head.fields.get("fleet-lock-protocol") != "true") {
    return refuse(call, {400, "missing_fleet_lock_header", "the header 'fleet-lock-protocol: true' is missing"});
  }
  exchange->read_body([self = shared_from_this(), call, act](Result<std::string> body) {
    if (!body) return self->count(*call, "bad_body");
    if (auto refusal = self->identify(*call, *body)) return self->refuse(call, std::move(*refusal));
    if (self->groups_seen_.size() < groups_shown_max) self->groups_seen_.insert(call->params.group);
    (*self.*act)(call);
  });
}

std::optional<http::Refusal> Service::identify(Call& call, std::string_view body) const {
  auto parsed = parse_request(body);
  if (auto* const refusal = std::get_if<http::Refusal>(&parsed)) return std::move(*refusal);
  call.params = std::move(std::get<ClientParams>(parsed));
  const auto& groups = options_.groups;
  if (!groups.empty() && std::find(groups.begin(), groups.end(), call.params.group) == groups.end()) {
    return http::Refusal{400, "unknown_group", "the group '" + call.params.group + "' is not served here"};
  }
  const std::string& name = call.exchange->request().remote.common_name;
  if (options_.match_common_name && name != call.params.id) {
    return http::Refusal{403, "failed_identity", "the certificate names '" + name + "', the request '" + call.params.id + "'"};
  }
  return std::nullopt;
}

void Service::look(const CallPtr& call, void (Service::*then)(const CallPtr&, const GroupView&)) {
  auto seen = here<Result<GroupView>>([call, then](Service& self, Result<GroupView> view) {
    if (!view) return self.refuse(call, view.error());
    const SlotView* const slot = slot_of(*view, call->params.id);
    if (slot != nullptr && !may_touch(call->taker, slot->claim.by)) {
      return self.refuse(call,
                         {403, "failed_identity", "the slot of '" + call->params.id + "' was taken with another certificate"});
    }
    (self.*then)(call, *view);
  });
  group(call->params.group).status(std::move(seen), {options_.store_timeout, {}});
}

void Service::pre_reboot(const CallPtr& call) { look(call, &Service::take); }

void Service::take(const CallPtr& call, const GroupView& view) {
  if (slot_of(view, call->params.id) != nullptr) return done(call);
  if (!view.policy.windows.empty() && !view.broken) {
    const auto zone = load_zone(view.policy.zone);
    if (!zone) return refuse(call, zone.error());
    if (!is_open(view.policy.windows, *zone, wall_now())) {
      return refuse(call, {status_locked, "failed_lock_window_closed", "no window of the group is open"});
    }
  }
  Claim claim;
  claim.machine = call->params.id;
  claim.reason = "FleetLock from " + call->exchange->request().remote.address;
  claim.by = call->taker;
  claim.at = wall_now();
  // Who goes away while it waits gives up its place.
  std::stop_source gone;
  call->exchange->on_gone([gone]() mutable { gone.request_stop(); });
  group(call->params.group)
      .lock(here<Result<Attempt>>([call](Service& self, Result<Attempt> attempt) { self.taken(call, std::move(attempt)); }),
            std::move(claim), {options_.queue_time, gone.get_token()});
}

void Service::taken(const CallPtr& call, Result<Attempt> attempt) {
  if (!attempt) return refuse(call, attempt.error());
  if (!attempt->slot) return explain_refusal(call, attempt->why_not);
  if (!may_touch(call->taker, attempt->slot->claim.by)) {
    return refuse(call, {403, "failed_identity", "the slot of '" + call->params.id + "' was taken with another certificate"});
  }
  if (!attempt->had_it) log_.info("slot taken", {{"group", call->params.group}, {"machine", call->params.id}, {"by", call->taker}});
  done(call);
}

void Service::explain_refusal(const CallPtr& call, const std::string& why_not) {
  auto seen = here<Result<GroupView>>([call, why_not](Service& self, Result<GroupView> view) {
    if (!view) return self.refuse(call, view.error());
    self.refuse(call, {status_locked, kind_of(state_of(*view, wall_now())), why_not});
  });
  group(call->params.group).status(std::move(seen), {options_.store_timeout, {}});
}

void Service::steady_state(const CallPtr& call) { look(call, &Service::give_back); }

void Service::give_back(const CallPtr& call, const GroupView& view) {
  const SlotView* const slot = slot_of(view, call->params.id);
  if (slot == nullptr) return done(call);
  auto given = here<Result<bool>>([call](Service& self, Result<bool> was_there) {
    if (!was_there && was_there.error().code == Errc::invalid_argument) {
      return self.refuse(call, {409, "failed_unlock", was_there.error().context});
    }
    if (!was_there) return self.refuse(call, was_there.error());
    if (*was_there)
      self.log_.info("slot given back", {{"group", call->params.group}, {"machine", call->params.id}, {"by", call->taker}});
    self.done(call);
  });
  // Only the slot that was looked at: one that the machine took since may be another certificate's.
  group(call->params.group).unlock_slot(std::move(given), call->params.id, slot->token, call->taker, {options_.store_timeout, {}});
}

void Service::done(const CallPtr& call) {
  count(*call, "ok");
  call->exchange->reply({.status = 200, .body = {}, .content_type = {}});
}

void Service::refuse(const CallPtr& call, http::Refusal refusal) {
  count(*call, refusal.kind);
  call->exchange->refuse(refusal);
}

void Service::refuse(const CallPtr& call, const Error& error) {
  if (call->exchange->gone()) return count(*call, "client_gone");
  log_.warning("request not served", {{"verb", call->verb}, {"group", call->params.group}, {"why", error.message()}});
  refuse(call, {503, "failed_store", "the cluster did not answer, repeat the request: " + error.message()});
}

void Service::count(const Call& call, const std::string& outcome) {
  ++outcomes_[{call.verb, outcome}];
  latencies_[call.verb].observe(steady_now() - call.started);
}

}  // namespace conclave::locksmith::fleetlock
