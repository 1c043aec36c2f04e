#include <algorithm>
#include <cstdio>
#include <memory>
#include <set>

#include "commands.hpp"
#include "conclave/recipes/reboot_lock.hpp"
#include "held.hpp"

namespace conclave::ctl {
namespace {

using recipes::RebootLock;
using recipes::RebootLockOptions;
using recipes::RebootSlot;
using recipes::RebootStatus;
using recipes::Wait;

struct RebootFlags {
  std::string group;
  RebootLockOptions options;
  std::string reason;
  std::optional<std::string> deadline, wait;
  std::string evicted;
  std::uint64_t budget = 1;
};

Json json_of(const RebootSlot& slot) {
  Json json{{"machine", slot.machine},
            {"host", slot.host},
            {"boot", slot.boot},
            {"token", slot.token().value()},
            {"guard", guard_text(slot.guard)},
            {"since_ms", millis_of(slot.since)},
            {"overdue", slot.is_overdue},
            {"rebooted", slot.has_rebooted}};
  if (!slot.reason.empty()) json["reason"] = slot.reason;
  if (slot.deadline) json["deadline_ms"] = millis_of(*slot.deadline);
  return json;
}

/// What `work` gives, or the exit code of its failure.
template <class Work>
int with_lock(Session& session, const RebootFlags& flags, Work work) {
  RebootLock lock(session.client(), flags.group, flags.options);
  return work(lock, Wait{session.timeout(), {}});
}

// --- take, release
// -------------------------------------------------------------------------------------------------------------------------

struct RebootTimes {
  std::optional<std::chrono::system_clock::time_point> deadline;
  std::optional<std::chrono::milliseconds> wait;
};
Result<RebootTimes> times_of(const RebootFlags& flags) {
  RebootTimes times;
  if (flags.deadline) {
    const auto span = parse_duration(*flags.deadline);
    if (!span) return fail(Errc::invalid_argument, "--deadline: " + span.error().context);
    times.deadline = std::chrono::system_clock::now() + *span;
  }
  const auto wait = parse_wait(flags.wait);
  if (!wait) return fail(wait.error());
  times.wait = *wait;
  return times;
}

int run_take(Session& session, const RebootFlags& flags) {
  const auto times = times_of(flags);
  if (!times) return report(times.error());
  const auto events = begin_waiting();
  RebootLock lock(session.client(), flags.group, flags.options);
  // Waiting has no end of its own: that no member answers is to be told at once.
  if (const auto answer = lock.mine({session.timeout(), {}}); !answer) return report(answer.error());
  const auto got = await_result<RebootSlot>(
      events, [&](auto done, Wait wait) { lock.acquire(std::move(done), flags.reason, times->deadline, wait); }, times->wait);
  if (!got.result) return not_taken(got.result.error(), got.signal, "a slot of '" + flags.group + "'");
  session.json() ? print_json(json_of(*got.result)) : static_cast<void>(std::puts(guard_text(got.result->guard).c_str()));
  return exit_ok;
}

int run_release(Session& session, const RebootFlags& flags) {
  return with_lock(session, flags, [&](RebootLock& lock, const Wait& wait) {
    const auto mine = lock.mine(wait);
    if (!mine) return report(mine.error());
    if (*mine && !(*mine)->has_rebooted)
      return nothing_to_take("machine '" + (*mine)->machine + "' has not rebooted since it took its slot; evict takes it away");
    return told(session, lock.release(wait), "released");
  });
}

// --- status, groups
// ------------------------------------------------------------------------------------------------------------------------

void print_plain(const RebootStatus& status) {
  std::printf("%zu of %llu slots are in use%s", status.holders.size(), static_cast<unsigned long long>(status.slots),
              status.paused ? ", paused" : "");
  if (status.over_committed > 0) std::printf(", %llu too many", static_cast<unsigned long long>(status.over_committed));
  std::putchar('\n');
  std::vector<std::vector<std::string>> rows = {{"STATE", "MACHINE", "HOST", "TOKEN", "SINCE", "DEADLINE", "REASON"}};
  for (const RebootSlot& slot : status.holders)
    rows.push_back({slot.is_overdue ? "overdue" : "holds", slot.machine, slot.host, to_string(slot.token()), time_text(slot.since),
                    slot.deadline ? time_text(*slot.deadline) : "-", slot.reason});
  for (const recipes::Holder& waiter : status.waiters)
    rows.push_back({"waits", "-", waiter.owner, to_string(waiter.token), time_text(waiter.since), "-", waiter.note});
  print_table(rows);
}

int run_status(Session& session, const RebootFlags& flags) {
  return with_lock(session, flags, [&](RebootLock& lock, const Wait& wait) {
    const auto status = lock.status(wait);
    if (!status) return report(status.error());
    if (!session.json()) return print_plain(*status), exit_ok;
    Json holders = Json::array();
    for (const RebootSlot& slot : status->holders) holders.push_back(json_of(slot));
    Json waiters = Json::array();
    for (const recipes::Holder& waiter : status->waiters) waiters.push_back(to_json(waiter));
    print_json({{"group", flags.group},
                {"slots", status->slots},
                {"paused", status->paused},
                {"over_committed", status->over_committed},
                {"holders", std::move(holders)},
                {"waiters", std::move(waiters)}});
    return static_cast<int>(exit_ok);
  });
}

/// The groups that somebody used: their keys go up to "//", if they have one.
Result<std::set<std::string>> groups_of(Session& session) {
  const std::string directory = "/conclave/reboot/";
  std::set<std::string> groups;
  RangeOp op;
  op.keys = Keys::prefix(directory);
  op.keys_only = true;
  while (true) {
    const auto page = session.client().range(op, {}, session.call());
    if (!page) return fail(page.error());
    for (const KeyValue& kv : page->kvs) groups.insert(kv.key.substr(directory.size(), kv.key.find("//") - directory.size()));
    if (!page->more) return groups;
    op.keys = Keys::range(page->next_key, "/conclave/reboot0");  // "0" comes after "/"
    op.at = page->header.revision;
  }
}

int run_groups(Session& session) {
  const auto groups = groups_of(session);
  if (!groups) return report(groups.error());
  if (session.json()) {
    print_json({{"groups", *groups}});
    return exit_ok;
  }
  for (const std::string& group : *groups) std::puts(group.c_str());
  return exit_ok;
}

// --- The command line
// ----------------------------------------------------------------------------------------------------------------------

using Flags = std::shared_ptr<RebootFlags>;

CLI::App* add_verb(CLI::App& reboot, Run& run, const char* name, const char* text, const Flags& flags,
                   int (*work)(Session&, const RebootFlags&)) {
  CLI::App* verb = reboot.add_subcommand(name, text);
  verb->add_option("GROUP", flags->group, "machines that share a budget: parts between slashes")->required();
  verb->callback([flags, work, &run] { run = [flags, work](Session& session) { return work(session, *flags); }; });
  return verb;
}

void add_machine_flags(CLI::App& verb, RebootFlags& flags) {
  verb.add_option("--machine", flags.options.machine, "which machine this is; that of /etc/machine-id if it is left out");
  verb.add_option("--boot", flags.options.boot, "which boot this is; the kernel's boot id if it is left out");
}

void add_take(CLI::App& reboot, Run& run, const Flags& flags) {
  CLI::App* take =
      add_verb(reboot, run, "take", "Wait for a slot for this machine; it outlives this program and the reboot. Prints its guard",
               flags, run_take);
  take->add_option("--reason", flags->reason, "shown to others");
  take->add_option("--deadline", flags->deadline,
                   "how long it may take: past it the holder is shown as overdue, nothing else follows");
  take->add_option("--wait", flags->wait, "wait so long at most, then exit 3; without it as long as it takes");
  take->add_option("--slots", flags->options.slots, "how many the group has, if nobody used it before")->capture_default_str();
  take->add_option("--host", flags->options.host, "shown to others; the host's name if it is left out");
  add_machine_flags(*take, *flags);
}

int run_evict(Session& session, const RebootFlags& flags) {
  return with_lock(session, flags, [&](RebootLock& lock, const Wait& wait) {
    const auto status = lock.status(wait);
    if (!status) return report(status.error());
    const auto is_meant = [&](const RebootSlot& slot) { return slot.machine == flags.evicted; };
    if (std::none_of(status->holders.begin(), status->holders.end(), is_meant))
      return nothing_to_take("machine '" + flags.evicted + "' has no slot");
    return told(session, lock.evict(flags.evicted, wait), "evicted");
  });
}
int run_pause(Session& session, const RebootFlags& flags) {
  return with_lock(session, flags, [&](RebootLock& lock, const Wait& wait) { return told(session, lock.pause(wait), "paused"); });
}
int run_resume(Session& session, const RebootFlags& flags) {
  return with_lock(session, flags, [&](RebootLock& lock, const Wait& wait) { return told(session, lock.resume(wait), "resumed"); });
}
int run_budget(Session& session, const RebootFlags& flags) {
  return with_lock(session, flags,
                   [&](RebootLock& lock, const Wait& wait) { return told(session, lock.resize(flags.budget, wait), "resized"); });
}

}  // namespace

void add_reboot(CLI::App& app, Run& run) {
  CLI::App* reboot = app.add_subcommand("reboot", "Let machines reboot, at most so many of a group at a time");
  reboot->require_subcommand(1);
  const auto flags = std::make_shared<RebootFlags>();
  add_take(*reboot, run, flags);
  add_machine_flags(*add_verb(*reboot, run, "release",
                              "Give this machine's slot back after the reboot; exit 3 if it has not rebooted, 0 if it has none",
                              flags, run_release),
                    *flags);
  add_verb(*reboot, run, "status", "Show who has a slot and who waits", flags, run_status);
  add_verb(*reboot, run, "evict", "Take a machine's slot away: the operator's word; exit 3 if it has none", flags, run_evict)
      ->add_option("MACHINE", flags->evicted, "its id, as status shows it")
      ->required();
  add_verb(*reboot, run, "pause", "Give no slot any more; who has one keeps it", flags, run_pause);
  add_verb(*reboot, run, "resume", "Give slots again", flags, run_resume);
  add_verb(*reboot, run, "budget", "Change how many machines may reboot at a time", flags, run_budget)
      ->add_option("SLOTS", flags->budget, "0 to 1000")
      ->required();
  reboot->add_subcommand("groups", "List the groups that somebody used")->callback([&run] { run = run_groups; });
}

}  // namespace conclave::ctl
