#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "conclave/locksmith_report/text.hpp"
#include "daemon/src/commands.hpp"

namespace conclave::locksmith::ctl {
namespace {

constexpr milliseconds command_timeout = std::chrono::minutes(10);

struct RebootFlags {
  std::string reason, wait, command;
};

/// What went wrong for certain; empty if the machine is going down.
std::string start_reboot(const Session& session, const Claim& claim, const RebootFlags& flags) {
  if (flags.command.empty()) return daemon::reboot_by_logind();
  const auto ran = daemon::run_command(flags.command,
                                       {{"LOCKSMITH_GROUP", session.group_name()},
                                        {"LOCKSMITH_MACHINE", claim.machine},
                                        {"LOCKSMITH_BOOT", claim.boot},
                                        {"LOCKSMITH_REASON", claim.reason}},
                                       command_timeout, {});
  return ran.ok() ? std::string() : "'" + flags.command + "' " + ran.detail;
}

/// Nobody but this program knows that the slot is for nothing.
int give_back(Session& session, Group& group, const Claim& claim, const std::string& why) {
  const auto unlocked = group.unlock(claim.machine, session.by(), session.wait());
  complain(unlocked ? "the reboot failed, and the slot was given back: " + why : "the reboot failed: " + why);
  if (!unlocked) {
    complain("the slot could not be given back; locksmithctl unlock does");
    return report_error(unlocked.error());
  }
  return exit_error;
}

int run_reboot(Session& session, const RebootFlags& flags) {
  if (geteuid() != 0) {
    complain("only the superuser may reboot the machine");
    return exit_error;
  }
  auto claim = session.self();
  if (!claim) return report_error(claim.error());
  claim->reason = flags.reason.empty() ? "asked for by " + session.by() : flags.reason;
  claim->by = session.by();
  Group group = session.group();
  const auto attempt = take_slot(group, *claim, flags.wait);
  if (!attempt) return report_error(attempt.error());
  if (!attempt->slot) return refuse("no slot for " + claim->machine + ": " + attempt->why_not);
  if (const std::string why = start_reboot(session, *claim, flags); !why.empty()) {
    if (!attempt->had_it) return give_back(session, group, *claim, why);
    complain("the reboot failed; the machine keeps the slot that it had before: " + why);
    return exit_error;
  }
  if (session.json())
    print_json(
        {{"group", group.name()}, {"machine", claim->machine}, {"rebooting", true}, {"token", attempt->slot->token.value()}});
  else
    print(report::clean(claim->machine) + " reboots now; fencing token " + to_string(attempt->slot->token) + "\n");
  return exit_ok;
}

}  // namespace

void add_reboot(CLI::App& app, Run& run) {
  auto flags = std::make_shared<RebootFlags>();
  CLI::App* command = app.add_subcommand("reboot", "Take a slot for this machine and reboot it");
  command->add_option("--reason", flags->reason, "why, for people");
  command->add_option("--wait", flags->wait, "queue for a slot at most so long (10m), or forever; without it: now or not at all");
  command->add_option("--reboot-command", flags->command, "reboots the machine instead of systemd-logind");
  command->callback([flags, &run] { run = [flags](Session& session) { return run_reboot(session, *flags); }; });
}

}  // namespace conclave::locksmith::ctl
