#include "open_loop.hpp"

namespace conclave::bench {

Clock::time_point OpenLoop::start_of(std::uint64_t number) const {
  return start_ + std::chrono::nanoseconds(static_cast<std::int64_t>(static_cast<double>(number) * 1e9 / per_second_));
}

std::uint64_t OpenLoop::due_at(Clock::time_point now) const {
  if (now < start_) return 0;
  auto number = static_cast<std::uint64_t>(std::chrono::duration<double>(now - start_).count() * per_second_);
  while (number > 0 && start_of(number) > now) --number;  // rounding may be off by one in either direction
  while (start_of(number + 1) <= now) ++number;
  return number + 1;
}

}  // namespace conclave::bench
