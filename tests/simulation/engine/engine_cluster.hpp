#pragma once

#include <memory>
#include <vector>

#include "conclave/test/history.hpp"
#include "core/nemesis.hpp"
#include "core/runner.hpp"
#include "engine/engine_node.hpp"
#include "engine/peer_mesh.hpp"
#include "engine/program.hpp"

namespace conclave::sim {

/// A cluster of real engines with real clients.
class EngineCluster final : public Target {
 public:
  EngineCluster(World& world, Network& network, RaftOracle& raft, StoreOracle& store, const Swarm& swarm, const MakeProgram& make);
  ~EngineCluster() override;

  void start();
  void heal();
  /// Every member has applied what was committed when this was last asked, everybody is answered, every watch is up to date, and
  /// every lease that was due has ended.
  [[nodiscard]] bool converged();
  [[nodiscard]] std::string explain() const;
  void stop_work();
  void prove_life();
  /// Judges what clients were told. `all_writers_known`: every write is in the history that the programs keep.
  void judge(bool all_writers_known);

  // Target
  [[nodiscard]] std::vector<Endpoint> nodes() const override;
  [[nodiscard]] std::vector<Endpoint> clients() const override;
  [[nodiscard]] bool is_up(Endpoint node) const override { return at(node).is_up(); }
  [[nodiscard]] std::optional<Endpoint> leader() const override;
  void crash(Endpoint node) override { at(node).crash(); }
  void restart(Endpoint node) override { at(node).boot(); }
  void pause(Endpoint node, Duration span, bool clock_stops) override { at(node).pause(span, clock_stops); }
  void slow_disk(Endpoint node, Duration span) override;
  void fail_disk(Endpoint node) override { at(node).storage().log_disk().fail_next(); }
  void transfer(Endpoint from, Endpoint to) override;
  void change_membership(Prng&) override {}
  void checkpoint(Endpoint node) override;
  void close_link(Endpoint one, Endpoint other) override;
  void fill_disk(Endpoint node, Duration span, bool full) override;

 private:
  [[nodiscard]] EngineNode& at(Endpoint node) const { return *shared_.nodes.at(MemberId(node)); }

  EngineWorld shared_;
  PeerMesh mesh_;
  test::History history_;
  std::vector<std::unique_ptr<Program>> workloads_;
  Index committed_;  // by any member, when converged() looked last
};

/// A cluster whose clients run programs that `make` makes, under faults and then healed. Throws Violation.
void run_cluster(World& world, const RunOptions& options, const MakeProgram& make, bool all_writers_known);

/// One run of one seed. Throws Violation.
void run_engine_world(World& world, const RunOptions& options);

}  // namespace conclave::sim
