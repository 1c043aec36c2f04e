#include "v2_api.hpp"

#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <chrono>

#include "conclave/codec/client_codec.hpp"
#include "conclave/codec/command_encoder.hpp"
#include "conclave/http_core/target.hpp"
#include "v2_job.hpp"

namespace conclave::gateway {
namespace {

constexpr Duration expiry_interval = milliseconds(500);
constexpr std::size_t expired_at_a_time = 100;

std::string hex(std::uint64_t number) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (; number != 0; number >>= 4U) out.insert(out.begin(), digits[number & 15U]);
  return out.empty() ? "0" : out;
}

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

void write_member(JsonWriter& json, const raft::Member& member, const MemberUrls& urls) {
  json.text("id", hex(member.id.value()));
  json.text("name", member.name);
  json.begin_array("peerURLs");
  json.element_text((urls.peer_tls ? "https://" : "http://") + member.peer_address);
  json.end_array();
  json.begin_array("clientURLs");
  if (!member.http_address.empty()) json.element_text((urls.client_tls ? "https://" : "http://") + member.http_address);
  json.end_array();
}

/// Answers with what `render` makes of the members; an empty text means that nobody leads.
template <class Render>
http::Handler members_handler(const CallContext& context, std::string content_type, Render render) {
  return [&context, content_type = std::move(content_type), render](const http::ExchangePtr& exchange) {
    context.link.ask(
        exchange->request().remote.common_name, engine::MemberListRequest{},
        [&context, content_type, render, exchange](const engine::ReplyHeader& header, const engine::ReplyBody& body) {
          const auto* list = std::get_if<engine::MemberListReply>(&body);
          std::string text = list == nullptr ? "" : render(header, list->membership, context.settings.urls);
          http::Fields fields{{"X-Etcd-Cluster-Id", hex(context.settings.cluster.value())}};
          if (text.empty())
            return exchange->reply({503, "{\"message\":\"During election\"}\n", "application/json", std::move(fields)});
          exchange->reply({200, std::move(text), content_type, std::move(fields)});
        });
  };
}

std::string member_list(const engine::ReplyHeader&, const raft::Membership& membership, const MemberUrls& urls) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.begin_array("members");
  for (const raft::Member& member : membership.members) {
    json.begin_object();
    write_member(json, member, urls);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return out + "\n";
}

std::string leader(const engine::ReplyHeader& header, const raft::Membership& membership, const MemberUrls& urls) {
  for (const raft::Member& member : membership.members) {
    if (member.id != header.leader) continue;
    std::string out;
    JsonWriter json(out);
    json.begin_object();
    write_member(json, member, urls);
    json.end_object();
    return out + "\n";
  }
  return {};
}

std::string machines(const engine::ReplyHeader&, const raft::Membership& membership, const MemberUrls& urls) {
  std::string out;
  for (const raft::Member& member : membership.members) {
    if (member.http_address.empty()) continue;
    out += (out.empty() ? "" : ", ") + std::string(urls.client_tls ? "https://" : "http://") + member.http_address;
  }
  return out;
}

constexpr std::uint8_t role_of_leader = 3;  // raft::Role

Answer stats_self(const engine::StatusReply& status) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.text("name", status.name);
  json.text("id", hex(status.member.value()));
  json.text("state", status.role == role_of_leader ? "StateLeader" : "StateFollower");
  json.begin_object("leaderInfo");
  json.text("leader", status.leader.is_zero() ? "" : hex(status.leader.value()));
  json.end_object();
  json.end_object();
  return done(out + "\n");
}

Answer stats_leader(const engine::StatusReply& status) {
  if (status.role != role_of_leader) return {403, "{\"message\":\"not current leader\"}\n"};
  return done("{\"leader\":\"" + hex(status.member.value()) + "\",\"followers\":{}}\n");
}

Answer stats_store(const engine::StatusReply& status) {
  return done("{\"watchers\":" + std::to_string(status.watch_count) + "}\n");
}

http::Handler stats_handler(const CallContext& context, Answer (*render)(const engine::StatusReply&)) {
  return [&context, render](const http::ExchangePtr& exchange) {
    context.link.ask(
        exchange->request().remote.common_name, engine::StatusRequest{},
        [&context, render, exchange](const engine::ReplyHeader&, const engine::ReplyBody& body) {
          const auto* status = std::get_if<engine::StatusReply>(&body);
          const Answer answer = status == nullptr ? Answer{503, "{\"message\":\"Internal Server Error\"}\n"} : render(*status);
          http::Fields fields{{"X-Etcd-Cluster-Id", hex(context.settings.cluster.value())}};
          exchange->reply({static_cast<int>(answer.status), answer.body, "application/json", std::move(fields)});
        });
  };
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

v2::Failure failure_of(const mvcc::Refused& refused, std::uint64_t index) { return {300, api_error(refused).text, index}; }

V2Api::V2Api(asio::io_context& io, const CallContext& context) : io_(io), context_(context), timer_(io) { schedule_expiry(); }

void V2Api::add_routes(http::Router& router) {
  for (const char* method : {"GET", "HEAD", "PUT", "POST", "DELETE"})
    router.add(method, "/v2/keys/{key*}", [this](const http::ExchangePtr& exchange) { keys(exchange); });
  router.add("GET", "/v2/members", members_handler(context_, "application/json", member_list));
  router.add("GET", "/v2/members/leader", members_handler(context_, "application/json", leader));
  router.add("GET", "/v2/stats/self", stats_handler(context_, stats_self));
  router.add("GET", "/v2/stats/leader", stats_handler(context_, stats_leader));
  router.add("GET", "/v2/stats/store", stats_handler(context_, stats_store));
  router.add("GET", "/v2/machines", members_handler(context_, "text/plain", machines));
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
  std::make_shared<V2Job>(context_, exchange, request)->start();
}

void V2Api::wait(const http::ExchangePtr& exchange, const v2::Request& request) {
  const auto mine = std::make_shared<std::weak_ptr<V2Wait>>();
  auto waiting = std::make_shared<V2Wait>(context_, exchange, request, [this, mine] {
    asio::post(io_, [this, mine] {
      const auto done = mine->lock();
      if (done == nullptr) return;
      done->release();
      waits_.erase(done);
    });
  });
  *mine = waiting;
  waits_.insert(waiting);
  waiting->start();
}

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
      if (write.has_value()) context_.link.ask({}, std::move(*write), [](const engine::ReplyHeader&, const engine::ReplyBody&) {});
    });
  }
}

}  // namespace conclave::gateway
