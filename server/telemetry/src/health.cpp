#include "health.hpp"

#include <algorithm>

#include "conclave/http_core/response.hpp"

namespace conclave::telemetry {
namespace {

using http::ExchangePtr;
using Checks = std::vector<Check>;

constexpr int status_unavailable = 503;

bool has_alarm(const engine::StatusReply& status, std::string_view alarm) {
  return std::find(status.alarms.begin(), status.alarms.end(), alarm) != status.alarms.end();
}

/// What can be seen without asking anybody.
Checks local_checks(const engine::Engine& engine) {
  const engine::StatusReply status = engine.status();
  const auto finished = engine.finished();
  const auto unless = [](bool holds, std::string trouble) {
    return holds ? std::nullopt : std::optional<std::string>(std::move(trouble));
  };
  const bool learner = engine.core().status().role == raft::Role::learner;
  return {{"data_corruption", finished && finished->code == Errc::corruption ? std::optional(finished->message()) : std::nullopt},
          {"serializable_read", unless(!finished, "this member is stopping")},
          {"leader", unless(!status.leader.is_zero(), "no leader is known")},
          {"non_learner", unless(!learner, "this member is a learner that has not caught up")},
          {"disk", unless(!has_alarm(status, "disk-full"), "the disk is full")}};
}

bool is_named(const http::Parameters& parameters, std::string_view name, std::string_view value) {
  return std::any_of(parameters.all().begin(), parameters.all().end(),
                     [&](const http::Field& field) { return field.name == name && field.value == value; });
}

/// Answers when the read that some of the checks need has ended.
class Examination : public std::enable_shared_from_this<Examination> {
 public:
  Examination(ExchangePtr exchange, std::string page) : exchange_(std::move(exchange)), page_(std::move(page)) {}

  void run(const Sources& sources, Checks checks, bool with_read) {
    checks_ = std::move(checks);
    only_ = exchange_->request().parts.get("check");
    if (!with_read || !wanted("linearizable_read")) return finish();
    sources.read([self = shared_from_this()](Result<void> read) {
      self->checks_.push_back({"linearizable_read", read ? std::nullopt : std::optional(read.error().message())});
      self->finish();
    });
  }

 private:
  [[nodiscard]] bool wanted(std::string_view name) const {
    if (!only_.empty()) return name == only_;
    return !is_named(exchange_->request().head.parameters, "exclude", name);
  }

  void finish() {
    std::erase_if(checks_, [this](const Check& check) { return !wanted(check.name); });
    if (!only_.empty() && checks_.empty()) return exchange_->refuse({404, "not_found", "there is no check " + only_});
    exchange_->reply(health_reply(checks_, page_, exchange_->request().head.parameters.has("verbose")));
  }

  ExchangePtr exchange_;
  std::string page_;
  std::string only_;
  Checks checks_;
};

void live(const Sources& sources, const ExchangePtr& exchange) {
  // That this runs shows that the loop does; everything else may be mended without a new process.
  Checks checks = local_checks(sources.engine);
  std::erase_if(checks, [](const Check& check) { return check.name != "serializable_read" && check.name != "data_corruption"; });
  std::make_shared<Examination>(exchange, "livez")->run(sources, std::move(checks), false);
}

void ready(const Sources& sources, const ExchangePtr& exchange) {
  std::make_shared<Examination>(exchange, "readyz")->run(sources, local_checks(sources.engine), true);
}

std::optional<std::string> first_trouble(const Sources& sources, const http::Parameters& parameters) {
  const engine::StatusReply status = sources.engine.status();
  const bool no_space = has_alarm(status, "quota") || has_alarm(status, "disk-full");
  if (no_space && !is_named(parameters, "exclude", "NOSPACE")) return "ALARM NOSPACE";
  const auto finished = sources.engine.finished();
  if (finished && finished->code == Errc::corruption && !is_named(parameters, "exclude", "CORRUPT")) return "ALARM CORRUPT";
  if (parameters.get("serializable") != "true" && status.leader.is_zero()) return "RAFT NO LEADER";
  return std::nullopt;
}

void etcd_health(const Sources& sources, const ExchangePtr& exchange) {
  const http::Parameters& parameters = exchange->request().head.parameters;
  auto trouble = first_trouble(sources, parameters);
  if (trouble || parameters.get("serializable") == "true") return exchange->reply(etcd_health_reply(trouble));
  sources.read([exchange](Result<void> read) {
    exchange->reply(etcd_health_reply(read ? std::nullopt : std::optional("RANGE ERROR:" + read.error().message())));
  });
}

}  // namespace

http::Reply health_reply(const std::vector<Check>& checks, std::string_view page, bool verbose) {
  const bool healthy = std::none_of(checks.begin(), checks.end(), [](const Check& check) { return check.trouble.has_value(); });
  http::Reply reply{.status = healthy ? 200 : status_unavailable, .body = {}, .content_type = "text/plain; charset=utf-8"};
  if (verbose || !healthy) {
    for (const Check& check : checks) {
      reply.body += check.trouble ? "[-]" + check.name + " failed: " + *check.trouble + '\n' : "[+]" + check.name + " ok\n";
    }
  }
  reply.body += healthy ? std::string("ok\n") : std::string(page) + " check failed\n";
  reply.fields.set("Cache-Control", "no-store");
  return reply;
}

http::Reply etcd_health_reply(const std::optional<std::string>& trouble) {
  const std::string body = std::string("{\"health\":\"") + (trouble ? "false" : "true") +
                           "\",\"reason\":" + http::json_quote(trouble.value_or("")) + "}";
  return {.status = trouble ? status_unavailable : 200, .body = body};
}

void add_health(http::Router& router, const Sources& sources) {
  for (const char* const path : {"/livez", "/livez/{check}"}) {
    router.add("GET", path, [sources](const ExchangePtr& exchange) { live(sources, exchange); });
  }
  for (const char* const path : {"/readyz", "/readyz/{check}"}) {
    router.add("GET", path, [sources](const ExchangePtr& exchange) { ready(sources, exchange); });
  }
  router.add("GET", "/health", [sources](const ExchangePtr& exchange) { etcd_health(sources, exchange); });
}

}  // namespace conclave::telemetry
