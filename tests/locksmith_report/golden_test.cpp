#include <nlohmann/json.hpp>

#include "conclave/locksmith_report/json.hpp"
#include "conclave/locksmith_report/render.hpp"
#include "conclave/test/catch.hpp"
#include "conclave/test/datadriven.hpp"

using namespace conclave::locksmith;
using namespace conclave::locksmith::report;
using conclave::test::Command;

namespace {

/// Times in the scripts are seconds before (positive) or after the script's present.
class Fixture {
 public:
  std::string run(const Command& command) {
    if (command.name == "group") return group(command);
    if (command.name == "holder") return holder(command);
    if (command.name == "waiter") return waiter(command);
    if (command.name == "history") return history_entry(command);
    if (command.name == "machine") return machine(command);
    return printed(show(command));
  }

 private:
  static constexpr std::int64_t now_ms = 1'795'242'000'000;  // 2026-11-21 06:20:00Z

  static std::int64_t ago(const Command& command, const std::string& key) {
    const std::string text = command.text_or(key, "0");
    return now_ms - 1000 * std::stoll(text);
  }
  static std::optional<std::int64_t> in(const Command& command, const std::string& key) {
    if (!command.has(key)) return std::nullopt;
    return now_ms + 1000 * std::stoll(command.text(key));
  }
  static Look look(const Command& command) {
    return {command.number_or("width", 0), command.number_or("colour", 0) == 1, command.number_or("unicode", 1) == 1};
  }
  static std::string raw(std::string text) {
    if (const auto at = text.find("<ESC>"); at != std::string::npos) text.replace(at, 5, "\x1b");
    return text;
  }
  /// What a terminal would obey becomes visible.
  static std::string printed(const std::string& text) {
    std::string out;
    for (const char c : text) out += c == '\x1b' ? std::string("\\e") : std::string(1, c);
    return out;
  }

  std::string group(const Command& command) {
    GroupView& group = groups_.emplace_back();
    group.name = command.value(0);
    group.revision = conclave::Revision(command.number_or("revision", 1));
    if (command.number_or("exists", 1) == 1) group.policy_revision = conclave::Revision(1);
    group.is_resting = command.number_or("resting", 0) == 1;
    if (command.has("broken")) group.broken = command.text("broken");
    group.policy.paused = command.has("paused_by");
    group.policy.paused_by = command.text_or("paused_by", "");
    for (const char* const name : {"slots", "spacing", "windows", "order", "unhealthy_max", "deadline", "auto_release"}) {
      if (!command.has(name)) continue;
      auto changed = with_field(group.policy, name, command.text(name));
      if (!changed) return changed.error().message() + "\n";
      group.policy = std::move(*changed);
    }
    for (std::uint64_t i = 0; i < command.number_or("machines", 0); ++i)
      machine_named("known-" + std::to_string(i)).presence = Presence{};
    return {};
  }
  MachineView& machine_named(const std::string& id) {
    auto& machines = groups_.back().machines;
    for (MachineView& one : machines)
      if (one.id == id) return one;
    MachineView& one = machines.emplace_back();
    one.id = id;
    return one;
  }
  static Claim claim(const Command& command) {
    Claim one;
    one.machine = command.value(0);
    one.host = raw(command.text_or("host", ""));
    one.reason = command.text_or("reason", "");
    one.boot = command.text_or("boot", "");
    one.by = command.text_or("by", "");
    one.at = command.has("since") ? ago(command, "since") : 0;
    one.deadline = in(command, "due").value_or(0);
    one.priority = static_cast<std::int64_t>(command.number_or("priority", 0));
    return one;
  }
  std::string holder(const Command& command) {
    SlotView slot;
    slot.claim = claim(command);
    slot.number = groups_.back().slots.size();
    slot.token = conclave::Revision(command.number_or("token", 1));
    groups_.back().slots.push_back(std::move(slot));
    return {};
  }
  std::string waiter(const Command& command) {
    WaiterView waiter;
    waiter.claim = claim(command);
    waiter.since = conclave::Revision(groups_.back().waiters.size() + 1);
    groups_.back().waiters.push_back(std::move(waiter));
    return {};
  }
  std::string machine(const Command& command) {
    MachineView& one = machine_named(command.value(0));
    one.host = command.text_or("host", "");
    one.was_auto_released = command.number_or("lost", 0) == 1;
    if (command.has("wish"))
      groups_.back().wishes.push_back({one.id, Wish{command.text("wish"), "ann", 0, now_ms}, conclave::Revision(1)});
    if (!command.has("state")) return {};
    Presence presence;
    presence.state = command.text("state");
    presence.boot = command.text_or("boot", "");
    presence.since = ago(command, "since");
    presence.healthy = command.number_or("healthy", 1) == 1;
    presence.detail = command.text_or("detail", "");
    one.presence = std::move(presence);
    return {};
  }
  std::string history_entry(const Command& command) {
    Entry one;
    for (int deed = 0; deed <= static_cast<int>(Deed::forgot); ++deed)
      if (name_of(static_cast<Deed>(deed)) == command.value(0)) one.deed = static_cast<Deed>(deed);
    one.machine = command.value(1);
    one.at = ago(command, "at");
    one.host = command.text_or("host", "");
    one.by = command.text_or("by", "");
    one.detail = command.text_or("detail", "");
    history_.push_back(std::move(one));
    return {};
  }

  std::string show(const Command& command) {
    const Look with = look(command);
    const Viewer viewer{now_ms, "own", fixed_offset(3600)};
    if (command.name == "status") return status_text(groups_.back(), viewer, with);
    if (command.name == "groups") {
      std::vector<ZonedGroup> zoned;
      for (const GroupView& group : groups_) zoned.emplace_back(group, fixed_offset(3600));
      return groups_text(zoned, now_ms, with);
    }
    if (command.name == "show-history") return history_text(history_, with);
    if (command.name == "show-machines") return machines_text(groups_.back(), viewer, with);
    if (command.name == "policy") return policy_text(groups_.back(), with);
    if (command.name == "status-json") return pretty(document(json_of(groups_.back(), viewer)));
    if (command.name == "history-json") return pretty(document(json_of(history_.back())));
    if (command.name == "machine-json") return pretty(document(json_of(groups_.back().machines.back(), groups_.back(), viewer)));
    return "no such command\n";
  }
  /// A document is one line; a reviewer reads many.
  static std::string pretty(const std::string& document) {
    if (document.find('\n') + 1 != document.size()) return "more than one line\n";
    return Json::parse(document).dump(1) + "\n";
  }

  std::vector<GroupView> groups_;
  std::vector<Entry> history_;
};

}  // namespace

TEST_CASE("what locksmithctl prints is what its scripts say") {
  for (const auto& path : conclave::test::scripts_in(CONCLAVE_TEST_DIR "/testdata")) {
    Fixture fixture;
    INFO(path);
    CHECK(conclave::test::run_script(path, [&](const Command& command) { return fixture.run(command); }).empty());
  }
}
