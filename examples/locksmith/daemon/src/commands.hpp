#pragma once

#include <map>
#include <stop_token>
#include <string>

#include "conclave/base/time.hpp"

namespace conclave::locksmith::daemon {

struct Ran {
  int code = -1;       ///< of its exit; 128 and the signal that ended it; -1: it did not start, or was stopped
  std::string detail;  ///< why it failed, for people; empty if it did not
  bool ended = true;   ///< by itself, or did not start; else it was stopped in the middle
  [[nodiscard]] bool ok() const { return code == 0; }
};
/// Runs a command by /bin/sh in a process group of its own, which is killed at the deadline or when `stop` is requested; it dies
/// with this process. Its output goes where this one's goes.
[[nodiscard]] Ran run_command(const std::string& command, const std::map<std::string, std::string>& variables, milliseconds timeout,
                              const std::stop_token& stop);

}  // namespace conclave::locksmith::daemon
