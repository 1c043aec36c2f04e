#include <cstdio>
#include <memory>

#include "commands.hpp"
#include "conclave/recipes/barrier.hpp"
#include "held.hpp"

namespace conclave::ctl {
namespace {

using recipes::Barrier;
using recipes::DoubleBarrier;
using recipes::Hold;
using recipes::Wait;

struct BarrierFlags {
  std::string name;
  std::optional<std::string> wait;
};

int run_wait(Session& session, const BarrierFlags& flags) {
  const auto timeout = parse_wait(flags.wait);
  if (!timeout) return report(timeout.error());
  const auto events = begin_waiting();
  Barrier barrier(session.client(), flags.name);
  return wait_for_gate(session, events, "/conclave/barrier/" + flags.name, "the barrier '" + flags.name + "'", *timeout,
                       [&](auto done, Wait wait) { barrier.wait(std::move(done), wait); });
}

// --- double-barrier
// ------------------------------------------------------------------------------------------------------------------------

struct DoubleFlags {
  TakeFlags take;
  std::uint32_t parties = 2;
};

/// The presence in a double barrier; giving it back is leaving, which waits for the others until a signal comes.
Held held_of(const DoubleFlags& flags, const EventsPtr& events, DoubleBarrier& barrier, Hold hold) {
  const auto inside = std::make_shared<Hold>(std::move(hold));
  return {flags.take.name, inside->guard(), [inside] { return inside->certain_for(); },
          [inside](std::function<void()> handler) { inside->on_lost(std::move(handler)); },
          [inside, events, &barrier](const Wait&) -> Result<void> {
            const auto left = await_result<void>(
                events, [&](auto done, Wait wait) { barrier.leave(std::move(*inside), std::move(done), wait); }, std::nullopt);
            return left.result;
          }};
}

int run_double(Session& session, const DoubleFlags& flags) {
  const auto times = times_of(flags.take);
  if (!times) return report(times.error());
  if (flags.parties == 0) return usage_error("nobody takes part: PARTIES is 0");
  const auto events = begin_waiting();
  // Waiting has no end of its own: that no member answers is to be told at once.
  const std::string key = "/conclave/double-barrier/" + flags.take.name;
  if (const auto answer = session.client().get(key, {}, session.call()); !answer) return report(answer.error());
  DoubleBarrier barrier(session.client(), flags.take.name, flags.parties, {times->ttl, flags.take.owner});
  auto got = await_result<Hold>(
      events, [&](auto done, Wait wait) { barrier.enter(std::move(done), wait); }, times->wait);
  if (!got.result) return not_taken(got.result.error(), got.signal, "the others at '" + flags.take.name + "'");
  const Held held = held_of(flags, events, barrier, std::move(*got.result));
  if (got.signal != 0) return exit_of_signal + got.signal;
  return run_held(session, events, held, flags.take.command, times->grace, [&] {
    if (session.json()) return print_json(to_json(held));
    std::puts(held.guard.key.c_str());
    std::fflush(stdout);
  });
}

void add_double(CLI::App& app, Run& run) {
  auto flags = std::make_shared<DoubleFlags>();
  CLI::App* both =
      app.add_subcommand("double-barrier", "Begin together with others and end together; who dies inside counts as having left");
  add_take_flags(*both, flags->take, false);
  both->remove_option(both->get_option("--note"));  // nobody sees it
  both->add_option("PARTIES", flags->parties, "how many take part; the same for all")->required();
  both->add_option("--wait", flags->take.wait, "wait for the others so long at most, then exit 3; without it as long as it takes");
  both->add_option(
      "COMMAND", flags->take.command,
      "after --: run when all are there, with CONCLAVE_NAME, CONCLAVE_TOKEN and CONCLAVE_GUARD in its environment, and "
      "end with its exit code when all have ended; without it, stay until interrupted");
  both->callback([flags, &run] { run = [flags](Session& session) { return run_double(session, *flags); }; });
}

}  // namespace

void add_barrier(CLI::App& app, Run& run) {
  CLI::App* barrier = app.add_subcommand("barrier", "Close a gate, wait for it, open it");
  barrier->require_subcommand(1);
  auto flags = std::make_shared<BarrierFlags>();
  const auto verb = [&](const char* name, const char* text) {
    CLI::App* one = barrier->add_subcommand(name, text);
    one->add_option("NAME", flags->name, "the barrier; one that nobody closed is open")->required();
    return one;
  };
  verb("close", "From now on everybody waits")->callback([flags, &run] {
    run = [flags](Session& session) {
      return told(session, Barrier(session.client(), flags->name).close({session.timeout(), {}}), "closed");
    };
  });
  verb("release", "Open it: everybody goes on")->callback([flags, &run] {
    run = [flags](Session& session) {
      return told(session, Barrier(session.client(), flags->name).open({session.timeout(), {}}), "open");
    };
  });
  CLI::App* wait = verb("wait", "End when it is open");
  wait->add_option("--wait", flags->wait, "so long at most, then exit 3; without it as long as it takes");
  wait->callback([flags, &run] { run = [flags](Session& session) { return run_wait(session, *flags); }; });
  add_double(app, run);
}

}  // namespace conclave::ctl
