#include <array>

#include "queue_place.hpp"

namespace conclave::gateway {
namespace {

mvcc::KeySelector single(ByteView key) { return {mvcc::KeySelector::Kind::single, key, {}}; }

/// One operation that happens only while the leadership still is the one that was given.
void as_leader(const CallContext& context, const LeaderKey& leader, const mvcc::Op& op, const std::string& identity,
               std::function<void(const Outcome&)> then) {
  mvcc::Compare still;
  still.keys = single(leader.key);
  still.target = mvcc::CompareTarget::create;
  still.number = leader.revision.value();
  const std::array<mvcc::Compare, 1> compares{still};
  const std::array<mvcc::Op, 1> success{op};
  carry_out(context, identity, mvcc::Op{mvcc::TxnOp{compares, success, {}}}, std::move(then));
}

}  // namespace

void call_lock(const CallContext& context, const JsonObject& json, Call call) {
  QueueAsk ask = parse_queue_ask(json);
  if (json.refused()) return;
  ask.value.clear();
  QueuePlace::Service lock{false, "mutex: session is expired",
                           [](const Head& head, const LeaderKey& place) { return lock_answer(head, place.key); }};
  std::make_shared<QueuePlace>(context, std::move(ask), std::move(lock), std::move(call))->start();
}

void call_unlock(const CallContext& context, const JsonObject& json, Call call) {
  const std::string key = json.bytes("key");
  if (key.empty()) json.refuse(Code::invalid_argument, "etcdserver: key is not provided");
  if (json.refused()) return;
  mvcc::DeleteOp erase;
  erase.keys = single(key);
  write(context, mvcc::Op{erase}, std::move(call),
        [](const Head& head, const mvcc::ResponseBody&) { return done(header_only(head)); });
}

void call_campaign(const CallContext& context, const JsonObject& json, Call call) {
  QueueAsk ask = parse_queue_ask(json);
  if (json.refused()) return;
  QueuePlace::Service election{true, "election: session is expired", campaign_answer};
  std::make_shared<QueuePlace>(context, std::move(ask), std::move(election), std::move(call))->start();
}

void call_proclaim(const CallContext& context, const JsonObject& json, Call call) {
  const LeaderKey leader = parse_leader_key(json);
  const std::string value = json.bytes("value");
  if (json.refused()) return;
  mvcc::PutOp put;
  put.key = leader.key;
  put.value = value;
  put.lease = leader.lease;
  const std::string identity = call.identity;
  as_leader(context, leader, mvcc::Op{put}, identity, [call = std::move(call)](const Outcome& outcome) {
    if (!outcome.has_value()) return call.finish(refusal(outcome.error()));
    if (!std::get<mvcc::TxnResult>(outcome->body).succeeded) return call.finish(refusal({Code::unknown, "election: not leader"}));
    call.finish(done(header_only(outcome->head)));
  });
}

void call_resign(const CallContext& context, const JsonObject& json, Call call) {
  const LeaderKey leader = parse_leader_key(json);
  if (json.refused()) return;
  mvcc::DeleteOp erase;
  erase.keys = single(leader.key);
  const std::string identity = call.identity;
  as_leader(context, leader, mvcc::Op{erase}, identity, [call = std::move(call)](const Outcome& outcome) {
    if (!outcome.has_value()) return call.finish(refusal(outcome.error()));
    call.finish(done(header_only(outcome->head)));  // who leads no more has nothing to give up
  });
}

void call_leader(const CallContext& context, const JsonObject& json, Call call) {
  const QueueAsk ask = parse_queue_ask(json);
  if (json.refused()) return;
  const auto keep = std::make_shared<Keep>();
  mvcc::RangeOp oldest;
  const std::string prefix = queue_prefix(ask.name);
  oldest.keys = {mvcc::KeySelector::Kind::prefix, keep->text(prefix), {}};
  oldest.limit = 1;
  oldest.sort_target = mvcc::SortTarget::create;
  const std::string identity = call.identity;
  const auto make = [keep, oldest] {
    engine::ReadRequest read;
    read.backing = Bytes(keep, {});
    read.query = oldest;
    return engine::ClientBody(std::move(read));
  };
  context.link.ask_patiently(
      identity, make, [&context, call = std::move(call)](const engine::ReplyHeader& header, const engine::ReplyBody& body) {
        if (const auto* refused = refused_in(body)) return call.finish(refusal(api_error(*refused)));
        const mvcc::Response* response = response_in(body);
        const auto& found = std::get<mvcc::RangeResult>(response->body).kvs;
        if (found.empty()) return call.finish(refusal({Code::unknown, "election: no leader"}));
        call.finish(done(leader_answer(context.head(header, response->revision), fields_of(*found.front()))));
      });
}

}  // namespace conclave::gateway
