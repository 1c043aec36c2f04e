#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "session.hpp"

/// Each function adds its verbs to the command line. A verb's callback stores what to run; main runs it after parsing.
namespace conclave::locksmith::ctl {

/// What the parsed command line asks for; gives the exit code.
using Run = std::function<int(Session&)>;

/// What the verbs know of the system that they run on.
struct Ports {
  std::function<bool()> is_superuser;
};

void add_looks(CLI::App& app, Run& run);                ///< status, groups, machines, history
void add_slots(CLI::App& app, Run& run);                ///< lock, unlock, evict, need-reboot, forget
void add_reboot(CLI::App& app, Run& run, Ports ports);  ///< reboot
CLI::App& add_policy(CLI::App& app, Run& run);          ///< set-max, group show, set and edit, pause, resume; gives `group`
void add_import(CLI::App& app, Run& run);               ///< import

/// The group after a change: its status as JSON, or `text` and what is wrong with the group since.
int show_changed(Session& session, Group& group, const std::string& text);

/// "10m", or "forever".
[[nodiscard]] Result<Wait> patience_of(const std::string& text);
/// Takes a slot, patiently if `wait` is given, and ends early on an interrupt. Nothing is held after an error.
[[nodiscard]] Result<Attempt> take_slot(Group& group, const Claim& claim, const std::string& wait);

}  // namespace conclave::locksmith::ctl
