#include <cstdio>
#include <memory>

#include "commands.hpp"
#include "conclave/recipes/barrier.hpp"
#include "held.hpp"

namespace conclave::ctl {
namespace {

using recipes::Barrier;
using recipes::Wait;

struct BarrierFlags {
  std::string name;
  std::optional<std::string> wait;
};

int told(const Session& session, const Result<void>& result, const char* what) {
  if (!result) return report(result.error());
  if (session.json())
    print_json({{what, true}});
  else
    std::puts("OK");
  return exit_ok;
}

int run_wait(Session& session, const BarrierFlags& flags) {
  std::optional<std::chrono::milliseconds> timeout;
  if (flags.wait) {
    const auto wait = parse_duration(*flags.wait);
    if (!wait) return report({Errc::invalid_argument, "--wait: " + wait.error().context});
    timeout = *wait;
  }
  const auto events = begin_waiting();
  // Waiting has no end of its own: that no member answers is to be told at once.
  if (const auto answer = session.client().get("/conclave/barrier/" + flags.name, {}, session.call()); !answer)
    return report(answer.error());
  Barrier barrier(session.client(), flags.name);
  const auto got = await_result<void>(
      events, [&](auto done, Wait wait) { barrier.wait(std::move(done), wait); }, timeout);
  if (got.result) return told(session, got.result, "open");
  if (got.signal != 0) return exit_of_signal + got.signal;
  return got.result.error().code == recipes::timed_out ? nothing_to_take("the barrier '" + flags.name + "' is closed")
                                                       : report(got.result.error());
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
}

}  // namespace conclave::ctl
