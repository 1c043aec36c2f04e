#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "conclave/base/result.hpp"
#include "conclave/scheduler_core/spec.hpp"

/// Control groups of version 2: a run and all that it starts, counted, limited and killed together.
namespace conclave::scheduler {

/// A group that was given to us to divide: each run gets a group below it.
class ControlGroups {
 public:
  /// Lets the children of `root` have what there is of cpu, memory and pids. `root` has no processes of its own: the kernel wants
  /// it so. `pids_max`: processes and threads of one run. Errors: io_error.
  [[nodiscard]] static Result<ControlGroups> open(std::filesystem::path root, std::uint64_t pids_max);
  /// What a service manager gave this process: the parent of its group, if that is marked as delegated and can be written.
  /// `own`: the text of /proc/self/cgroup; `mount`: where control groups are mounted.
  [[nodiscard]] static std::optional<std::filesystem::path> delegated(std::string_view own, const std::filesystem::path& mount);

  [[nodiscard]] std::filesystem::path group(std::string_view run) const { return root_ / std::string("run-").append(run); }
  /// Makes the group of a run, with its limits; zero is none. What was left of one with this name is ended.
  [[nodiscard]] Result<std::filesystem::path> make(std::string_view run, const Resources& resources) const;
  /// Ends what runs in groups of runs other than these.
  void end_others(const std::set<std::string>& runs) const;
  [[nodiscard]] const std::filesystem::path& root() const { return root_; }
  [[nodiscard]] const std::vector<std::string>& controllers() const { return controllers_; }

 private:
  ControlGroups(std::filesystem::path root, std::uint64_t pids_max) : root_(std::move(root)), pids_max_(pids_max) {}
  [[nodiscard]] bool has(std::string_view controller) const;

  std::filesystem::path root_;
  std::uint64_t pids_max_;
  std::vector<std::string> controllers_;
};

/// Puts this process into a group. Between fork and exec.
[[nodiscard]] bool enter_group(const std::filesystem::path& group);
[[nodiscard]] bool limits_memory(const std::filesystem::path& group);
/// The kernel killed something in it for want of memory.
[[nodiscard]] bool ran_out_of_memory(const std::filesystem::path& group);
/// Kills everything that is in it now; at once, if the kernel can do that.
void kill_group(const std::filesystem::path& group);
/// Kills everything in it and removes it, soon.
void remove_group(const std::filesystem::path& group);

}  // namespace conclave::scheduler
