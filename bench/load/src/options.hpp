#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "conclave/base/result.hpp"

namespace CLI {
class App;
}

namespace conclave::bench {

enum class Workload : std::uint8_t {
  fill,
  put,
  put_large,
  get,
  get_serializable,
  mixed,
  cas,
  cas_contended,
  txn,
  lease_grant,
  lease_renew,
  lock,
  watch,
  range,
  recover,
  start,
};

[[nodiscard]] std::string name_of(Workload workload);
[[nodiscard]] std::optional<Workload> workload_of(const std::string& name);
/// One line for each workload: its name and what it does.
[[nodiscard]] std::string describe_workloads();

/// One run. Zero means "the workload's own default" where finish() says so.
struct Options {
  Workload workload = Workload::put;
  std::vector<std::string> endpoints = {"127.0.0.1:7400"};
  std::uint32_t connections = 8;
  std::uint32_t clients = 64;  ///< concurrent callers; for lock the contenders, for watch the watchers
  std::uint32_t threads = 1;   ///< that do the network work
  std::uint64_t keys = 100'000;
  std::uint32_t key_size = 24;
  std::uint32_t value_size = 0;
  double seconds = 10;
  double warmup = 1;
  double rate = 0;  ///< operations per second that are meant to start; zero: closed loop
  std::uint64_t seed = 1;
  std::uint64_t leases = 100'000;
  std::uint32_t page = 1000;
  std::uint32_t idle_watches = 0;  ///< on keys that nobody writes, open while requests are measured
  std::uint32_t in_flight = 1;     ///< watch: writes that the writer keeps under way
  std::uint32_t ahead = 16;        ///< watch: writes that the watchers may be behind on average before the writer waits
  bool fill = true;                ///< put the keys that the workload reads before it starts
  bool json = false;
  double timeout = 10;
  std::string prefix = "bench/";
  std::vector<int> pids;  ///< recover: of the members, in the order of the endpoints
  std::string command;    ///< start: what starts the members
};

void add_options(CLI::App& app, Options& options);
/// Fills in what depends on the workload and refuses what makes no sense.
[[nodiscard]] Result<void> finish(Options& options);

/// The key with that number: the prefix, zeros, the number; `key_size` bytes if they suffice.
[[nodiscard]] std::string key_of(const Options& options, std::uint64_t number);

}  // namespace conclave::bench
