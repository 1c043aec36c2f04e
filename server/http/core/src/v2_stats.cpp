#include "conclave/gateway_core/v2_stats.hpp"

#include "conclave/gateway_core/hex.hpp"
#include "conclave/gateway_core/json_writer.hpp"

namespace conclave::gateway::v2 {
namespace {

struct Named {
  Action action;
  std::string_view name;
};
constexpr std::array<Named, 7> counted{{{Action::get, "gets"},
                                        {Action::set, "sets"},
                                        {Action::erase, "delete"},
                                        {Action::update, "update"},
                                        {Action::create, "create"},
                                        {Action::compare_and_swap, "compareAndSwap"},
                                        {Action::compare_and_delete, "compareAndDelete"}}};

/// As Go prints a duration, in seconds.
std::string duration_text(std::int64_t time_ms) {
  return std::to_string(time_ms / 3'600'000) + "h" + std::to_string(time_ms / 60'000 % 60) + "m" +
         std::to_string(time_ms / 1000 % 60) + "s";
}

}  // namespace

Action operation_of(const Request& request) {
  switch (request.method) {
    case Method::get:
    case Method::head: return Action::get;
    case Method::post: return Action::create;
    case Method::erase: return request.has_condition() ? Action::compare_and_delete : Action::erase;
    case Method::put: break;
  }
  if (request.prev_exist == false) return Action::create;
  if (request.has_condition()) return Action::compare_and_swap;
  return request.prev_exist == true ? Action::update : Action::set;
}

std::string StoreStats::json(std::uint64_t watchers) const {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  for (const Named& each : counted) {
    const auto& counts = counts_[static_cast<std::size_t>(each.action)];
    json.number(std::string(each.name) + "Success", counts[1]);
    json.number(std::string(each.name) + "Fail", counts[0]);
  }
  json.number("expireCount", counts_[static_cast<std::size_t>(Action::expire)][1]);
  json.number("watchers", watchers);
  json.end_object();
  return out + "\n";
}

std::string self_json(const engine::StatusReply& status, const Since& since) {
  constexpr std::uint8_t role_of_leader = 3;  // raft::Role
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.text("name", status.name);
  json.text("id", hex(status.member.value()));
  json.text("state", status.role == role_of_leader ? "StateLeader" : "StateFollower");
  json.text("startTime", time_text(since.started));
  json.begin_object("leaderInfo");
  json.text("leader", status.leader.is_zero() ? "" : hex(status.leader.value()));
  json.text("uptime", duration_text(since.now - since.leader));
  json.text("startTime", time_text(since.leader));
  json.end_object();
  json.end_object();
  return out + "\n";
}

std::string leader_json(MemberId leader, const raft::Membership& membership) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.text("leader", hex(leader.value()));
  json.begin_object("followers");
  for (const raft::Member& member : membership.members) {
    if (member.id == leader) continue;
    json.begin_object(hex(member.id.value()));
    json.end_object();
  }
  json.end_object();
  json.end_object();
  return out + "\n";
}

}  // namespace conclave::gateway::v2
