#include <sys/resource.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <cstdio>
#include <thread>

#include "fleet.hpp"

using namespace conclave;
using namespace conclave::bench;

namespace {

double percentile(std::vector<Duration> all, double part) {
  if (all.empty()) return 0;
  const auto at = static_cast<std::ptrdiff_t>(part * static_cast<double>(all.size() - 1));
  std::nth_element(all.begin(), all.begin() + at, all.end());
  return std::chrono::duration<double, std::milli>(all[static_cast<std::size_t>(at)]).count();
}

/// Whoever runs this looks at the members at these moments, and says so with a line.
void tell(const char* moment) {
  std::puts(moment);
  std::fflush(stdout);
  while (const int c = std::getchar())
    if (c == '\n' || c == EOF) return;
}

int failed(const std::string& why) {
  std::fprintf(stderr, "conclave-scheduler-bench: %s\n", why.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "conclave-scheduler-bench is a scheduler, agents whose runs only let time pass, and a user who submits jobs, all with "
      "clients of\n"
      "their own. It prints ready, rested, and done, waits for a line after each, and then prints one JSON object.",
      "conclave-scheduler-bench");
  FleetOptions options;
  std::uint64_t jobs = 1000;
  double rest = 0;
  app.add_option("--endpoints", options.endpoints, "HOST:PORT of members, comma-separated")->delimiter(',');
  app.add_option("--name", options.name, "of the scheduler")->capture_default_str();
  app.add_option("--agents", options.agents)->check(CLI::Range(1, 1000))->capture_default_str();
  app.add_option("--slots", options.slots, "of each agent")->check(CLI::Range(1, 1000))->capture_default_str();
  app.add_option("--work-ms", options.work_ms, "how long a run lasts")->check(CLI::Range(0.0, 60'000.0))->capture_default_str();
  app.add_option("--ttl", options.ttl, "seconds of the agents' leases")->check(CLI::Range(2.0, 600.0))->capture_default_str();
  app.add_option("--jobs", jobs, "a multiple of 100")->check(CLI::Range(0, 100'000))->capture_default_str();
  app.add_option("--rest", rest, "seconds without work before it")->check(CLI::Range(0.0, 600.0))->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
  }
  auto fleet = Fleet::open(options);
  if (!fleet) return failed(fleet.error().message());
  if (!(*fleet)->await_ready(seconds(60))) return failed("the agents do not come up");
  tell("ready");
  std::this_thread::sleep_for(std::chrono::duration<double>(rest));
  tell("rested");
  const auto begun = std::chrono::steady_clock::now();
  if (const auto submitted = (*fleet)->submit(jobs); !submitted) return failed(submitted.error().message());
  const auto queued = std::chrono::steady_clock::now();
  if (!(*fleet)->await_succeeded(jobs, seconds(120))) return failed("the jobs do not end");
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  tell("done");
  const auto latencies = (*fleet)->assign_latencies();
  const auto turnarounds = (*fleet)->turnarounds();
  const auto counts = (*fleet)->counts();
  std::printf(
      "{\"jobs\":%llu,\"seconds\":%.3f,\"submit_seconds\":%.3f,\"assign_p50_ms\":%.3f,\"assign_p99_ms\":%.3f,"
      "\"turnaround_p50_ms\":%.3f,\"turnaround_p99_ms\":%.3f,\"rounds\":%llu,\"conflicts\":%llu}\n",
      static_cast<unsigned long long>(jobs), took.count(), std::chrono::duration<double>(queued - begun).count(),
      percentile(latencies, 0.5), percentile(latencies, 0.99), percentile(turnarounds, 0.5), percentile(turnarounds, 0.99),
      static_cast<unsigned long long>(counts.rounds), static_cast<unsigned long long>(counts.conflicts));
  return 0;
}
