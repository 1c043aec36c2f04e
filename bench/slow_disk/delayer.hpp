#pragma once

#include <chrono>

namespace conclave::bench {

/// Lets each flush that waits at `listener` go on `delay` after it began, until nobody is left who could flush. Returns then.
void delay_flushes(int listener, std::chrono::microseconds delay);

}  // namespace conclave::bench
