#include <pthread.h>
#include <signal.h>
#include <systemd/sd-daemon.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <future>
#include <optional>
#include <string>
#include <vector>

#include "conclave/recipes/own/client_store.hpp"
#include "conclave/recipes_core/names.hpp"
#include "host.hpp"
#include "options.hpp"

namespace {

using namespace conclave;
using namespace conclave::locksmith;
using namespace conclave::locksmith::daemon;

constexpr int exit_usage = 2;
constexpr int exit_failure = 1;

int complain(const Error& error) {
  std::fprintf(stderr, "locksmithd: %s\n", error.message().c_str());
  return exit_failure;
}

/// Signals come to the main thread alone, which waits for them.
sigset_t take_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) sigaddset(&signals, number);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

/// The next signal, or nothing after `pause`. Zero: waits for as long as it takes.
std::optional<int> next_signal(const sigset_t& signals, std::chrono::microseconds pause) {
  const timespec longest{pause.count() / 1'000'000, pause.count() % 1'000'000 * 1'000};
  const int number = pause.count() == 0 ? sigwaitinfo(&signals, nullptr) : sigtimedwait(&signals, nullptr, &longest);
  return number < 0 ? std::nullopt : std::optional(number);
}

/// How often systemd wants to hear that this is alive; zero: never.
std::chrono::microseconds watchdog_pause() {
  std::uint64_t micros = 0;
  return std::chrono::microseconds(sd_watchdog_enabled(0, &micros) > 0 ? std::max<std::uint64_t>(1, micros / 2) : 0);
}

/// Ends with SIGTERM or SIGINT, or SIGUSR1, which the daemon sends itself when it cannot go on. SIGHUP: looks at its machine at
/// once. That the daemon is alive is told by the thread that does its work.
void serve(const sigset_t& signals, ClientLoop& loop, const std::shared_ptr<fleet::Agent>& agent) {
  const auto pause = watchdog_pause();
  while (true) {
    const auto number = next_signal(signals, pause);
    if (number && *number != SIGHUP) return;
    if (number) loop.post([agent] { agent->look_now(); });
    if (pause.count() > 0) loop.post([] { (void)sd_notify(0, "WATCHDOG=1"); });
  }
}

int run(Options options) {
  const sigset_t signals = take_signals();
  auto machine = this_machine(options.machine_files);
  if (!machine) return complain(machine.error());
  options.agent.machine = std::move(*machine);
  options.agent.system_host = options.agent.machine.host;
  if (!options.host.empty()) options.agent.machine.host = options.host;
  if (const auto name = recipes::core::check_name(options.group); !name) return complain(name.error());
  auto state = StateDirectory::open(options.state_directory);
  if (!state) return complain(state.error());
  auto journal = state->load();
  if (!journal) return complain(journal.error());
  options.client.name = "locksmithd of " + options.agent.machine.host;
  auto client = Client::open(options.client);
  if (!client) return complain(client.error());

  const recipes::Base base(*client);
  std::optional<Error> failure;
  const pthread_t main_thread = pthread_self();
  SystemHost host(options, *state, base.loop, [&](Error why) {
    failure = std::move(why);
    pthread_kill(main_thread, SIGUSR1);
  });
  const fleet::KeeperOptions keeper{milliseconds(10'000), options.agent.machine.host};
  const auto agent = std::make_shared<fleet::Agent>(fleet::Group(base.hub, keeper, options.group), host, options.agent);
  base.loop->post([agent, &journal] { agent->start(std::move(*journal)); });
  (void)sd_notify(0, "READY=1");
  serve(signals, *base.loop, agent);
  (void)sd_notify(0, "STOPPING=1");
  std::promise<void> stopped;
  if (base.loop->post([&] {
        agent->stop();
        stopped.set_value();
      }))
    stopped.get_future().wait();
  host.stop_jobs();
  return failure ? complain(*failure) : 0;
}

}  // namespace

int main(int argc, char** argv) {
  const Environment environment = [](const std::string& name) -> std::optional<std::string> {
    const char* const value = std::getenv(name.c_str());
    return value == nullptr || *value == '\0' ? std::nullopt : std::optional<std::string>(value);
  };
  Parsed parsed = parse_options(std::vector<std::string>(argv + 1, argv + argc), environment);
  if (!parsed.options) {
    std::fputs(parsed.text.c_str(), parsed.exit_code == 0 ? stdout : stderr);
    return parsed.exit_code == 0 ? 0 : exit_usage;
  }
  return run(std::move(*parsed.options));
}
