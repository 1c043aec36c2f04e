#include <memory>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "conclave/locksmith_core/duration_text.hpp"
#include "conclave/locksmith_report/text.hpp"
#include "interrupt.hpp"

namespace conclave::locksmith::ctl {
namespace {

using report::Json;

struct SlotFlags {
  std::string id, reason, wait;
  std::int64_t priority = 0;
  bool force = false;
};

std::string name_of_machine(const Claim& claim) {
  return claim.host.empty() || claim.host == claim.machine ? claim.machine : claim.machine + " (" + claim.host + ")";
}

/// Which machine is meant: the own, or another of which the group knows host and boot perhaps.
Result<Claim> claim_for(Session& session, Group& group, const std::string& id) {
  auto self = session.self();
  if (self && (id.empty() || id == self->machine)) return self;
  if (id.empty()) return self;
  Claim claim;
  claim.machine = id;
  if (!is_machine_id(id)) return fail(Errc::invalid_argument, "'" + id + "' is no machine id (1 to 128 letters, digits and .-_)");
  const auto view = group.status(session.wait());
  if (!view) return fail(view.error());
  if (const MachineView* const known = machine_of(*view, id)) {
    claim.host = known->host;
    if (known->presence) claim.boot = known->presence->boot;
  }
  return claim;
}

Json locked_json(Session& session, Group& group, const Claim& claim, const Attempt& attempt) {
  Json json{{"group", group.name()},
            {"machine", claim.machine},
            {"locked", attempt.slot.has_value()},
            {"already", attempt.had_it},
            {"why_not", attempt.slot ? Json(nullptr) : Json(attempt.why_not)},
            {"holder", nullptr}};
  if (!attempt.slot) return json;
  GroupView alone;  // what the slot's state is, only its daemon knows; status asks for that
  json["holder"] = report::json_of(*attempt.slot, alone, session.viewer(alone.policy));
  return json;
}

int run_lock(Session& session, const SlotFlags& flags) {
  Group group = session.group();
  auto claim = claim_for(session, group, flags.id);
  if (!claim) return report_error(claim.error());
  claim->reason = flags.reason.empty() ? "asked for by " + session.by() : flags.reason;
  claim->by = session.by();
  claim->priority = flags.priority;
  const auto attempt = take_slot(group, *claim, flags.wait);
  if (!attempt) return report_error(attempt.error());
  if (session.json()) print_json(locked_json(session, group, *claim, *attempt));
  if (!attempt->slot) return refuse("no slot for " + name_of_machine(*claim) + ": " + attempt->why_not);
  if (session.json()) return exit_ok;
  const SlotView& slot = *attempt->slot;
  print(report::clean(name_of_machine(*claim)) +
        (attempt->had_it ? " holds a slot already, since " + report::time_text(slot.claim.at) : " holds a slot now") +
        "; fencing token " + to_string(slot.token) + "\n");
  return exit_ok;
}

int show_unlocked(Session& session, const std::string& machine, bool unlocked, const char* what) {
  if (session.json())
    print_json({{"group", session.group_name()}, {"machine", machine}, {"unlocked", unlocked}});
  else
    print(unlocked ? machine + what : machine + " holds no slot\n");
  return exit_ok;
}

int run_unlock(Session& session, const SlotFlags& flags) {
  const auto self = session.self();
  if (!self && flags.id.empty()) return report_error(self.error());
  const std::string id = flags.id.empty() ? self->machine : flags.id;
  if (!is_machine_id(id)) return usage_error("'" + id + "' is no machine id (1 to 128 letters, digits and .-_)");
  if (!self || id != self->machine)
    return refuse(id +
                  " is another machine, which may be in the middle of its reboot; if its slot is to be taken away all the same: "
                  "locksmithctl evict " +
                  id + " --force");
  const auto unlocked = session.group().unlock(id, session.by(), session.wait());
  if (!unlocked && unlocked.error().code == Errc::invalid_argument) return refuse(unlocked.error().context);
  if (!unlocked) return report_error(unlocked.error());
  return show_unlocked(session, id, *unlocked, " gave its slot back\n");
}

/// What would be taken away, for the hesitant.
int warn_of_eviction(Session& session, Group& group, const std::string& id) {
  const auto view = group.status(session.wait());
  if (!view) return report_error(view.error());
  const SlotView* const slot = slot_of(*view, id);
  if (slot == nullptr) return show_unlocked(session, id, false, "");
  const std::string state = report::state_text(*view, id);
  return refuse(name_of_machine(slot->claim) + " holds a slot since " + report::time_text(slot->claim.at) +
                (slot->claim.reason.empty() ? "" : " (" + slot->claim.reason + ")") +
                (state.empty() ? "" : ", its daemon is " + state) + "; if it is gone, or in the middle of nothing, say --force");
}

int run_evict(Session& session, const SlotFlags& flags) {
  if (!is_machine_id(flags.id)) return usage_error("'" + flags.id + "' is no machine id (1 to 128 letters, digits and .-_)");
  Group group = session.group();
  if (!flags.force) return warn_of_eviction(session, group, flags.id);
  const auto evicted = group.evict(flags.id, session.by(), flags.reason, session.wait());
  if (!evicted) return report_error(evicted.error());
  return show_unlocked(session, flags.id, *evicted, " lost its slot\n");
}

int run_need_reboot(Session& session, const SlotFlags& flags) {
  const auto self = session.self();
  if (!self && flags.id.empty()) return report_error(self.error());
  const std::string id = flags.id.empty() ? self->machine : flags.id;
  if (!is_machine_id(id)) return usage_error("'" + id + "' is no machine id (1 to 128 letters, digits and .-_)");
  const std::string reason = flags.reason.empty() ? "asked for by " + session.by() : flags.reason;
  const auto wished = session.group().need_reboot(id, reason, session.by(), flags.priority, session.wait());
  if (!wished) return report_error(wished.error());
  if (session.json())
    print_json({{"group", session.group_name()}, {"machine", id}, {"wished", true}});
  else
    print(id + " is asked to reboot when it may\n");
  return exit_ok;
}

int run_forget(Session& session, const SlotFlags& flags) {
  if (!is_machine_id(flags.id)) return usage_error("'" + flags.id + "' is no machine id (1 to 128 letters, digits and .-_)");
  const auto forgotten = session.group().forget(flags.id, session.by(), session.wait());
  if (!forgotten && forgotten.error().code == Errc::invalid_argument) return refuse(forgotten.error().context);
  if (!forgotten) return report_error(forgotten.error());
  if (session.json())
    print_json({{"group", session.group_name()}, {"machine", flags.id}, {"forgotten", *forgotten}});
  else
    print(flags.id + (*forgotten ? " is forgotten\n" : " was not known\n"));
  return exit_ok;
}

}  // namespace

Result<Wait> patience_of(const std::string& text) {
  if (text.empty()) return Wait{milliseconds(0), {}};
  if (text == "forever") return Wait{};
  const auto span = parse_duration(text);
  if (!span) return fail(span.error().code, "--wait: " + span.error().context + ", or \"forever\"");
  return Wait{*span, {}};
}

Result<Attempt> take_slot(Group& group, const Claim& claim, const std::string& wait) {
  auto patience = patience_of(wait);
  if (!patience) return fail(std::move(patience.error()));
  if (patience->timeout && patience->timeout->count() == 0) return group.lock(claim, *patience);
  if (const auto view = group.status(); view && slot_of(*view, claim.machine) == nullptr)
    if (const Verdict verdict = judge(*view, "", claim.at); !verdict.slot) complain("waiting: " + verdict.why_not);
  return until_interrupted<Attempt>([&](const std::stop_token& stop, auto done) {
    patience->stop = stop;
    group.lock(std::move(done), claim, *patience);
  });
}

void add_slots(CLI::App& app, Run& run) {
  const auto add = [&](const char* verb, const char* text, int (*act)(Session&, const SlotFlags&), auto more) {
    auto flags = std::make_shared<SlotFlags>();
    CLI::App* command = app.add_subcommand(verb, text);
    more(*command, *flags);
    command->callback([flags, act, &run] { run = [flags, act](Session& session) { return act(session, *flags); }; });
  };
  const auto with_id = [](CLI::App& command, SlotFlags& flags) {
    command.add_option("ID", flags.id, "a machine's id; this machine if it is left out");
  };
  const auto with_other_id = [](CLI::App& command, SlotFlags& flags) {
    command.add_option("ID", flags.id, "a machine's id")->required();
  };
  const auto with_reason = [](CLI::App& command, SlotFlags& flags) {
    command.add_option("--reason", flags.reason, "why, for people");
  };
  const auto with_priority = [](CLI::App& command, SlotFlags& flags) {
    command.add_option("--priority", flags.priority, "higher comes first, where the group goes by it");
  };
  add("lock", "Take a slot", run_lock, [&](CLI::App& command, SlotFlags& flags) {
    with_id(command, flags);
    with_reason(command, flags);
    with_priority(command, flags);
    command.add_option("--wait", flags.wait, "queue for a slot at most so long (10m), or forever; without it: now or not at all");
  });
  add("unlock", "Give this machine's slot back", run_unlock, with_id);
  add("evict", "Take another machine's slot away", run_evict, [&](CLI::App& command, SlotFlags& flags) {
    with_other_id(command, flags);
    with_reason(command, flags);
    command.add_flag("--force", flags.force, "do it");
  });
  add("need-reboot", "Tell a machine's daemon that it needs to reboot", run_need_reboot, [&](CLI::App& command, SlotFlags& flags) {
    command.alias("send-need-reboot");  // its name in locksmith 0.6
    with_id(command, flags);
    with_reason(command, flags);
    with_priority(command, flags);
  });
  add("forget", "Forget a machine that is gone for good", run_forget, with_other_id);
}

}  // namespace conclave::locksmith::ctl
