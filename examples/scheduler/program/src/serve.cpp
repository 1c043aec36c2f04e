#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <thread>

#include "conclave/scheduler/agent.hpp"
#include "conclave/scheduler/leader.hpp"
#include "process_executor.hpp"
#include "verbs.hpp"

namespace conclave::scheduler {
namespace {

using recipes::core::Call;
using recipes::core::Task;

std::string host_name() {
  char host[256] = "";
  if (gethostname(host, sizeof host - 1) != 0) return "agent";
  return host;
}

Resources this_machine() {
  Resources resources;
  resources.slots = std::max(1U, std::thread::hardware_concurrency());
  resources.cpu_milli = resources.slots * 1000;
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long page_bytes = sysconf(_SC_PAGESIZE);
  if (pages > 0 && page_bytes > 0)
    resources.memory_mib = static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page_bytes) >> 20U;
  return resources;
}

/// Blocks the signals that end the program, in this thread and all that it starts.
sigset_t take_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

/// Until a signal comes, or `is_over` says so; asked every half second on the client's thread.
void await_end(const sigset_t& signals, const std::function<bool()>& is_over) {
  const timespec patience{0, 500'000'000};
  while (sigtimedwait(&signals, nullptr, &patience) < 0)
    if (is_over()) return;
}

/// Runs `ask` on the client's thread.
template <class T>
T there(const Session& session, std::function<T()> ask, T otherwise) {
  std::promise<T> answer;
  auto future = answer.get_future();
  if (!session.base().loop->post([&] { answer.set_value(ask()); })) return otherwise;
  return future.get();
}

struct AgentFlags {
  std::string name = host_name();
  std::string state = "/var/lib/conclave-scheduler";
  double ttl = 10;
  double leave_within = 10;
  Resources capacity = this_machine();
  std::vector<std::string> labels;
};

Result<AgentOptions> options_of(const AgentFlags& flags) {
  if (const auto good = check_word("--agent", flags.name); !good) return fail(good.error());
  AgentOptions options;
  options.name = flags.name;
  options.ttl = milliseconds_of(flags.ttl);
  if (options.ttl < seconds(2)) return fail(Errc::invalid_argument, "--ttl: at least 2 seconds");
  options.record.capacity = flags.capacity;
  options.record.host = host_name();
  for (const std::string& label : flags.labels) {
    const auto equals = label.find('=');
    if (equals == std::string::npos) return fail(Errc::invalid_argument, "--label " + label + ": it is no NAME=VALUE");
    if (const auto good = check_word("--label", label.substr(0, equals)); !good) return fail(good.error());
    options.record.labels[label.substr(0, equals)] = label.substr(equals + 1);
  }
  return options;
}

int run_agent(const GlobalFlags& global, const AgentFlags& flags) {
  const sigset_t signals = take_signals();
  std::signal(SIGCHLD, SIG_IGN);  // keepers are reaped by the kernel: what came of them stands in files
  auto options = options_of(flags);
  if (!options) return report(options.error());
  auto session = Session::open(global, "agent " + flags.name);
  if (!session) return report(session.error());
  auto executor = ProcessExecutor::open(session->base().hub->store(), flags.state);
  if (!executor) return report(executor.error());
  const auto agent = std::make_shared<Agent>(session->base().hub, session->keys(), *options, **executor);
  session->base().loop->post([agent] { agent->start(); });
  await_end(signals, [&] {
    return there<bool>(
        *session, [&] { return agent->was_replaced(); }, true);
  });
  const bool replaced = there<bool>(
      *session, [&] { return agent->was_replaced(); }, false);
  if (replaced) std::fprintf(stderr, "conclave-scheduler: another agent took the name %s\n", flags.name.c_str());
  const auto within = milliseconds_of(flags.leave_within);
  const auto left = session->wait_for<bool>([&](Call call) { return Agent::leave(agent, within, std::move(call)); },
                                            within + std::chrono::seconds(5));
  // The client first: what still waits for it ends then, and may look at the executor.
  const auto close = [](Session) {};
  close(std::move(*session));
  if (replaced) return exit_error;
  return left && *left ? exit_ok : exit_error;
}

struct LeaderFlags {
  double ttl = 5;
  double agent_ttl = 10;
  double grace = 20;
  double freeze_window = 60;
  LeaderOptions options;
};

int run_scheduler(const GlobalFlags& global, const LeaderFlags& flags) {
  const sigset_t signals = take_signals();
  auto session = Session::open(global, "scheduler");
  if (!session) return report(session.error());
  LeaderOptions options = flags.options;
  options.keeper = {milliseconds_of(flags.ttl), recipes::default_owner()};
  options.settings.agent_ttl = milliseconds_of(flags.agent_ttl);
  options.settings.grace = milliseconds_of(flags.grace);
  options.settings.freeze_window = milliseconds_of(flags.freeze_window);
  const auto leader = std::make_shared<Scheduler>(session->base().hub, session->keys(), options);
  session->base().loop->post([leader] { leader->start(); });
  await_end(signals, [] { return false; });
  there<bool>(
      *session, [&] { return leader->stop(), true; }, true);
  // The leadership is given back by a write that is under way.
  for (int i = 0; i < 40 && there<bool>(
                                *session, [&] { return leader->leads(); }, false);
       ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  return exit_ok;
}

}  // namespace

void add_agent(CLI::App& app, Verb& verb) {
  auto* const command = app.add_subcommand("agent", "runs on each machine: takes what is assigned to it, runs it, reports");
  const auto flags = std::make_shared<AgentFlags>();
  command->add_option("--agent", flags->name, "its name, one for each machine")->capture_default_str();
  command->add_option("--state", flags->state, "a directory that outlives the process")->capture_default_str();
  command->add_option("--ttl", flags->ttl, "seconds after which it counts as gone")->capture_default_str();
  command->add_option("--slots", flags->capacity.slots, "how many jobs that take one slot")->capture_default_str();
  command->add_option("--cpu-milli", flags->capacity.cpu_milli, "thousandths of a processor to give away")->capture_default_str();
  command->add_option("--memory-mib", flags->capacity.memory_mib, "memory to give away")->capture_default_str();
  command->add_option("--label", flags->labels, "NAME=VALUE that jobs can ask for")->allow_extra_args(false);
  command->add_option("--leave-within", flags->leave_within, "seconds that work may take to end when the agent is asked to end")
      ->capture_default_str();
  command->callback([flags, &verb] { verb = [flags](const GlobalFlags& global) { return run_agent(global, *flags); }; });
}

void add_scheduler(CLI::App& app, Verb& verb) {
  auto* const command = app.add_subcommand("scheduler", "assigns work to agents; of any number of them one leads");
  const auto flags = std::make_shared<LeaderFlags>();
  auto& settings = flags->options.settings;
  command->add_option("--ttl", flags->ttl, "seconds after which another one leads")->capture_default_str();
  command->add_option("--agent-ttl", flags->agent_ttl, "the agents' --ttl")->capture_default_str();
  command->add_option("--grace", flags->grace, "seconds that an agent that vanished is waited for")->capture_default_str();
  command
      ->add_option("--freeze-percent", settings.freeze_percent,
                   "when more of the agents vanish together nothing is taken from them")
      ->capture_default_str();
  command->add_option("--freeze-window", flags->freeze_window, "seconds that count as together")->capture_default_str();
  command->add_option("--history", settings.history_max, "final jobs that are kept")->capture_default_str();
  command->add_option("--losses", settings.losses_max, "how often a job may be lost before it is dead")->capture_default_str();
  command->add_flag("--preempt", settings.preempt, "let more urgent work take the place of less urgent work");
  command->callback([flags, &verb] { verb = [flags](const GlobalFlags& global) { return run_scheduler(global, *flags); }; });
}

}  // namespace conclave::scheduler
