#include "conclave/locksmith_report/json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "conclave/locksmith_report/text.hpp"

namespace conclave::locksmith::report {
namespace {

Json or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }
/// Zero: not known.
Json time_or_null(WallMillis millis) {
  const auto text = millis == 0 ? std::nullopt : rfc3339(millis);
  return text ? Json(*text) : Json(nullptr);
}
Json seconds_or_null(WallMillis since, WallMillis now) {
  return since == 0 ? Json(nullptr) : Json(std::max<WallMillis>(0, now - since) / 1000);
}

Json waiter_json(const WaiterView& waiter, std::uint64_t turn, const Viewer& viewer) {
  const Claim& claim = waiter.claim;
  return {{"turn", turn},
          {"machine", claim.machine},
          {"host", or_null(claim.host)},
          {"reason", or_null(claim.reason)},
          {"by", or_null(claim.by)},
          {"since", time_or_null(claim.at)},
          {"age_seconds", seconds_or_null(claim.at, viewer.now)},
          {"priority", claim.priority},
          {"own", claim.machine == viewer.machine}};
}

Json window_json(const Policy& policy, const Viewer& viewer) {
  if (policy.windows.empty()) return nullptr;
  return {{"open", is_open(policy.windows, viewer.zone, viewer.now)},
          {"changes", time_or_null(window_changes(policy, viewer).value_or(0))}};
}

}  // namespace

Json json_of(const Policy& policy) { return Json::parse(to_json(policy)); }

Json json_of(const SlotView& slot, const GroupView& group, const Viewer& viewer) {
  const Claim& claim = slot.claim;
  const bool late = is_overdue(slot, viewer.now);
  return {{"machine", claim.machine},
          {"host", or_null(claim.host)},
          {"reason", or_null(claim.reason)},
          {"by", or_null(claim.by)},
          {"boot", or_null(claim.boot)},
          {"state", or_null(state_text(group, claim.machine))},
          {"since", time_or_null(claim.at)},
          {"age_seconds", seconds_or_null(claim.at, viewer.now)},
          {"deadline", time_or_null(claim.deadline)},
          {"overdue", late},
          {"overdue_seconds", late ? seconds_or_null(claim.deadline, viewer.now) : Json(0)},
          {"slot", slot.number},
          {"token", slot.token.value()},
          {"own", claim.machine == viewer.machine}};
}

Json json_of(const GroupView& group, const Viewer& viewer) {
  Json holders = Json::array();
  for (const SlotView& one : group.slots) holders.push_back(json_of(one, group, viewer));
  Json queue = Json::array();
  for (const WaiterView& one : queue_order(group)) queue.push_back(waiter_json(one, queue.size() + 1, viewer));
  return {{"group", group.name},
          {"exists", group.policy_revision.value() != 0},
          {"revision", group.revision.value()},
          {"available", available(group)},
          {"max", effective_slots(group)},
          {"held", group.slots.size()},
          {"over_committed", over_committed(group)},
          {"overdue", overdue(group, viewer.now)},
          {"machines", group.machines.size()},
          {"unhealthy", unhealthy_machines(group, viewer.now)},
          {"state", std::string(name_of(state_of(group, viewer.now)))},
          {"state_text", explain(group, viewer.now)},
          {"window", window_json(group.policy, viewer)},
          {"policy", json_of(group.policy)},
          {"holders", std::move(holders)},
          {"queue", std::move(queue)}};
}

Json json_of(const Entry& entry) {
  return {{"at", time_or_null(entry.at)},      {"event", std::string(name_of(entry.deed))},
          {"machine", or_null(entry.machine)}, {"host", or_null(entry.host)},
          {"by", or_null(entry.by)},           {"detail", or_null(entry.detail)}};
}

Json json_of(const MachineView& machine, const GroupView& group, const Viewer& viewer) {
  const Presence presence = machine.presence.value_or(Presence{});
  const auto wish =
      std::find_if(group.wishes.begin(), group.wishes.end(), [&](const auto& one) { return one.machine == machine.id; });
  return {{"machine", machine.id},
          {"host", or_null(machine.host)},
          {"present", machine.presence.has_value()},
          {"state", state_text(group, machine.id)},
          {"since", time_or_null(presence.since)},
          {"healthy", machine.presence ? Json(presence.healthy) : Json(nullptr)},
          {"boot", or_null(presence.boot)},
          {"detail", or_null(presence.detail)},
          {"reboot_wished", wish != group.wishes.end()},
          {"reboot_reason", wish != group.wishes.end() ? or_null(wish->wish.reason) : Json(nullptr)},
          {"lost_slot", machine.was_auto_released},
          {"own", machine.id == viewer.machine}};
}

std::string document(const Json& body) {
  Json json{{"schema", json_schema}};
  json.update(body);
  return json.dump(-1, ' ', true, Json::error_handler_t::replace) + "\n";
}

}  // namespace conclave::locksmith::report
