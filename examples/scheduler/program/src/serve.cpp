#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <thread>

#include "conclave/scheduler/agent.hpp"
#include "conclave/scheduler/leader.hpp"
#include "metrics_port.hpp"
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

double in_seconds(Duration span) { return std::chrono::duration<double>(span).count(); }

struct AgentFlags {
  std::string name = host_name();
  std::string state = "/var/lib/conclave-scheduler";
  double ttl = 10;
  double leave_within = 10;
  std::string metrics;
  std::string cgroup = "auto";
  std::uint64_t pids_max = 4096;
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

void show(const Agent& agent, http::MetricsPage& page) {
  const auto& counts = agent.counts();
  const auto counter = [&](const char* name, const char* help, std::uint64_t value, http::Labels labels = {}) {
    page.counter(std::string("conclave_scheduler_agent_") + name, help, static_cast<double>(value), std::move(labels));
  };
  counter("accepted_total", "Assignments accepted", counts.accepted);
  constexpr const char* ended = "Runs that ended here, by how";
  counter("runs_ended_total", ended, counts.succeeded, {{"as", "succeeded"}});
  counter("runs_ended_total", ended, counts.failed, {{"as", "failed"}});
  counter("runs_ended_total", ended, counts.cut_off, {{"as", "cut_off"}});
  counter("reported_total", "Ends that the store took", counts.reported);
  counter("refused_total", "Reports that came too late and were refused", counts.refused);
  counter("sessions_total", "Leases under which it was registered", counts.sessions);
  counter("fenced_total", "Leases that were lost, whereupon it ended what ran", counts.fenced);
  page.gauge("conclave_scheduler_agent_jobs", "Assignments in its care", static_cast<double>(agent.held()));
  page.gauge("conclave_scheduler_agent_registered", "1 while it has its place", agent.is_registered() ? 1 : 0);
  page.gauge("conclave_scheduler_agent_lease_left_seconds", "Until its lease can end if nobody renews it",
             in_seconds(agent.lease_left().value_or(Duration())));
}

std::string joined(const std::vector<std::string>& words) {
  std::string all;
  for (const std::string& word : words) all += (all.empty() ? "" : ", ") + word;
  return all.empty() ? "nothing" : all;
}

/// How runs are limited; a line on standard error says it.
Result<std::optional<ControlGroups>> groups_of(const AgentFlags& flags) {
  const auto without = [](const std::string& why) -> Result<std::optional<ControlGroups>> {
    std::fprintf(stderr, "conclave-scheduler: runs are limited by rlimits, memory alone: %s\n", why.c_str());
    return std::optional<ControlGroups>();
  };
  if (flags.cgroup == "none") return without("--cgroup none");
  std::filesystem::path root = flags.cgroup;
  if (flags.cgroup == "auto") {
    const auto given = ControlGroups::delegated(read_whole("/proc/self/cgroup").value_or(""), "/sys/fs/cgroup");
    if (!given) return without("no control group is delegated to this process, and --cgroup names none");
    root = *given;
  }
  auto groups = ControlGroups::open(root, flags.pids_max);
  if (!groups && flags.cgroup == "auto") return without(groups.error().message());
  if (!groups) return fail(Errc::invalid_argument, "--cgroup: " + groups.error().message());
  std::fprintf(stderr, "conclave-scheduler: runs are limited by control groups under %s: %s\n", root.c_str(),
               joined(groups->controllers()).c_str());
  return std::optional(std::move(*groups));
}

int run_agent(const GlobalFlags& global, const AgentFlags& flags) {
  const sigset_t signals = take_signals();
  std::signal(SIGCHLD, SIG_IGN);  // keepers are reaped by the kernel: what came of them stands in files
  auto options = options_of(flags);
  if (!options) return report(options.error());
  auto groups = groups_of(flags);
  if (!groups) return report(groups.error());
  std::unique_ptr<MetricsPort> metrics;
  auto session = Session::open(global, "agent " + flags.name);
  if (!session) return report(session.error());
  auto executor = ProcessExecutor::open(session->base().hub->store(), flags.state, std::move(*groups));
  if (!executor) return report(executor.error());
  const auto agent = std::make_shared<Agent>(session->base().hub, session->keys(), *options, **executor);
  if (!flags.metrics.empty()) {
    auto port = MetricsPort::open(flags.metrics, session->base(), [agent](http::MetricsPage& page) { show(*agent, page); });
    if (!port) return report(port.error());
    metrics = std::move(*port);
  }
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
  std::string metrics;
  LeaderOptions options;
};

void show(const Scheduler& scheduler, const http::LatencyHistogram& latency, http::MetricsPage& page) {
  const auto& counts = scheduler.counts();
  const Picture& picture = scheduler.picture();
  const auto counter = [&](const char* name, const char* help, std::uint64_t value) {
    page.counter(std::string("conclave_scheduler_leader_") + name, help, static_cast<double>(value));
  };
  const auto gauge = [&](const char* name, const char* help, double value) {
    page.gauge(std::string("conclave_scheduler_leader_") + name, help, value);
  };
  counter("leaderships_total", "How often it came to lead", counts.leaderships);
  counter("rounds_total", "Passes over the whole picture", counts.rounds);
  counter("assigned_total", "Assignments it decided", counts.assigned);
  counter("lost_total", "Assignments it took from agents that were gone", counts.lost);
  counter("requeued_total", "Jobs it sent back to the queue after a failure or loss", counts.requeued);
  counter("dead_total", "Jobs it gave up", counts.dead);
  counter("conflicts_total", "Writes that came to nothing because something had changed", counts.conflicts);
  gauge("leads", "1 while it leads", scheduler.leads() ? 1 : 0);
  gauge("lease_left_seconds", "Until its leadership can end if nobody renews it",
        in_seconds(scheduler.lease_left().value_or(Duration())));
  const auto queue = std::count_if(picture.jobs.begin(), picture.jobs.end(),
                                   [](const auto& job) { return job.second.record.phase == Phase::pending; });
  gauge("queue_length", "Jobs that wait to be assigned", static_cast<double>(queue));
  gauge("agents", "Agents that are there", static_cast<double>(picture.agents.size()));
  gauge("agents_gone", "Agents that went without a word and are not forgotten", static_cast<double>(picture.gone.size()));
  gauge("frozen", "1 while nothing is taken from agents that are gone, because too many are", picture.freeze ? 1 : 0);
  page.histogram("conclave_scheduler_leader_assign_seconds",
                 "From the change that made an assignment possible to the store's answer", latency);
}

int run_scheduler(const GlobalFlags& global, const LeaderFlags& flags) {
  const sigset_t signals = take_signals();
  std::unique_ptr<MetricsPort> metrics;
  auto session = Session::open(global, "scheduler");
  if (!session) return report(session.error());
  LeaderOptions options = flags.options;
  options.keeper = {milliseconds_of(flags.ttl), recipes::default_owner()};
  options.settings.agent_ttl = milliseconds_of(flags.agent_ttl);
  options.settings.grace = milliseconds_of(flags.grace);
  options.settings.freeze_window = milliseconds_of(flags.freeze_window);
  const auto latency = std::make_shared<http::LatencyHistogram>();  // of the client's thread
  options.on_assigned = [latency](Duration took) { latency->observe(took); };
  const auto leader = std::make_shared<Scheduler>(session->base().hub, session->keys(), options);
  if (!flags.metrics.empty()) {
    auto port = MetricsPort::open(flags.metrics, session->base(),
                                  [leader, latency](http::MetricsPage& page) { show(*leader, *latency, page); });
    if (!port) return report(port.error());
    metrics = std::move(*port);
  }
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
  command
      ->add_option("--cgroup", flags->cgroup,
                   "directory of a control group (version 2) that is the agent's to divide among its runs; auto: the one that a "
                   "service manager delegated; none: rlimits only")
      ->capture_default_str();
  command->add_option("--pids-max", flags->pids_max, "processes and threads of a run, in a control group")->capture_default_str();
  command->add_option("--leave-within", flags->leave_within, "seconds that work may take to end when the agent is asked to end")
      ->capture_default_str();
  command->add_option("--metrics", flags->metrics, "HOST:PORT that serves /metrics for Prometheus; nothing if it is not given");
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
  command->add_option("--metrics", flags->metrics, "HOST:PORT that serves /metrics for Prometheus; nothing if it is not given");
  command->callback([flags, &verb] { verb = [flags](const GlobalFlags& global) { return run_scheduler(global, *flags); }; });
}

}  // namespace conclave::scheduler
