#include "conclave/gateway_core/queue_json.hpp"

#include "conclave/gateway_core/hex.hpp"

namespace conclave::gateway {
namespace {

LeaseId lease_of(const JsonObject& json) { return LeaseId(static_cast<std::uint64_t>(json.int64("lease"))); }

template <class Body>
std::string answer(const Head& head, Body body) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  write_header(json, head);
  body(json);
  json.end_object();
  return out;
}

void write_kv(JsonWriter& json, const KeyValueFields& kv) {
  json.begin_object("kv");
  write_key_value(json, kv);
  json.end_object();
}

}  // namespace

QueueAsk parse_queue_ask(const JsonObject& json) { return {json.bytes("name"), lease_of(json), json.bytes("value")}; }

LeaderKey parse_leader_key(const JsonObject& json) {
  if (!json.has("leader")) json.refuse(Code::invalid_argument, "\"leader\" field must be provided");
  const JsonObject leader = json.object("leader");
  const std::int64_t revision = leader.int64("rev");
  return {leader.bytes("name"), leader.bytes("key"), Revision(revision < 0 ? 0 : static_cast<std::uint64_t>(revision)),
          lease_of(leader)};
}

std::string queue_prefix(const std::string& name) { return name + "/"; }
std::string queue_key(const std::string& name, LeaseId lease) { return queue_prefix(name) + hex(lease.value()); }

std::string lock_answer(const Head& head, const std::string& key) {
  return answer(head, [&](JsonWriter& json) { json.bytes("key", key); }) + "\n";
}

std::string campaign_answer(const Head& head, const LeaderKey& leader) {
  return answer(head,
                [&](JsonWriter& json) {
                  json.begin_object("leader");
                  json.bytes("name", leader.name);
                  json.bytes("key", leader.key);
                  json.u64("rev", leader.revision.value());
                  json.u64("lease", leader.lease.value());
                  json.end_object();
                }) +
         "\n";
}

std::string leader_answer(const Head& head, const KeyValueFields& kv) {
  return answer(head, [&](JsonWriter& json) { write_kv(json, kv); }) + "\n";
}

std::string observe_line(const Head& head, const KeyValueFields& kv) {
  return "{\"result\":" + answer(head, [&](JsonWriter& json) { write_kv(json, kv); }) + "}\n";
}

}  // namespace conclave::gateway
