#include <nlohmann/json.hpp>

#include "conclave/locksmith_report/json.hpp"
#include "conclave/locksmith_report/render.hpp"
#include "conclave/test/catch.hpp"
#include "conclave/test/datadriven.hpp"

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
    group.exists = command.number_or("exists", 1) == 1;
    group.revision = command.number_or("revision", 1);
    group.slots = command.number_or("slots", 1);
    group.slots_rule = command.text_or("rule", "");
    group.machines = command.number_or("machines", 0);
    group.frozen = command.text_or("frozen", "");
    if (command.has("paused_by"))
      group.paused =
          PauseView{command.text("paused_by"), command.text_or("why", ""), command.has("paused") ? ago(command, "paused") : 0};
    if (command.has("window")) group.window = WindowView{command.text("window") == "open", in(command, "changes")};
    return {};
  }
  std::string holder(const Command& command) {
    HolderView one;
    one.machine = command.value(0);
    one.host = raw(command.text_or("host", ""));
    one.reason = command.text_or("reason", "");
    one.boot = command.text_or("boot", "");
    one.state = command.text_or("state", "");
    one.since_ms = ago(command, "since");
    one.deadline_ms = in(command, "due");
    one.token = command.number_or("token", 1);
    one.own = command.number_or("own", 0) == 1;
    groups_.back().holders.push_back(std::move(one));
    return {};
  }
  std::string waiter(const Command& command) {
    WaiterView one;
    one.machine = command.value(0);
    one.host = command.text_or("host", "");
    one.reason = command.text_or("reason", "");
    one.since_ms = ago(command, "since");
    one.priority = command.number_or("priority", 0);
    one.own = command.number_or("own", 0) == 1;
    groups_.back().waiters.push_back(std::move(one));
    return {};
  }
  std::string history_entry(const Command& command) {
    HistoryView one;
    one.event = command.value(0);
    one.machine = command.value(1);
    one.revision = command.number_or("revision", 1);
    one.at_ms = ago(command, "at");
    one.host = command.text_or("host", "");
    one.by = command.text_or("by", "");
    one.detail = command.text_or("detail", "");
    history_.push_back(std::move(one));
    return {};
  }
  std::string machine(const Command& command) {
    MachineView one;
    one.machine = command.value(0);
    one.host = command.text_or("host", "");
    one.state = command.text_or("state", "");
    one.boot = command.text_or("boot", "");
    one.seen_ms = command.has("seen") ? ago(command, "seen") : 0;
    one.healthy = command.number_or("healthy", 1) == 1;
    one.needs_reboot = command.number_or("needs_reboot", 0) == 1;
    one.detail = command.text_or("detail", "");
    machines_.push_back(std::move(one));
    return {};
  }

  std::string show(const Command& command) {
    const Look with = look(command);
    if (command.name == "status") return status_text(groups_.back(), now_ms, with);
    if (command.name == "groups") return groups_text(groups_, now_ms, with);
    if (command.name == "show-history") return history_text(history_, with);
    if (command.name == "show-machines") return machines_text(machines_, now_ms, with);
    if (command.name == "hindrance") return hindrance(groups_.back(), now_ms) + "\n";
    if (command.name == "settings") {
      Settings settings;
      for (const auto& [name, value] : command.keys)
        if (name != "width" && name != "unicode") settings.emplace_back(name, value);
      return settings_text(settings, with);
    }
    if (command.name == "status-json") return pretty(document(json_of(groups_.back(), now_ms)));
    if (command.name == "history-json") return pretty(document(json_of(history_.back())));
    if (command.name == "machine-json") return pretty(document(json_of(machines_.back(), now_ms), "machine"));
    return "no such command\n";
  }
  /// A document is one line; a reviewer reads many.
  static std::string pretty(const std::string& document) {
    if (document.find('\n') + 1 != document.size()) return "more than one line\n";
    return Json::parse(document).dump(1) + "\n";
  }

  std::vector<GroupView> groups_;
  std::vector<HistoryView> history_;
  std::vector<MachineView> machines_;
};

}  // namespace

TEST_CASE("what locksmithctl prints is what its scripts say") {
  for (const auto& path : conclave::test::scripts_in(CONCLAVE_TEST_DIR "/testdata")) {
    Fixture fixture;
    INFO(path);
    CHECK(conclave::test::run_script(path, [&](const Command& command) { return fixture.run(command); }).empty());
  }
}
