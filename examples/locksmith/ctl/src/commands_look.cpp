#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands.hpp"

namespace conclave::locksmith::ctl {
namespace {

using report::Json;

int run_status(Session& session) {
  Group group = session.group();
  const auto view = group.status(session.wait());
  if (!view) return report_error(view.error());
  const report::Viewer viewer = session.viewer(view->policy);
  if (session.json())
    print_json(report::json_of(*view, viewer));
  else
    print(report::status_text(*view, viewer, session.look()));
  return exit_ok;
}

int run_groups(Session& session) {
  const auto names = list_groups(session.client(), session.wait());
  if (!names) return report_error(names.error());
  std::vector<report::ZonedGroup> groups;
  Json list = Json::array();
  WallMillis now = 0;
  for (const std::string& name : *names) {
    Group group(session.client(), name);
    auto view = group.status(session.wait());
    if (!view) return report_error(view.error());
    const report::Viewer viewer = session.viewer(view->policy);
    now = viewer.now;
    list.push_back(report::json_of(*view, viewer));
    groups.emplace_back(std::move(*view), viewer.zone);
  }
  if (session.json())
    print_json({{"groups", std::move(list)}});
  else
    print(report::groups_text(groups, now, session.look()));
  return exit_ok;
}

int run_machines(Session& session) {
  Group group = session.group();
  const auto view = group.status(session.wait());
  if (!view) return report_error(view.error());
  const report::Viewer viewer = session.viewer(view->policy);
  if (!session.json()) {
    print(report::machines_text(*view, viewer, session.look()));
    return exit_ok;
  }
  Json list = Json::array();
  for (const MachineView& machine : view->machines) list.push_back(report::json_of(machine, *view, viewer));
  print_json({{"group", view->name}, {"machines", std::move(list)}});
  return exit_ok;
}

int run_history(Session& session, std::uint64_t count) {
  const auto entries = session.group().history(count, session.wait());
  if (!entries) return report_error(entries.error());
  if (!session.json()) {
    print(report::history_text(*entries, session.look()));
    return exit_ok;
  }
  Json list = Json::array();
  for (const Entry& entry : *entries) list.push_back(report::json_of(entry));
  print_json({{"group", session.group_name()}, {"history", std::move(list)}});
  return exit_ok;
}

}  // namespace

void add_looks(CLI::App& app, Run& run) {
  app.add_subcommand("status", "Show the group's slots, who holds them and who waits")->callback([&run] { run = run_status; });
  app.add_subcommand("groups", "List all groups")->callback([&run] { run = run_groups; });
  app.add_subcommand("machines", "List the machines that the group knows")->callback([&run] { run = run_machines; });
  auto count = std::make_shared<std::uint64_t>(50);
  CLI::App* history = app.add_subcommand("history", "Show what happened in the group, the newest last");
  history->add_option("-n,--count", *count, "how many entries at most, 1 to 2000")
      ->check(CLI::Range(1, 2000))
      ->capture_default_str();
  history->callback([count, &run] { run = [count](Session& session) { return run_history(session, *count); }; });
}

}  // namespace conclave::locksmith::ctl
