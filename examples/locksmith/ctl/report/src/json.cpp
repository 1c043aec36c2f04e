#include "conclave/locksmith_report/json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "conclave/locksmith_report/text.hpp"

namespace conclave::locksmith::report {
namespace {

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }
Json time_or_null(std::optional<std::int64_t> millis) {
  const auto text = millis ? rfc3339(*millis) : std::nullopt;
  return text ? Json(*text) : Json(nullptr);
}
std::int64_t seconds_since(std::int64_t since_ms, std::int64_t now_ms) {
  return std::max<std::int64_t>(0, now_ms - since_ms) / 1000;
}

Json paused_json(const PauseView& pause) {
  return {{"by", text_or_null(pause.by)},
          {"reason", text_or_null(pause.reason)},
          {"since", pause.since_ms == 0 ? Json(nullptr) : time_or_null(pause.since_ms)}};
}

}  // namespace

Json json_of(const HolderView& holder, std::int64_t now_ms) {
  return {{"machine", holder.machine},
          {"host", text_or_null(holder.host)},
          {"reason", text_or_null(holder.reason)},
          {"boot", text_or_null(holder.boot)},
          {"state", text_or_null(holder.state)},
          {"since", time_or_null(holder.since_ms)},
          {"age_seconds", seconds_since(holder.since_ms, now_ms)},
          {"deadline", time_or_null(holder.deadline_ms)},
          {"overdue", holder.overdue(now_ms)},
          {"overdue_seconds", holder.overdue(now_ms) ? seconds_since(*holder.deadline_ms, now_ms) : 0},
          {"token", holder.token},
          {"own", holder.own}};
}

Json json_of(const WaiterView& waiter, std::uint64_t turn, std::int64_t now_ms) {
  return {{"turn", turn},
          {"machine", waiter.machine},
          {"host", text_or_null(waiter.host)},
          {"reason", text_or_null(waiter.reason)},
          {"since", time_or_null(waiter.since_ms)},
          {"age_seconds", seconds_since(waiter.since_ms, now_ms)},
          {"priority", waiter.priority},
          {"own", waiter.own}};
}

Json json_of(const GroupView& group, std::int64_t now_ms) {
  Json holders = Json::array();
  for (const HolderView& one : group.holders) holders.push_back(json_of(one, now_ms));
  Json queue = Json::array();
  for (const WaiterView& one : group.waiters) queue.push_back(json_of(one, queue.size() + 1, now_ms));
  Json window = nullptr;
  if (group.window) window = {{"open", group.window->open}, {"changes", time_or_null(group.window->changes_ms)}};
  return {{"group", group.name},
          {"exists", group.exists},
          {"revision", group.revision},
          {"available", group.free()},
          {"max", group.slots},
          {"max_rule", text_or_null(group.slots_rule)},
          {"held", group.holders.size()},
          {"over_committed", group.over_committed()},
          {"overdue", group.overdue(now_ms)},
          {"machines", group.machines},
          {"paused", group.paused ? paused_json(*group.paused) : Json(nullptr)},
          {"frozen", text_or_null(group.frozen)},
          {"window", std::move(window)},
          {"holders", std::move(holders)},
          {"queue", std::move(queue)}};
}

Json json_of(const HistoryView& entry) {
  return {{"revision", entry.revision},
          {"at", time_or_null(entry.at_ms)},
          {"event", entry.event},
          {"machine", text_or_null(entry.machine)},
          {"host", text_or_null(entry.host)},
          {"by", text_or_null(entry.by)},
          {"detail", text_or_null(entry.detail)}};
}

Json json_of(const MachineView& machine, std::int64_t now_ms) {
  return {{"machine", machine.machine},
          {"host", text_or_null(machine.host)},
          {"state", text_or_null(machine.state)},
          {"healthy", machine.healthy},
          {"needs_reboot", machine.needs_reboot},
          {"boot", text_or_null(machine.boot)},
          {"seen", machine.seen_ms == 0 ? Json(nullptr) : time_or_null(machine.seen_ms)},
          {"seen_seconds", machine.seen_ms == 0 ? Json(nullptr) : Json(seconds_since(machine.seen_ms, now_ms))},
          {"detail", text_or_null(machine.detail)}};
}

std::string document(const Json& body, const std::string& name) {
  Json json{{"schema", json_schema}};
  if (name.empty())
    json.update(body);
  else
    json[name] = body;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace conclave::locksmith::report
