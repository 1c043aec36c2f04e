#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "conclave/locksmith_core/policy.hpp"
#include "conclave/locksmith_report/text.hpp"

namespace conclave::locksmith::ctl {
namespace {

/// A change that the group's rules do not allow is the caller's mistake.
int show_change(Session& session, Group& group, const Result<Policy>& changed, const std::string& text) {
  if (!changed) return report_error(changed.error());
  return show_changed(session, group, text);
}

int run_set_max(Session& session, const std::string& slots) {
  if (const auto amount = parse_amount(slots); !amount) return usage_error("set-max: " + amount.error().context);
  Group group = session.group();
  return show_change(session, group, group.set("slots", slots, session.by(), session.wait()), "Max: " + slots + "\n");
}

int run_show(Session& session) {
  Group group = session.group();
  const auto view = group.status(session.wait());
  if (!view) return report_error(view.error());
  if (view->broken) complain("the group's record cannot be read: " + *view->broken);
  if (session.json())
    print_json({{"group", view->name}, {"exists", !view->policy_revision.is_zero()}, {"policy", report::json_of(view->policy)}});
  else
    print(report::policy_text(*view, session.look()));
  return view->broken ? exit_error : exit_ok;
}

Result<Policy> with_settings(Policy policy, const std::vector<std::string>& settings) {
  for (const std::string& one : settings) {
    const auto equals = one.find('=');
    if (equals == std::string::npos) return fail(Errc::invalid_argument, "'" + one + "' is not NAME=VALUE");
    auto changed = with_field(std::move(policy), one.substr(0, equals), one.substr(equals + 1));
    if (!changed) return changed;
    policy = std::move(*changed);
  }
  return policy;
}

/// Settings depend on one another (a deadline lies before the automatic release): what does not go forwards may go backwards.
Result<Policy> with_all(const Policy& policy, const std::vector<std::string>& settings) {
  auto forwards = with_settings(policy, settings);
  if (forwards) return forwards;
  auto backwards = with_settings(policy, std::vector<std::string>(settings.rbegin(), settings.rend()));
  return backwards ? std::move(backwards) : std::move(forwards);
}

int run_set(Session& session, const std::vector<std::string>& settings) {
  std::string what;
  for (const std::string& one : settings) what += (what.empty() ? "" : ", ") + one;
  Group group = session.group();
  const auto edit = [&](const Policy& policy) { return with_all(policy, settings); };
  return show_change(session, group, group.change(edit, what, session.by(), session.wait()), {});
}

int run_edit(Session& session, const std::string& path) {
  const auto text = read_input(path, policy_bytes_max);
  if (!text) return report_error(text.error());
  auto policy = parse_policy(*text);
  if (!policy) return report_error(policy.error());
  Group group = session.group();
  return show_change(session, group, group.replace(std::move(*policy), session.by(), session.wait()), {});
}

int run_pause(Session& session, const std::string& reason) {
  Group group = session.group();
  return show_change(session, group, group.pause(session.by(), reason, session.wait()),
                     "group " + group.name() + " is paused: no slot is given until locksmithctl resume\n");
}

int run_resume(Session& session) {
  Group group = session.group();
  return show_change(session, group, group.resume(session.by(), session.wait()), "group " + group.name() + " gives slots again\n");
}

std::string settings_help() {
  std::string text = "Change settings of the policy. NAME=VALUE, where NAME is\n";
  for (const PolicyField& field : policy_fields())
    text += "  " + std::string(field.name) + std::string(15 - std::min<std::size_t>(15, field.name.size()), ' ') +
            std::string(field.value) + "\n";
  return text;
}

}  // namespace

int show_changed(Session& session, Group& group, const std::string& text) {
  const auto view = group.status(session.wait());
  if (!view) {
    complain("it is done, but what the group looks like now cannot be read");
    return report_error(view.error());
  }
  const report::Viewer viewer = session.viewer(view->policy);
  if (session.json()) {
    print_json(report::json_of(*view, viewer));
    return exit_ok;
  }
  print(text.empty() ? report::policy_text(*view, session.look()) : report::clean(text.substr(0, text.size() - 1)) + "\n");
  if (over_committed(*view) > 0)
    complain("group " + group.name() + " is over-committed by " + std::to_string(over_committed(*view)) + ": " +
             report::count_text(view->slots.size(), "machine holds", "machines hold") +
             " a slot; they keep it until they are done");
  return exit_ok;
}

CLI::App& add_policy(CLI::App& app, Run& run) {
  auto slots = std::make_shared<std::string>();
  CLI::App* set_max = app.add_subcommand("set-max", "Change the number of slots");
  set_max->add_option("N", *slots, "a number, or a percentage of the known machines such as 20%")->required();
  set_max->callback([slots, &run] { run = [slots](Session& session) { return run_set_max(session, *slots); }; });

  CLI::App* group = app.add_subcommand("group", "The group's policy");
  group->require_subcommand(1);
  group->add_subcommand("show", "Show it")->callback([&run] { run = run_show; });
  auto settings = std::make_shared<std::vector<std::string>>();
  CLI::App* set = group->add_subcommand("set", settings_help());
  set->add_option("SETTING", *settings, "NAME=VALUE, as many as you like; all or none")->required();
  set->callback([settings, &run] { run = [settings](Session& session) { return run_set(session, *settings); }; });
  auto path = std::make_shared<std::string>();
  CLI::App* edit = group->add_subcommand("edit", "Replace it by a JSON file");
  edit->add_option("FILE", *path, "as group show -o json prints it under \"policy\"; standard input if it is left out");
  edit->callback([path, &run] { run = [path](Session& session) { return run_edit(session, *path); }; });

  auto reason = std::make_shared<std::string>();
  CLI::App* pause = app.add_subcommand("pause", "Give no slots until resume");
  pause->add_option("--reason", *reason, "why, for people");
  pause->callback([reason, &run] { run = [reason](Session& session) { return run_pause(session, *reason); }; });
  app.add_subcommand("resume", "Give slots again")->callback([&run] { run = run_resume; });
  return *group;
}

}  // namespace conclave::locksmith::ctl
