#pragma once

#include "conclave/base/result.hpp"

namespace conclave::app {

/// The calling thread runs before all threads of the system that have no real-time priority: the lowest one, in turns with its
/// equals (SCHED_RR). Threads that it starts do not inherit that. Error invalid_argument: it may not; the text says what would let
/// it.
[[nodiscard]] Result<void> take_realtime_priority();

}  // namespace conclave::app
