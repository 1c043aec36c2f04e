#include <cstdio>
#include <deque>
#include <memory>
#include <mutex>

#include "commands.hpp"
#include "conclave/recipes/election.hpp"
#include "held.hpp"

namespace conclave::ctl {
namespace {

using recipes::Election;
using recipes::Leader;
using recipes::Leadership;
using recipes::Wait;
using Told = Result<std::optional<Leader>>;

struct ElectFlags {
  TakeFlags take;
  std::string value;
  std::optional<std::string> leader;
  bool listen = false;
  bool show = false;
};

void print_leader(const Session& session, const std::string& name, const std::optional<Leader>& leader) {
  if (session.json()) {
    Json json{{"name", name}, {"leader", nullptr}};
    if (leader)
      json["leader"] = {{"key", base64(leader->key)},
                        {"value", base64(leader->value)},
                        {"token", leader->token.value()},
                        {"lease", leader->lease.value()},
                        {"owner", leader->owner}};
    return print_json(json);
  }
  if (!leader) return;
  std::puts(leader->key.c_str());
  std::puts(leader->value.c_str());
  std::fflush(stdout);
}

/// Leaders on their way from the client's thread to the one that prints.
struct Inbox {
  std::mutex mutex;
  std::deque<Told> told;
};

int run_listen(Session& session, const ElectFlags& flags) {
  const auto events = begin_waiting();
  Election election(session.client(), flags.take.name);
  const auto inbox = std::make_shared<Inbox>();
  const auto observation = election.observe([inbox, events](const Told& told) {
    const std::lock_guard lock(inbox->mutex);
    inbox->told.push_back(told);
    events->wake();
  });
  while (true) {
    if (asks_to_end(events->wait(for_long))) return exit_ok;
    std::deque<Told> told;
    {
      const std::lock_guard lock(inbox->mutex);
      told.swap(inbox->told);
    }
    for (const Told& one : told) {
      if (!one) return report(one.error());
      print_leader(session, flags.take.name, *one);
    }
  }
}

int run_show(Session& session, const ElectFlags& flags) {
  Election election(session.client(), flags.take.name);
  const auto leader = election.leader({session.timeout(), {}});
  if (!leader) return report(leader.error());
  print_leader(session, flags.take.name, *leader);
  return exit_ok;
}

int run_proclaim(Session& session, const ElectFlags& flags) {
  const auto leader = parse_guard(*flags.leader);
  if (!leader) return report(leader.error());
  Election election(session.client(), flags.take.name);
  return told(session, election.proclaim(*leader, flags.value, {session.timeout(), {}}), "proclaimed");
}

Held held_of(const ElectFlags& flags, Leadership leadership) {
  const auto shared = std::make_shared<Leadership>(std::move(leadership));
  const auto certain_for = [shared] {
    if (!shared->is_leader()) return std::chrono::milliseconds::zero();
    return std::chrono::floor<std::chrono::milliseconds>(shared->is_leader_until() - std::chrono::steady_clock::now());
  };
  return {flags.take.name, shared->guard(), certain_for,
          [shared](std::function<void()> handler) { shared->on_lost(std::move(handler)); },
          [shared](Wait wait) { return shared->resign(std::move(wait)); }};
}

int run_campaign(Session& session, const ElectFlags& flags) {
  const auto times = times_of(flags.take);
  if (!times) return report(times.error());
  const auto events = begin_waiting();
  Election election(session.client(), flags.take.name, {times->ttl, flags.take.owner, flags.take.note});
  // Waiting has no end of its own: that no member answers is to be told at once.
  if (const auto answer = election.leader({session.timeout(), {}}); !answer) return report(answer.error());
  auto got = await_result<Leadership>(
      events, [&](auto done, Wait wait) { election.campaign(flags.value, std::move(done), wait); }, times->wait);
  if (!got.result) return not_taken(got.result.error(), got.signal, "the lead of '" + flags.take.name + "'");
  if (got.signal != 0) return exit_of_signal + got.signal;
  const Held held = held_of(flags, std::move(*got.result));
  return run_held(session, events, held, flags.take.command, times->grace, [&] {
    if (session.json()) return print_json(to_json(held));
    std::puts(held.guard.key.c_str());
    std::puts(flags.value.c_str());
    std::fflush(stdout);
  });
}

}  // namespace

void add_elect(CLI::App& app, Run& run) {
  auto flags = std::make_shared<ElectFlags>();
  CLI::App* elect = app.add_subcommand("elect", "Campaign, and lead until interrupted; or listen for leaders");
  add_take_flags(*elect, flags->take, false);
  elect->add_option("VALUE", flags->value, "what the leader proclaims");
  elect->add_option("--wait", flags->take.wait, "campaign so long at most, then exit 3; without it as long as it takes");
  auto* listen =
      elect->add_flag("-l,--listen", flags->listen, "print the leader, and every leader after it in order, until interrupted");
  elect->add_flag("--show", flags->show, "print the leader, if there is one")->excludes(listen);
  elect
      ->add_option("--proclaim", flags->leader,
                   "do nothing but change to VALUE what the leader proclaims who has this guard (CONCLAVE_GUARD of its COMMAND); "
                   "exit 3 if it leads no more")
      ->excludes(listen);
  elect->add_option(
      "COMMAND", flags->take.command,
      "after --: run while leading, with CONCLAVE_NAME, CONCLAVE_TOKEN and CONCLAVE_GUARD in its environment, and end "
      "with its exit code");
  elect->callback([flags, &run] {
    run = [flags](Session& session) {
      if (flags->show) return run_show(session, *flags);
      if (flags->leader) return run_proclaim(session, *flags);
      return flags->listen ? run_listen(session, *flags) : run_campaign(session, *flags);
    };
  });
}

}  // namespace conclave::ctl
