#include "conclave/gateway_core/lease_json.hpp"

#include <algorithm>

namespace conclave::gateway {
namespace {

void write_id(JsonWriter& json, LeaseId id) { json.i64("ID", static_cast<std::int64_t>(id.value())); }

/// Whole seconds that are left for sure.
std::int64_t whole_seconds(milliseconds time) { return std::chrono::duration_cast<seconds>(time).count(); }

}  // namespace

mvcc::LeaseGrant parse_lease_grant(const JsonObject& json) {
  mvcc::LeaseGrant grant;
  const std::int64_t ttl = json.int64("TTL");
  const std::int64_t id = json.int64("ID");
  if (id < 0) json.refuse(Code::invalid_argument, "invalid value for field ID: a lease's number is not negative");
  if (ttl > ttl_seconds_max) json.refuse(Code::out_of_range, "etcdserver: too large lease TTL");
  grant.id = LeaseId(static_cast<std::uint64_t>(id));
  grant.ttl = seconds(std::clamp(ttl, ttl_seconds_min, ttl_seconds_max));
  return grant;
}

LeaseId parse_lease_id(const JsonObject& json) { return LeaseId(static_cast<std::uint64_t>(json.int64("ID"))); }

std::string lease_grant_answer(const Head& head, const mvcc::LeaseGranted& granted) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  write_header(json, head);
  write_id(json, granted.id);
  json.i64("TTL", whole_seconds(granted.ttl));
  json.end_object();
  return out + "\n";
}

std::string keep_alive_line(const Head& head, LeaseId id, milliseconds ttl) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.begin_object("result");
  write_header(json, head);
  write_id(json, id);
  json.i64("TTL", whole_seconds(ttl));
  json.end_object();
  json.end_object();
  return out + "\n";
}

std::string time_to_live_answer(const Head& head, LeaseId id, const mvcc::LeaseInfo* info) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  write_header(json, head);
  write_id(json, id);
  json.i64("TTL", info == nullptr ? -1 : whole_seconds(info->remaining));
  if (info != nullptr) {
    json.i64("grantedTTL", whole_seconds(info->granted));
    if (!info->keys.empty()) {
      json.begin_array("keys");
      for (const std::string& key : info->keys) json.element_bytes(key);
      json.end_array();
    }
  }
  json.end_object();
  return out + "\n";
}

std::string leases_answer(const Head& head, const std::vector<LeaseId>& leases) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  write_header(json, head);
  if (!leases.empty()) {
    json.begin_array("leases");
    for (const LeaseId id : leases) {
      json.begin_object();
      write_id(json, id);
      json.end_object();
    }
    json.end_array();
  }
  json.end_object();
  return out + "\n";
}

}  // namespace conclave::gateway
