#pragma once

#include <map>
#include <memory>

#include "conclave/recipes_core/store.hpp"
#include "control_groups.hpp"
#include "fence.hpp"
#include "run_files.hpp"

namespace conclave::scheduler {

/// Runs as real processes, each with a keeper (keeper.hpp) and a directory of its own under `state`. What goes on when the agent's
/// process begins is taken over: its keeper is known by number and start time. With `groups`, each is in a control group of its
/// own.
class ProcessExecutor final : public Executor {
 public:
  /// Takes the lock of the state directory and finds what was left there. Errors: io_error, already_exists (another agent).
  [[nodiscard]] static Result<std::unique_ptr<ProcessExecutor>> open(recipes::core::Store& store, std::filesystem::path state,
                                                                     std::optional<ControlGroups> groups = std::nullopt);
  ~ProcessExecutor() override;
  ProcessExecutor(const ProcessExecutor&) = delete;
  ProcessExecutor& operator=(const ProcessExecutor&) = delete;

  void listen(OnEnd on_end) override;
  [[nodiscard]] std::vector<RunId> runs() const override;
  void start(const RunOrder& order) override;
  void stop(const RunId& run) override;
  [[nodiscard]] std::optional<RunState> state(const RunId& run) const override;
  void forget(const RunId& run) override;
  void live_until(Instant until) override { fence_->set(until); }

 private:
  struct Run {
    RunFiles files;
    ProcessMark keeper;
    std::optional<RunState> end;
    bool is_told = false;
    bool is_forgotten = false;  ///< ends when its keeper did
  };
  ProcessExecutor(recipes::core::Store& store, std::filesystem::path state, int lock, std::unique_ptr<Fence> fence,
                  std::optional<ControlGroups> groups);
  void find();
  void take_over(const RunId& id, const RunFiles& files);
  void look_soon();
  void look();
  [[nodiscard]] Result<void> prepare(const RunOrder& order, const RunFiles& files) const;
  [[nodiscard]] Result<ProcessMark> spawn(const RunFiles& files) const;

  recipes::core::Store& store_;
  std::filesystem::path state_;
  int lock_;
  std::unique_ptr<Fence> fence_;
  std::optional<ControlGroups> groups_;
  OnEnd on_end_;
  std::map<RunId, Run> runs_;
  std::shared_ptr<bool> lives_ = std::make_shared<bool>(true);
  bool looking_ = false;
};

}  // namespace conclave::scheduler
