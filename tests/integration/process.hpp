#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "conclave/test/ports.hpp"

namespace conclave::test {

/// A real process of ours, stopped by its pid and never left behind.
class Process {
 public:
  /// Standard output and error go to `log` (appended).
  Process(std::vector<std::string> command, const std::filesystem::path& log);
  ~Process();
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;

  void signal(int number) const;
  /// SIGKILL, and waits until it is gone.
  void kill();
  /// SIGTERM; the exit code, or nothing if it did not end in time (then it is killed).
  std::optional<int> terminate(std::chrono::milliseconds patience);
  [[nodiscard]] std::optional<int> wait(std::chrono::milliseconds patience);
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
};

struct Ran {
  int code = -1;
  std::string out;
  std::string err;
};
/// Runs a command to its end (at most a minute) with `input` on its standard input.
[[nodiscard]] Ran run(const std::vector<std::string>& command, const std::string& input = {});

/// The path of one of our built programs.
[[nodiscard]] std::string program(const std::string& name);

}  // namespace conclave::test
