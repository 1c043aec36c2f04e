#include "shifts.hpp"

namespace conclave::transport {
namespace {

/// After so many looks at a loop that never goes away the one that waits sleeps until it does.
constexpr int idle_looks_max = 250;

}  // namespace

// The number is stored before `asleep_` is read here, and the other way round in wait_for_turn(): one of the two sees the other's.
std::uint64_t Shifts::leave() {
  const std::uint64_t left = number_.fetch_add(1) + 1;
  if (!asleep_.load()) return left;
  {
    const std::scoped_lock lock(mutex_);
    asleep_ = false;
  }
  wake_.notify_one();
  return left;
}

bool Shifts::come_back(std::uint64_t left) { return number_.compare_exchange_strong(left, left + 1); }

bool Shifts::wait_for_turn() {
  std::unique_lock lock(mutex_);
  std::uint64_t seen = number_.load();
  for (int idle = 0; !ended_; ++idle) {
    if (idle < idle_looks_max) {
      wake_.wait_for(lock, look_interval);
    } else {
      asleep_ = true;
      if (number_.load() == seen) wake_.wait(lock, [this] { return !asleep_ || ended_; });
      asleep_ = false;
    }
    const std::uint64_t number = number_.load();
    if (is_away(number) && number == seen) {
      if (number_.compare_exchange_strong(seen, number + 1)) return true;
    }
    if (number != seen) idle = 0;
    seen = number;
  }
  return false;
}

void Shifts::end() {
  {
    const std::scoped_lock lock(mutex_);
    ended_ = true;
  }
  wake_.notify_one();
}

}  // namespace conclave::transport
