#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "conclave/scheduler/executor.hpp"
#include "engine/sim_client.hpp"
#include "scheduler/scheduler_oracle.hpp"

namespace conclave::sim {

/// The machine that an agent's process lives on, and what it runs there: it goes on when that process dies or is stopped, and ends
/// when the machine's own clock shows the time that the agent gave it.
class SimMachine final : public scheduler::Executor {
 public:
  /// `stream`: of its chances; another one for each machine.
  SimMachine(EngineWorld& shared, SimClient& client, SchedulerOracle& oracle, std::uint64_t stream);

  void listen(OnEnd on_end) override { on_end_ = std::move(on_end); }
  [[nodiscard]] std::vector<scheduler::RunId> runs() const override;
  void start(const scheduler::RunOrder& order) override;
  void stop(const scheduler::RunId& run) override;
  [[nodiscard]] std::optional<scheduler::RunState> state(const scheduler::RunId& run) const override;
  void forget(const scheduler::RunId& run) override;
  void live_until(Instant until) override { until_ = until; }
  /// The process died: nobody listens.
  void detach() { on_end_ = nullptr; }

 private:
  struct Run {
    scheduler::RunState state;
    Instant ends;  ///< of the world, by itself
    scheduler::Phase as = scheduler::Phase::succeeded;
  };
  void tick();
  void end(const scheduler::RunId& id, Run& run, scheduler::Phase phase, std::string reason);

  EngineWorld& shared_;
  SimClient& client_;
  SchedulerOracle& oracle_;
  Prng prng_;
  OnEnd on_end_;
  std::map<scheduler::RunId, Run> runs_;
  Instant until_{};
  bool ticking_ = false;
};

}  // namespace conclave::sim
