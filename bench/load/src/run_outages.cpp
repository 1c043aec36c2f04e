#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "fleet.hpp"
#include "runs.hpp"
#include "window.hpp"

namespace conclave::bench {
namespace {

/// A client that asks just this member.
Result<Client> client_of(const Options& options, const std::string& endpoint) {
  ClientOptions one;
  one.endpoints = {endpoint};
  one.follow_leader = false;
  one.exactly_once = false;
  one.request_timeout = timeout_of(options);
  return Client::open(std::move(one));
}

/// The number of the endpoint whose member leads.
Result<std::size_t> find_leader(const Options& options) {
  Error last{Errc::no_leader, "no member says that it leads"};
  for (std::size_t i = 0; i < options.endpoints.size(); ++i) {
    auto client = client_of(options, options.endpoints[i]);
    if (!client) return fail(client.error());
    const auto status = client->status();
    if (status && status->role == "leader") return i;
    if (!status) last = status.error();
  }
  return fail(last);
}

Outcome outcome_of(Clock::time_point start) {
  Outcome outcome;
  const auto took = Clock::now() - start;
  outcome.latency.record(took);
  outcome.seconds = std::chrono::duration<double>(took).count();
  outcome.operations = 1;
  return outcome;
}

}  // namespace

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

Result<Outcome> run_recover(const Options& options) {
  auto fleet = Fleet::open(options, 1);
  if (!fleet) return fail(fleet.error());
  Client& client = fleet->client(0);
  const auto leader = find_leader(options);
  if (!leader) return fail(leader.error());
  const auto put = [&] { return client.put(options.prefix + "recover", std::string(options.value_size, 'v')); };
  if (const auto before = put(); !before) return fail(before.error());

  const auto start = Clock::now();
  if (::kill(options.pids[*leader], SIGKILL) != 0)
    return fail(Errc::invalid_argument, "cannot kill process " + std::to_string(options.pids[*leader]));
  const auto after = put();
  if (!after) return fail(after.error());
  Outcome outcome = outcome_of(start);
  outcome.extra["killed"] = static_cast<double>(*leader + 1);
  return outcome;
}

Result<Outcome> run_start(const Options& options) {
  const auto start = Clock::now();
  const pid_t child = ::fork();
  if (child < 0) return fail(Errc::io_error, "cannot fork");
  if (child == 0) {
    ::execl("/bin/sh", "sh", "-c", options.command.c_str(), nullptr);
    ::_exit(127);
  }
  ClientOptions how;
  how.endpoints = options.endpoints;
  how.exactly_once = false;
  auto client = Client::open(std::move(how));
  if (!client) return fail(client.error());
  const auto until = start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(options.timeout));
  CallOptions call;
  call.timeout = timeout_of(options);
  while (true) {
    const auto got = client->get(options.prefix + "start", {}, call);
    if (got) break;
    if (Clock::now() >= until) return fail(got.error());
  }
  Outcome outcome = outcome_of(start);
  int status = 0;
  if (::waitpid(child, &status, WNOHANG) == child && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
    outcome.first_error = "the command ended with status " + std::to_string(status);
  return outcome;
}

}  // namespace conclave::bench
