#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "conclave/scheduler/executor.hpp"

/// What stands on an agent's disk about a run: a directory for each, which outlives the agent's process.
namespace conclave::scheduler {

/// A process, told from a later one with the same number.
struct ProcessMark {
  pid_t pid = 0;
  std::uint64_t started = 0;  ///< field 22 of /proc/PID/stat: ticks since the machine booted
  bool operator==(const ProcessMark&) const = default;
};
/// The process with this number, if there is one that is no zombie.
[[nodiscard]] std::optional<ProcessMark> mark_of(pid_t pid);
[[nodiscard]] inline bool is_alive(const ProcessMark& mark) { return mark_of(mark.pid) == mark; }

/// One run's directory.
struct RunFiles {
  std::filesystem::path directory;

  [[nodiscard]] std::filesystem::path order() const { return directory / "order.json"; }  ///< what to do
  [[nodiscard]] std::filesystem::path keeper() const { return directory / "keeper"; }     ///< the ProcessMark of its keeper
  [[nodiscard]] std::filesystem::path group() const { return directory / "group"; }    ///< names its control group, if it has one
  [[nodiscard]] std::filesystem::path end() const { return directory / "end.json"; }   ///< what came of it
  [[nodiscard]] std::filesystem::path output() const { return directory / "output"; }  ///< the first output_bytes_max bytes
  [[nodiscard]] std::filesystem::path work() const { return directory / "work"; }      ///< where it runs if it names no other place
};
inline constexpr std::uint64_t output_bytes_max = std::uint64_t{1} << 20U;
/// Of the output, what is told to others.
inline constexpr std::size_t output_told_max = 4096;

[[nodiscard]] std::string directory_name(const RunId& run);
[[nodiscard]] std::optional<RunId> run_of(const std::string& directory_name);

[[nodiscard]] Result<void> write_whole(const std::filesystem::path& path, const std::string& text);
[[nodiscard]] std::optional<std::string> read_whole(const std::filesystem::path& path);
[[nodiscard]] std::optional<ProcessMark> read_mark(const std::filesystem::path& path);
[[nodiscard]] std::string to_text(const ProcessMark& mark);

[[nodiscard]] std::string to_json(const RunOrder& order);
[[nodiscard]] std::optional<RunOrder> order_from_json(const std::string& text);

}  // namespace conclave::scheduler
