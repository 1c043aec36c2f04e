#include "conclave/gateway_core/cluster_json.hpp"

#include <algorithm>
#include <array>

namespace conclave::gateway {
namespace {

constexpr std::array<std::string_view, 3> alarm_actions{"GET", "ACTIVATE", "DEACTIVATE"};

template <class Body>
std::string answer(const Head& head, Body body) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  write_header(json, head);
  body(json);
  json.end_object();
  return out + "\n";
}

void write_url(JsonWriter& json, std::string_view name, bool tls, const std::string& address) {
  if (address.empty()) return;
  json.begin_array(name);
  json.element_text((tls ? "https://" : "http://") + address);
  json.end_array();
}

/// etcd's hashes have 32 bits.
std::uint64_t short_hash(const engine::HashReply& hash) { return (hash.hash ^ (hash.hash >> 32U)) & 0xffffffffU; }

/// In etcd's words.
bool is_space_alarm(const std::string& alarm) { return alarm == "quota" || alarm == "disk-low" || alarm == "disk-full"; }

}  // namespace

std::string member_list_answer(const Head& head, const raft::Membership& membership, const MemberUrls& urls) {
  return answer(head, [&](JsonWriter& json) {
    json.begin_array("members");
    for (const raft::Member& member : membership.members) {
      json.begin_object();
      json.u64("ID", member.id.value());
      json.text("name", member.name);
      write_url(json, "peerURLs", urls.peer_tls, member.peer_address);
      write_url(json, "clientURLs", urls.client_tls, member.http_address);
      json.boolean("isLearner", !std::ranges::binary_search(membership.voters, member.id));
      json.end_object();
    }
    json.end_array();
  });
}

std::string status_answer(const Head& head, const engine::StatusReply& status) {
  constexpr std::uint8_t learner = 4;  // raft::Role
  return answer(head, [&](JsonWriter& json) {
    json.text("version", etcd_version);
    json.u64("dbSize", status.db_size);
    json.u64("leader", status.leader.value());
    json.u64("raftIndex", status.committed.value());
    json.u64("raftTerm", status.term.value());
    json.u64("raftAppliedIndex", status.applied.value());
    if (!status.alarms.empty()) {
      json.begin_array("errors");
      for (const std::string& alarm : status.alarms) json.element_text(alarm);
      json.end_array();
    }
    json.u64("dbSizeInUse", status.data_bytes);
    json.boolean("isLearner", status.role == learner);
  });
}

std::string alarm_answer(const Head& head, const engine::StatusReply& status) {
  return answer(head, [&](JsonWriter& json) {
    if (std::ranges::none_of(status.alarms, is_space_alarm)) return;
    json.begin_array("alarms");
    json.begin_object();
    json.u64("memberID", status.member.value());
    json.text("alarm", "NOSPACE");
    json.end_object();
    json.end_array();
  });
}

std::string hash_answer(const Head& head, const engine::HashReply& hash) {
  return answer(head, [&](JsonWriter& json) { json.number("hash", short_hash(hash)); });
}

std::string hash_kv_answer(const Head& head, const engine::HashReply& hash) {
  return answer(head, [&](JsonWriter& json) {
    json.number("hash", short_hash(hash));
    json.u64("hash_revision", hash.revision.value());
  });
}

std::string version_answer(std::string_view conclave_version) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.text("etcdserver", etcd_version);
  json.text("etcdcluster", "3.4.0");
  json.text("conclave", conclave_version);
  json.end_object();
  return out;
}

AlarmAsk parse_alarm(const JsonObject& json) { return {json.enumeration("action", alarm_actions) == 0}; }

MemberId parse_transfer_target(const JsonObject& json) { return MemberId(json.uint64("targetID")); }

}  // namespace conclave::gateway
