#pragma once

#include <thread>

#include "window.hpp"

namespace conclave::bench {

/// Tells whoever samples processes from outside when the measured interval begins and ends: a line "measuring" and a line
/// "measured" on standard error. Only with --json, because people need no such lines. Waits for the end of the interval when it
/// goes.
class Phases {
 public:
  Phases(const Options& options, const Window& window);
  ~Phases();
  Phases(const Phases&) = delete;
  Phases& operator=(const Phases&) = delete;

 private:
  std::thread thread_;
};

}  // namespace conclave::bench
