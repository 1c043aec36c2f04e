#pragma once

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "conclave/recipes_core/store.hpp"
#include "conclave/scheduler/executor.hpp"

namespace conclave::bench {

/// Carries out runs by letting time pass. On the thread of its store.
class Pretender final : public scheduler::Executor {
 public:
  Pretender(recipes::core::Store& store, Duration work) : store_(store), work_(work) {}

  void listen(OnEnd on_end) override { on_end_ = std::move(on_end); }
  [[nodiscard]] std::vector<scheduler::RunId> runs() const override;
  void start(const scheduler::RunOrder& order) override;
  void stop(const scheduler::RunId& run) override { end(run, scheduler::Phase::lost); }
  [[nodiscard]] std::optional<scheduler::RunState> state(const scheduler::RunId& run) const override;
  void forget(const scheduler::RunId& run) override;
  void live_until(Instant) override {}

  /// Between the end of a run and the start of the next one in its place: report, assignment and acceptance.
  [[nodiscard]] const std::vector<Duration>& turnarounds() const { return turnarounds_; }

 private:
  void end(const scheduler::RunId& run, scheduler::Phase phase);

  recipes::core::Store& store_;
  Duration work_;
  OnEnd on_end_;
  std::map<scheduler::RunId, scheduler::RunState> runs_;
  std::vector<Instant> freed_;  ///< places that wait for work, the oldest last
  std::vector<Duration> turnarounds_;
};

}  // namespace conclave::bench
