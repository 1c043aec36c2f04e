#pragma once

#include "conclave/base/result.hpp"

/// What the system is told of the threads of a member. Each function is about the thread that calls it.
namespace conclave::app {

/// It runs before all threads of the system that have no real-time priority: the lowest one, in turns with its equals (SCHED_RR).
/// Threads that it starts do not inherit that. Error invalid_argument: it may not; the text says what would let it.
[[nodiscard]] Result<void> take_realtime_priority();

/// It answers: woken, it takes the processor from a thread whose turns are longer, and its own turns are short. Threads that it
/// starts do not inherit that. Before Linux 6.12 the kernel takes no notice.
void ask_for_short_turns();

/// It has time: it and the threads that it starts get a tenth of a processor that others want whole, and take it from nobody.
void give_way();

}  // namespace conclave::app
