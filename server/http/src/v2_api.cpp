#include "v2_api.hpp"

#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <chrono>

#include "conclave/codec/client_codec.hpp"
#include "conclave/codec/command_encoder.hpp"
#include "conclave/gateway_core/hex.hpp"
#include "conclave/http_core/target.hpp"
#include "v2_job.hpp"
#include "v2_members.hpp"

namespace conclave::gateway {
namespace {

constexpr Duration expiry_interval = milliseconds(500);
constexpr std::size_t expired_at_a_time = 100;

std::optional<v2::Method> method_of(const std::string& name) {
  if (name == "GET") return v2::Method::get;
  if (name == "HEAD") return v2::Method::head;
  if (name == "PUT") return v2::Method::put;
  if (name == "POST") return v2::Method::post;
  if (name == "DELETE") return v2::Method::erase;
  return std::nullopt;
}

void add_to(v2::Parameters& out, const http::Parameters& parameters) {
  for (const http::Field& field : parameters.all()) out.emplace_back(field.name, field.value);
}

}  // namespace

std::int64_t wall_clock_ms() {
  return std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

http::Fields v2_fields(const CallContext& context, const engine::ReplyHeader& header, std::uint64_t index) {
  return {{"X-Etcd-Cluster-Id", hex(context.settings.cluster.value())},
          {"X-Etcd-Index", std::to_string(index)},
          {"X-Raft-Index", std::to_string(index)},
          {"X-Raft-Term", std::to_string(header.term.value())}};
}

void reply_failure(const CallContext& context, const http::ExchangePtr& exchange, const v2::Failure& failure) {
  http::Fields fields{{"X-Etcd-Cluster-Id", hex(context.settings.cluster.value())},
                      {"X-Etcd-Index", std::to_string(failure.index)}};
  exchange->reply(
      {static_cast<int>(v2::http_status(failure.code)), v2::failure_body(failure), "application/json", std::move(fields)});
}

void reply_v2(const CallContext& context, const http::ExchangePtr& exchange, Answer answer) {
  http::Fields fields{{"X-Etcd-Cluster-Id", hex(context.settings.cluster.value())}};
  const std::string type = answer.body.empty() ? "" : "application/json";
  exchange->reply({static_cast<int>(answer.status), std::move(answer.body), type, std::move(fields)});
}

v2::Failure failure_of(const mvcc::Refused& refused, std::uint64_t index) { return {300, api_error(refused).text, index}; }

V2Api::V2Api(asio::io_context& io, const CallContext& context) : io_(io), context_(context), timer_(io), feed_(context) {
  started_ms_ = leader_since_ms_ = wall_clock_ms();
  schedule_expiry();
}

void V2Api::add_routes(http::Router& router) {
  for (const char* method : {"GET", "HEAD", "PUT", "POST", "DELETE"})
    router.add(method, "/v2/keys/{key*}", [this](const http::ExchangePtr& exchange) { keys(exchange); });
  add_other_methods(router, "/v2/keys/{key*}", "HEAD,GET,PUT,POST,DELETE");
  add_members(router, context_);
  add_stats(router);
}

void V2Api::keys(const http::ExchangePtr& exchange) {
  const http::RequestHead& head = exchange->request().head;
  const v2::Method method = method_of(head.method).value_or(v2::Method::get);
  const bool takes_form = method == v2::Method::put || method == v2::Method::post;
  if (!takes_form || !http::is_form(head.fields.get("Content-Type"))) return with_parameters(exchange, method, {});
  exchange->read_body([this, exchange, method](const Result<std::string>& body) {
    if (!body.has_value()) return;
    const auto form = http::parse_parameters(*body);
    if (!form.has_value()) return reply_failure(context_, exchange, {210, form.error().context, 0});
    v2::Parameters parameters;
    add_to(parameters, *form);
    with_parameters(exchange, method, std::move(parameters));
  });
}

void V2Api::with_parameters(const http::ExchangePtr& exchange, v2::Method method, v2::Parameters parameters) {
  add_to(parameters, exchange->request().head.parameters);
  const auto parsed = v2::parse(method, exchange->request().parts.get("key"), parameters);
  if (const auto* failure = std::get_if<v2::Failure>(&parsed)) return reply_failure(context_, exchange, *failure);
  const auto& request = std::get<v2::Request>(parsed);
  if (request.wait && !request.quorum) return wait(exchange, request);
  std::make_shared<V2Job>(context_, exchange, request, stats_)->start();
}

void V2Api::wait(const http::ExchangePtr& exchange, const v2::Request& request) {
  const auto mine = std::make_shared<std::weak_ptr<V2Wait>>();
  auto waiting = std::make_shared<V2Wait>(context_, exchange, request, [this, mine] {
    asio::post(io_, [this, mine] {
      const auto done = mine->lock();
      if (done == nullptr) return;
      done->release();
      feed_.note_closed();
      waits_.erase(done);
    });
  });
  *mine = waiting;
  waits_.insert(waiting);
  feed_.join(waiting);
}

void V2Api::add_stats(http::Router& router) {
  const auto add = [&](const std::string& path, Answer (V2Api::*render)(const engine::StatusReply&) const) {
    router.add("GET", path, [this, render](const http::ExchangePtr& exchange) {
      context_.link.ask(
          exchange->request().remote.common_name, engine::StatusRequest{},
          [this, render, exchange](const engine::ReplyHeader&, const engine::ReplyBody& body) {
            const auto* status = std::get_if<engine::StatusReply>(&body);
            reply_v2(context_, exchange,
                     status == nullptr ? Answer{500, "{\"message\":\"Internal Server Error\"}\n"} : (this->*render)(*status));
          });
    });
    add_other_methods(router, path, "GET");
  };
  add("/v2/stats/self", &V2Api::self_stats);
  add("/v2/stats/store", &V2Api::store_stats);
  add_leader_stats(router, context_);
}

Answer V2Api::self_stats(const engine::StatusReply& status) const {
  return done(v2::self_json(status, {wall_clock_ms(), started_ms_, leader_since_ms_}));
}

Answer V2Api::store_stats(const engine::StatusReply&) const { return done(stats_.json(waits_.size())); }

// --- Expiry
// -------------------------------------------------------------------------------------------------------------------------

void V2Api::schedule_expiry() {
  timer_.expires_after(expiry_interval);
  timer_.async_wait([this](std::error_code cancelled) {
    if (cancelled) return;
    look_for_expired();
    schedule_expiry();
  });
}

/// Every member looks, the leader acts: what is due is found where the keys sort by time.
void V2Api::look_for_expired() {
  const auto keep = std::make_shared<Keep>();
  mvcc::RangeOp op;
  op.keys = {mvcc::KeySelector::Kind::range, keep->text(v2::due_key(0, "")), keep->text(v2::due_key(wall_clock_ms() + 1, ""))};
  op.limit = expired_at_a_time;
  engine::ReadRequest read;
  read.query = op;
  read.backing = Bytes(keep, {});
  read.consistency = engine::Consistency::serializable;
  context_.link.ask({}, std::move(read), [this](const engine::ReplyHeader& header, const engine::ReplyBody& body) {
    if (std::exchange(leader_, header.leader) != header.leader) leader_since_ms_ = wall_clock_ms();
    const mvcc::Response* response = response_in(body);
    const auto* due = response == nullptr ? nullptr : std::get_if<mvcc::RangeResult>(&response->body);
    if (due != nullptr && header.leader == header.member) expire(due->kvs);
  });
}

void V2Api::expire(const std::vector<mvcc::KeyValuePtr>& due) {
  for (const auto& kv : due) {
    const v2::Due entry = v2::due_of(kv->key(), kv->mod_revision().value());
    const auto keep = std::make_shared<Keep>();
    engine::ReadRequest read;
    mvcc::RangeOp node;
    node.keys = {mvcc::KeySelector::Kind::single, keep->text(v2::node_key(entry.path)), {}};
    read.query = node;
    read.backing = Bytes(keep, {});
    read.consistency = engine::Consistency::serializable;
    context_.link.ask({}, std::move(read), [this, entry](const engine::ReplyHeader&, const engine::ReplyBody& body) {
      const mvcc::Response* response = response_in(body);
      const auto* found = response == nullptr ? nullptr : std::get_if<mvcc::RangeResult>(&response->body);
      if (found == nullptr) return;
      std::optional<v2::Node> node_found;
      if (!found->kvs.empty()) {
        const mvcc::KeyValue& stored = *found->kvs.front();
        node_found = v2::decode_node(entry.path, stored.value(), stored.mod_revision().value());
      }
      Keep kept;
      const mvcc::TxnOp txn = v2::expiry_transaction(entry, node_found, kept);
      const Bytes bytes = codec::encode_command(mvcc::Op{txn});
      auto write = codec::decode_request(protocol::FrameKind::write, bytes, context_.settings.limits);
      if (!write.has_value()) return;
      context_.link.ask({}, std::move(*write),
                        [this, gone = node_found.has_value()](const engine::ReplyHeader&, const engine::ReplyBody& done) {
                          const mvcc::Response* outcome = response_in(done);
                          const auto* txn_result = outcome == nullptr ? nullptr : std::get_if<mvcc::TxnResult>(&outcome->body);
                          if (gone && txn_result != nullptr && txn_result->succeeded) stats_.count(v2::Action::expire, true);
                        });
    });
  }
}

}  // namespace conclave::gateway
