#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "conclave/scheduler/executor.hpp"
#include "conclave/scheduler_core/keys.hpp"
#include "conclave/test/watch_checker.hpp"
#include "core/trace.hpp"

namespace conclave::sim {

/// Sees every run of every machine as it is, and everything that happened in the store. Functions throw Violation with the rule
/// that does not hold.
class SchedulerOracle {
 public:
  explicit SchedulerOracle(scheduler::Keys keys) : keys_(std::move(keys)) {}

  /// A machine begins a run. No other run of that job may go on anywhere, and the store must say that this one was accepted.
  void started(const scheduler::RunId& run, const std::vector<test::WatchedBatch>& batches);
  void ended(const scheduler::RunId& run);
  /// A submission was known to have succeeded.
  void submitted(const std::vector<std::string>& specs);

  /// At the end of a world. At each revision a job goes where its phase may go; its epoch grows by one with each assignment; there
  /// is an assignment just as long as an agent has the job; success comes together with the record of the run that succeeded, once.
  /// In the end all jobs are final, and none that was submitted is missing.
  void judge(const std::vector<test::WatchedBatch>& batches);
  [[nodiscard]] std::uint64_t successes() const { return successes_; }
  [[nodiscard]] std::uint64_t losses() const { return losses_; }
  [[nodiscard]] std::uint64_t runs() const { return runs_; }

 private:
  struct Truth {
    scheduler::JobRecord record;
    std::map<std::string, std::uint64_t> seats;  ///< agent -> epoch
    std::uint64_t effects = 0;
    bool known = false;
    bool gone = false;
  };
  void advance(const std::vector<test::WatchedBatch>& batches);
  void take(const test::WatchedBatch& batch);
  void take_job(const std::string& name, const test::WatchedEvent& event, const std::string& when);

  scheduler::Keys keys_;
  std::map<std::string, scheduler::RunId> going_;
  std::vector<std::string> submitted_;
  std::size_t seen_ = 0;  ///< batches
  std::map<std::string, Truth> jobs_;
  std::map<std::string, bool> agents_;
  std::uint64_t successes_ = 0;
  std::uint64_t losses_ = 0;
  std::uint64_t runs_ = 0;
};

}  // namespace conclave::sim
