#include <memory>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "conclave/locksmith_report/text.hpp"
#include "daemon/src/logind.hpp"

namespace conclave::locksmith::ctl {
namespace {

/// logind answers at once; a command may take longer.
constexpr milliseconds logind_timeout = seconds(30);
constexpr milliseconds command_timeout = std::chrono::minutes(10);

struct RebootFlags {
  std::string reason, wait, command;
};

daemon::RebootAnswer start_reboot(const Session& session, const Claim& claim, const std::string& command) {
  return daemon::ask_to_reboot(command,
                               {{"LOCKSMITH_GROUP", session.group_name()},
                                {"LOCKSMITH_MACHINE", claim.machine},
                                {"LOCKSMITH_BOOT", claim.boot},
                                {"LOCKSMITH_REASON", claim.reason}},
                               command.empty() ? logind_timeout : command_timeout, {});
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

int report_no_reboot(Session& session, Group& group, const Claim& claim, const Attempt& attempt,
                     const daemon::RebootAnswer& answer) {
  if (answer.kind == daemon::RebootAnswer::Kind::unknown) {
    complain("it is not known whether the machine reboots, and it keeps the slot: " + answer.detail +
             "; if it does not: locksmithctl unlock");
    return exit_error;
  }
  if (!attempt.had_it) return give_back(session, group, claim, answer.detail);
  complain("the reboot failed; the machine keeps the slot that it had before: " + answer.detail);
  return exit_error;
}

int run_reboot(Session& session, const RebootFlags& flags, bool is_superuser) {
  if (!is_superuser) {
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
  const daemon::RebootAnswer answer = start_reboot(session, *claim, flags.command);
  if (answer.kind != daemon::RebootAnswer::Kind::accepted) return report_no_reboot(session, group, *claim, *attempt, answer);
  if (session.json())
    print_json(
        {{"group", group.name()}, {"machine", claim->machine}, {"rebooting", true}, {"token", attempt->slot->token.value()}});
  else
    print(report::clean(claim->machine) + " reboots now; fencing token " + to_string(attempt->slot->token) + "\n");
  return exit_ok;
}

}  // namespace

void add_reboot(CLI::App& app, Run& run, Ports ports) {
  auto flags = std::make_shared<RebootFlags>();
  CLI::App* command = app.add_subcommand("reboot", "Take a slot for this machine and reboot it");
  command->add_option("--reason", flags->reason, "why, for people");
  command->add_option("--wait", flags->wait, "queue for a slot at most so long (10m), or forever; without it: now or not at all");
  command->add_option("--reboot-command", flags->command, "reboots the machine instead of systemd-logind");
  command->callback([flags, &run, ports = std::move(ports)] {
    run = [flags, ports](Session& session) { return run_reboot(session, *flags, ports.is_superuser()); };
  });
}

}  // namespace conclave::locksmith::ctl
