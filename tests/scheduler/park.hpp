#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cluster.hpp"

namespace conclave::test {

struct ParkOptions {
  std::size_t members = 3;
  std::size_t schedulers = 1;
  std::size_t agents = 2;
  std::string slots = "4";
  std::string grace = "1";
  std::string freeze_percent = "25";
  std::vector<std::string> agent_flags{};  ///< DIR in them is the park's directory
  std::vector<std::string> scheduler_flags{};
};

/// Members, schedulers and agents as real processes, all with leases of two seconds.
class Park {
 public:
  explicit Park(ParkOptions options);

  void start_scheduler(std::size_t number);
  void start_agent(std::size_t number);
  /// For agents that are started from here on.
  void set_agent_flags(std::vector<std::string> flags) { options_.agent_flags = std::move(flags); }
  void kill_scheduler(std::size_t number) { schedulers_[number].reset(); }
  void kill_agent(std::size_t number) { agents_[number].reset(); }
  [[nodiscard]] bool has_scheduler(std::size_t number) const { return schedulers_[number].has_value(); }
  [[nodiscard]] bool has_agent(std::size_t number) const { return agents_[number].has_value(); }
  [[nodiscard]] Process& agent(std::size_t number) { return *agents_[number]; }
  [[nodiscard]] Cluster& cluster() { return cluster_; }
  [[nodiscard]] const std::filesystem::path& directory() const { return cluster_.directory(); }

  /// Runs a verb to its end.
  [[nodiscard]] Ran verb(std::vector<std::string> words, const std::string& input = {}) const;
  /// Submits a shell command; its directory is in $PARK.
  void submit(const std::string& id, const std::string& shell, std::vector<std::string> flags = {}) const;
  /// What a verb prints with --json; null if it failed.
  [[nodiscard]] nlohmann::json look(std::vector<std::string> words) const;
  /// job -> record, of `list`.
  [[nodiscard]] std::map<std::string, nlohmann::json> jobs() const;
  [[nodiscard]] nlohmann::json job(const std::string& name) const;
  [[nodiscard]] nlohmann::json agent_row(std::size_t number) const;
  [[nodiscard]] bool await_phase(const std::string& job, const std::string& phase,
                                 std::chrono::milliseconds patience = std::chrono::seconds(30)) const;
  [[nodiscard]] bool await_agents(std::size_t ready) const;
  /// Standard error of everything, for a failing test.
  [[nodiscard]] std::string logs() const;

 private:
  [[nodiscard]] std::vector<std::string> words(std::vector<std::string> verb, std::vector<std::string> more = {}) const;

  ParkOptions options_;
  Cluster cluster_;
  std::vector<std::optional<Process>> schedulers_;
  std::vector<std::optional<Process>> agents_;
};

[[nodiscard]] inline bool is_final(const std::string& phase) {
  return phase == "succeeded" || phase == "dead" || phase == "cancelled";
}

}  // namespace conclave::test
