#pragma once

#include "core/nemesis.hpp"
#include "core/runner.hpp"
#include "raft/raft_node.hpp"

namespace conclave::sim {

/// A cluster of bare cores with a client that proposes and reads anywhere.
class RaftCluster final : public Target {
 public:
  RaftCluster(World& world, Network& network, RaftOracle& oracle, const Swarm& swarm);

  void start(Instant until);
  /// Everything works from now on: nothing is down, paused, slow or cut.
  void heal();
  /// A proposal made after heal() is applied by every voter of the membership in force, which is not joint.
  [[nodiscard]] bool converged();
  [[nodiscard]] std::string explain() const;

  // Target
  [[nodiscard]] std::vector<Endpoint> nodes() const override;
  [[nodiscard]] std::vector<Endpoint> clients() const override { return {}; }
  [[nodiscard]] bool is_up(Endpoint node) const override { return at(node).is_up(); }
  [[nodiscard]] std::optional<Endpoint> leader() const override;
  void crash(Endpoint node) override;
  void restart(Endpoint node) override;
  void pause(Endpoint node, Duration span, bool clock_stops) override;
  void slow_disk(Endpoint node, Duration span) override;
  void fail_disk(Endpoint node) override;
  void transfer(Endpoint from, Endpoint to) override;
  void change_membership(Prng& prng) override;
  void checkpoint(Endpoint node) override;
  void close_link(Endpoint one, Endpoint other) override;
  void fill_disk(Endpoint, Duration, bool) override {}  // the engine's business

 private:
  [[nodiscard]] RaftNode& at(Endpoint node) const { return *shared_.nodes.at(MemberId(node)); }
  void work();

  RaftWorld shared_;
  Prng prng_;
  Instant until_{};
  std::uint64_t proposals_ = 0;
  bool healed_ = false;
  Index healed_at_;
};

/// One run of one seed. Throws Violation.
void run_raft_world(World& world, const RunOptions& options);

}  // namespace conclave::sim
