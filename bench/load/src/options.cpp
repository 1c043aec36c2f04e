#include "options.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <array>
#include <charconv>

namespace conclave::bench {
namespace {

struct Row {
  Workload workload;
  const char* name;
  const char* what;
};

constexpr std::array rows = {
    Row{Workload::fill, "fill", "puts the keys of the other workloads once, and nothing else"},
    Row{Workload::put, "put", "puts of random keys"},
    Row{Workload::put_large, "put-large", "the same with values of 16 KiB"},
    Row{Workload::get, "get", "linearizable reads of random keys"},
    Row{Workload::get_serializable, "get-serializable", "reads of the member's own state"},
    Row{Workload::mixed, "mixed", "nine linearizable reads to one put"},
    Row{Workload::cas, "cas", "compare-and-swap, each caller on its own key"},
    Row{Workload::cas_contended, "cas-contended", "compare-and-swap, all callers on one key; `swapped` counts those that held"},
    Row{Workload::txn, "txn", "transactions of eight operations: four puts, four reads"},
    Row{Workload::lease_grant, "lease-grant", "grants of leases"},
    Row{Workload::lease_renew, "lease-renew", "renewals, one lease each, of --leases leases"},
    Row{Workload::lock, "lock",
        "one mutex handed from contender to contender; latency: from the release to the next holder's knowing"},
    Row{Workload::watch, "watch",
        "one writer, --clients watchers of what it writes; latency: from the write's start to the watcher's call"},
    Row{Workload::range, "range", "reads of all keys in pages; an operation is a page"},
    Row{Workload::recover, "recover", "kills the leader with SIGKILL; latency: from then to the next acknowledged write"},
    Row{Workload::start, "start", "runs --command; latency: from then to the first linearizable read"},
};

Result<void> check_counts(const Options& options) {
  const auto between = [](auto value, auto low, auto high) { return value >= low && value <= high; };
  if (options.endpoints.empty()) return fail(Errc::invalid_argument, "--endpoints names no endpoint");
  if (!between(options.connections, 1U, 10'000U)) return fail(Errc::invalid_argument, "--connections must be 1 to 10000");
  if (!between(options.clients, 1U, 1'000'000U)) return fail(Errc::invalid_argument, "--clients must be 1 to 1000000");
  if (!between(options.threads, 1U, 256U)) return fail(Errc::invalid_argument, "--threads must be 1 to 256");
  if (options.keys == 0) return fail(Errc::invalid_argument, "--keys must be at least 1");
  if (options.leases == 0) return fail(Errc::invalid_argument, "--leases must be at least 1");
  if (options.idle_watches > 100'000) return fail(Errc::invalid_argument, "--idle-watches must be at most 100000");
  if (!between(options.in_flight, 1U, 10'000U)) return fail(Errc::invalid_argument, "--in-flight must be 1 to 10000");
  if (options.key_size > 4096) return fail(Errc::invalid_argument, "--key-size must be at most 4096");
  if (options.value_size > (1U << 20)) return fail(Errc::invalid_argument, "--value-size must be at most 1048576");
  if (!between(options.page, 1U, 10'000U)) return fail(Errc::invalid_argument, "--page must be 1 to 10000");
  if (!between(options.seconds, 0.01, 86'400.0)) return fail(Errc::invalid_argument, "--duration must be 0.01 to 86400 seconds");
  if (!between(options.warmup, 0.0, 86'400.0)) return fail(Errc::invalid_argument, "--warm-up must be 0 to 86400 seconds");
  if (!between(options.rate, 0.0, 1e9)) return fail(Errc::invalid_argument, "--rate must be 0 (closed loop) to 1e9");
  if (!between(options.timeout, 0.01, 3600.0)) return fail(Errc::invalid_argument, "--timeout must be 0.01 to 3600 seconds");
  return {};
}

}  // namespace

std::string name_of(Workload workload) {
  for (const Row& row : rows)
    if (row.workload == workload) return row.name;
  return "?";
}

std::optional<Workload> workload_of(const std::string& name) {
  for (const Row& row : rows)
    if (name == row.name) return row.workload;
  return std::nullopt;
}

std::string describe_workloads() {
  std::string text;
  for (const Row& row : rows)
    text += "  " + std::string(row.name) + std::string(18 - std::string(row.name).size(), ' ') + row.what + "\n";
  return text;
}

void add_options(CLI::App& app, Options& options) {
  const auto parse = [&options](const std::string& name) {
    const auto found = workload_of(name);
    if (!found) throw CLI::ValidationError("workload", "'" + name + "' is none; --help lists them");
    options.workload = *found;
  };
  app.add_option_function<std::string>("workload,-w,--workload", parse, "what to do; see below")->required();
  app.add_option("--endpoints", options.endpoints, "HOST:PORT of members, comma-separated")
      ->delimiter(',')
      ->envname("CONCLAVECTL_ENDPOINTS")
      ->capture_default_str();
  app.add_option("-c,--clients", options.clients, "concurrent callers (contenders, watchers); each waits for its answer")
      ->capture_default_str();
  app.add_option("--connections", options.connections, "connections that the callers share")->capture_default_str();
  app.add_option("--threads", options.threads, "threads that do the network work of all connections")->capture_default_str();
  app.add_option("-d,--duration", options.seconds, "seconds that are measured")->capture_default_str();
  app.add_option("--warm-up", options.warmup, "seconds before that are not")->capture_default_str();
  app.add_option("--keys", options.keys, "number of different keys")->capture_default_str();
  app.add_option("--key-size", options.key_size, "bytes of a key")->capture_default_str();
  app.add_option("--value-size", options.value_size, "bytes of a value; 0: 256, for put-large 16384")->capture_default_str();
  app.add_option("--rate", options.rate,
                 "open loop: so many operations are meant to start in a second, whether or not there is an answer yet, and latency "
                 "counts from the intended start; 0: closed loop")
      ->capture_default_str();
  app.add_option("--seed", options.seed, "of the random choices")->capture_default_str();
  app.add_option("--leases", options.leases, "lease-renew: number of leases")->capture_default_str();
  app.add_option("--page", options.page, "range: keys in a page")->capture_default_str();
  app.add_option("--idle-watches", options.idle_watches, "watches on keys that nobody writes, open meanwhile")
      ->capture_default_str();
  app.add_option("--in-flight", options.in_flight, "watch: writes that the writer keeps under way")->capture_default_str();
  app.add_option("--ahead", options.ahead,
                 "watch: writes that the watchers may be behind on average before the writer waits; 0: never waits")
      ->capture_default_str();
  app.add_option("--prefix", options.prefix, "of all keys that are written")->capture_default_str();
  app.add_option("--timeout", options.timeout, "seconds that an operation may take")->capture_default_str();
  app.add_option("--pids", options.pids, "recover: process ids of the members, in the order of --endpoints")->delimiter(',');
  app.add_option("--command", options.command, "start: a command for the shell that starts the members");
  app.add_flag("!--no-fill", options.fill, "do not put the keys that the workload reads: they are there");
  app.add_flag("--json", options.json, "print one JSON object instead of a text");
}

Result<void> finish(Options& options) {
  if (options.value_size == 0) options.value_size = options.workload == Workload::put_large ? 16'384 : 256;
  options.connections = std::min(options.connections, options.clients);
  options.threads = std::min(options.threads, options.connections);
  if (const auto counts = check_counts(options); !counts) return counts;
  const bool paced = options.workload != Workload::lock && options.workload != Workload::watch &&
                     options.workload != Workload::recover && options.workload != Workload::start &&
                     options.workload != Workload::fill;
  if (options.rate > 0 && !paced) return fail(Errc::invalid_argument, name_of(options.workload) + " has no open loop (--rate)");
  if (options.workload == Workload::recover && options.pids.size() != options.endpoints.size())
    return fail(Errc::invalid_argument, "recover needs --pids, one for each endpoint");
  if (options.workload == Workload::start && options.command.empty()) return fail(Errc::invalid_argument, "start needs --command");
  return {};
}

std::string key_of(const Options& options, std::uint64_t number) {
  std::array<char, 20> digits{};
  const std::size_t count = static_cast<std::size_t>(std::to_chars(digits.begin(), digits.end(), number).ptr - digits.data());
  std::string key(std::max<std::size_t>(options.key_size, options.prefix.size() + count), '0');
  options.prefix.copy(key.data(), options.prefix.size());
  std::copy_n(digits.begin(), count, key.end() - static_cast<std::ptrdiff_t>(count));
  return key;
}

}  // namespace conclave::bench
