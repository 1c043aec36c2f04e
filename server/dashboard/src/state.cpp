#include "state.hpp"

#include <algorithm>
#include <numeric>

#include "conclave/gateway_core/json_writer.hpp"

namespace conclave::dashboard {
namespace {

using gateway::JsonWriter;
using telemetry::RequestKind;

std::uint64_t answered(const telemetry::Meter& meter, RequestKind kind) {
  std::uint64_t count = 0;
  for (std::size_t outcome = 0; outcome < telemetry::Meter::outcomes; ++outcome) count += meter.answered(kind, outcome);
  return count;
}

void write_counters(JsonWriter& json, const Sources& sources) {
  const telemetry::Meter& meter = sources.meter;
  std::uint64_t requests = 0;
  for (std::size_t kind = 0; kind < telemetry::request_kinds; ++kind) requests += answered(meter, static_cast<RequestKind>(kind));
  const auto& flushes = meter.disk_flush().counts();
  json.begin_object("counters");
  json.number("requests", requests);
  json.number("writes", answered(meter, RequestKind::write));
  json.number("reads", answered(meter, RequestKind::read));
  json.number("flushes", std::accumulate(flushes.begin(), flushes.end(), std::uint64_t{0}));
  json.number("flush_micros",
              static_cast<std::uint64_t>(std::chrono::duration_cast<microseconds>(meter.disk_flush().sum()).count()));
  json.number("leader_changes", sources.engine.counters().leader_changes);
  json.end_object();
}

void write_members(JsonWriter& json, const Sources& sources) {
  const raft::Membership& membership = sources.engine.core().membership();
  const raft::Status raft = sources.engine.core().status();
  json.begin_array("members");
  for (const raft::Member& member : membership.members) {
    json.begin_object();
    json.text("id", to_string(member.id));
    json.text("name", member.name);
    if (!member.http_address.empty()) json.text("http", (sources.tls ? "https://" : "http://") + member.http_address);
    json.boolean("voter", std::ranges::binary_search(membership.voters, member.id));
    const auto peer = std::ranges::find(raft.peers, member.id, &raft::PeerStatus::id);
    if (peer != raft.peers.end()) {
      json.boolean("heard", peer->active);
      json.number("match", peer->match.value());
    }
    json.end_object();
  }
  json.end_array();
}

}  // namespace

std::string state_of(const Sources& sources) {
  const engine::StatusReply status = sources.engine.status();
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.text("id", to_string(status.member));
  json.text("name", status.name);
  json.text("version", status.version);
  json.text("role", name_of(static_cast<raft::Role>(status.role)));
  json.text("leader", status.leader.is_zero() ? std::string() : to_string(status.leader));
  json.number("term", status.term.value());
  json.number("last", status.index.value());
  json.number("durable", status.durable.value());
  json.number("committed", status.committed.value());
  json.number("applied", status.applied.value());
  json.number("revision", status.revision.value());
  json.number("keys", status.key_count);
  json.number("data_bytes", status.data_bytes);
  json.number("leases", status.lease_count);
  json.number("watches", status.watch_count);
  json.number("connections", status.connection_count);
  json.begin_array("alarms");
  for (const std::string& alarm : status.alarms) json.element_text(alarm);
  json.end_array();
  write_counters(json, sources);
  write_members(json, sources);
  json.end_object();
  return out;
}

}  // namespace conclave::dashboard
