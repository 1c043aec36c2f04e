#pragma once

#include <string>

#include "conclave/app/options.hpp"
#include "conclave/base/log_sink.hpp"

namespace conclave::app {

inline constexpr int exit_ok = 0;
inline constexpr int exit_failed = 1;

/// Runs a member until it is told to stop or cannot go on, and gives the exit code. Prints one line to standard output when clients
/// can connect. SIGTERM and SIGINT end it in order (a leader hands over first), a second one at once; SIGHUP reads the certificates
/// again. `log` is thread-safe.
[[nodiscard]] int run(const Options& options, const std::string& version, LogSink& log);

}  // namespace conclave::app
