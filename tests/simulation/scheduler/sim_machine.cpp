#include "scheduler/sim_machine.hpp"

#include <algorithm>

namespace conclave::sim {

using namespace scheduler;

namespace {
constexpr Duration look_every = milliseconds(20);

/// Most work is short; some lasts longer than any lease and grace, so that it shows what outlives them.
Duration some_length(Prng& prng) {
  const Duration most = prng.chance(1, 8) ? seconds(12) : prng.chance(1, 5) ? seconds(4) : milliseconds(500);
  return prng.between(milliseconds(1), most);
}
}  // namespace

SimMachine::SimMachine(EngineWorld& shared, SimClient& client, SchedulerOracle& oracle, std::uint64_t stream)
    : shared_(shared), client_(client), oracle_(oracle), prng_(shared.world.stream(stream)) {}

std::vector<RunId> SimMachine::runs() const {
  std::vector<RunId> all;
  for (const auto& [id, run] : runs_) all.push_back(id);
  return all;
}

void SimMachine::start(const RunOrder& order) {
  Run& run = runs_[order.id];
  run.state.phase = Phase::running;
  run.as = prng_.chance(1, 6) ? Phase::failed : Phase::succeeded;
  run.ends = shared_.world.now() + some_length(prng_);
  oracle_.started(order.id, shared_.store.reference());
  if (std::exchange(ticking_, true)) return;
  shared_.world.after(look_every, "machine", [this] { tick(); });
}

void SimMachine::stop(const RunId& id) {
  const auto found = runs_.find(id);
  if (found != runs_.end() && found->second.state.phase == Phase::running)
    end(id, found->second, Phase::lost, "it was asked to end");
}

std::optional<RunState> SimMachine::state(const RunId& id) const {
  const auto found = runs_.find(id);
  return found == runs_.end() ? std::nullopt : std::optional(found->second.state);
}

void SimMachine::forget(const RunId& id) {
  if (runs_.erase(id) != 0) oracle_.ended(id);
}

void SimMachine::tick() {
  bool goes_on = false;
  for (auto& [id, run] : runs_) {
    if (run.state.phase != Phase::running) continue;
    if (client_.now() >= until_)
      end(id, run, Phase::lost, "the agent lost its lease");
    else if (shared_.world.now() >= run.ends)
      end(id, run, run.as, run.as == Phase::failed ? "exit code 1" : "");
    else
      goes_on = true;
  }
  ticking_ = goes_on;
  if (goes_on) shared_.world.after(look_every, "machine", [this] { tick(); });
}

void SimMachine::end(const RunId& id, Run& run, Phase phase, std::string reason) {
  oracle_.ended(id);
  run.state.phase = phase;
  run.state.reason = std::move(reason);
  if (!on_end_) return;
  client_.call_at(client_.now(), [this, id, state = run.state] {
    if (on_end_) on_end_(id, state);
  });
}

}  // namespace conclave::sim
