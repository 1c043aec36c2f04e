#include "control_groups.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <sstream>

#include "run_files.hpp"

namespace conclave::scheduler {
namespace {

constexpr const char* wanted[] = {"cpu", "memory", "pids"};
constexpr std::uint64_t cpu_period_us = 100'000;
constexpr int removal_rounds = 100;
constexpr int removal_pause_ms = 5;

/// A file of the kernel's takes a value with one write or refuses it.
Result<void> put(const std::filesystem::path& file, const std::string& value) {
  const int opened = open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  const bool is_written = opened >= 0 && write(opened, value.data(), value.size()) == static_cast<ssize_t>(value.size());
  const int why = errno;
  if (opened >= 0) close(opened);
  if (!is_written) return fail(Errc::io_error, file.string() + ": " + std::strerror(why));
  return {};
}

bool is_marked(const std::filesystem::path& group, const char* mark) {
  char value[2] = "";
  return getxattr(group.c_str(), mark, value, sizeof value) == 1 && value[0] == '1';
}

}  // namespace

Result<ControlGroups> ControlGroups::open(std::filesystem::path root, std::uint64_t pids_max) {
  const auto offered = read_whole(root / "cgroup.controllers");
  if (!offered) return fail(Errc::io_error, root.string() + " is no control group of version 2");
  ControlGroups groups(std::move(root), pids_max);
  std::istringstream words(*offered);
  std::string controller;
  while (words >> controller) {
    if (std::find(std::begin(wanted), std::end(wanted), controller) == std::end(wanted)) continue;
    if (const auto on = put(groups.root_ / "cgroup.subtree_control", "+" + controller); !on) return fail(on.error());
    groups.controllers_.push_back(controller);
  }
  return groups;
}

std::optional<std::filesystem::path> ControlGroups::delegated(std::string_view own, const std::filesystem::path& mount) {
  constexpr std::string_view unified = "0::/";
  std::istringstream lines{std::string(own)};
  std::string line;
  while (std::getline(lines, line)) {
    if (!line.starts_with(unified) || line.size() == unified.size()) continue;
    const std::filesystem::path parent = (mount / line.substr(unified.size())).parent_path();
    if (!is_marked(parent, "user.delegate") && !is_marked(parent, "trusted.delegate")) continue;
    if (access((parent / "cgroup.subtree_control").c_str(), W_OK) == 0) return parent;
  }
  return std::nullopt;
}

bool ControlGroups::has(std::string_view controller) const {
  return std::find(controllers_.begin(), controllers_.end(), controller) != controllers_.end();
}

Result<std::filesystem::path> ControlGroups::make(std::string_view run, const Resources& resources) const {
  const std::filesystem::path path = group(run);
  std::error_code failed;
  if (std::filesystem::exists(path, failed)) remove_group(path);
  std::filesystem::create_directory(path, failed);
  if (failed) return fail(Errc::io_error, path.string() + ": " + failed.message());
  std::vector<std::pair<std::string, std::string>> limits;
  if (has("memory") && resources.memory_mib != 0) {
    limits.emplace_back("memory.max", std::to_string(resources.memory_mib << 20U));
    limits.emplace_back("memory.oom.group", "1");
  }
  if (has("cpu") && resources.cpu_milli != 0)
    limits.emplace_back("cpu.max",
                        std::to_string(resources.cpu_milli * cpu_period_us / 1000) + " " + std::to_string(cpu_period_us));
  if (has("pids") && pids_max_ != 0) limits.emplace_back("pids.max", std::to_string(pids_max_));
  for (const auto& [file, value] : limits)
    if (const auto set = put(path / file, value); !set) {
      remove_group(path);
      return fail(set.error());
    }
  return path;
}

void ControlGroups::end_others(const std::set<std::string>& runs) const {
  std::error_code failed;
  std::vector<std::filesystem::path> others;
  for (const auto& entry : std::filesystem::directory_iterator(root_, failed)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("run-") && !runs.contains(name.substr(4))) others.push_back(entry.path());
  }
  for (const auto& other : others) remove_group(other);
}

bool enter_group(const std::filesystem::path& group) { return put(group / "cgroup.procs", "0").has_value(); }

bool limits_memory(const std::filesystem::path& group) { return access((group / "memory.max").c_str(), F_OK) == 0; }

bool ran_out_of_memory(const std::filesystem::path& group) {
  std::istringstream events(read_whole(group / "memory.events").value_or(""));
  std::string event;
  std::uint64_t count = 0;
  while (events >> event >> count)
    if (event == "oom_kill" && count > 0) return true;
  return false;
}

void kill_group(const std::filesystem::path& group) {
  const std::filesystem::path file = group / "cgroup.kill";
  if (access(file.c_str(), W_OK) == 0 && put(file, "1")) return;
  // Before Linux 5.14: one by one; what they start meanwhile is there in the next round.
  std::istringstream pids(read_whole(group / "cgroup.procs").value_or(""));
  pid_t pid = 0;
  while (pids >> pid)
    if (pid > 1) kill(pid, SIGKILL);
}

void remove_group(const std::filesystem::path& group) {
  for (int round = 0; round < removal_rounds; ++round) {
    kill_group(group);
    if (rmdir(group.c_str()) == 0 || errno != EBUSY) return;
    poll(nullptr, 0, removal_pause_ms);
  }
}

}  // namespace conclave::scheduler
