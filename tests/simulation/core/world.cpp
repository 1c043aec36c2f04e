#include "core/world.hpp"

#include <algorithm>

namespace conclave::sim {

void World::at(Instant when, std::string_view label, std::function<void()> action) {
  heap_.push_back({std::max(when, now_), numbers_++, label, std::move(action)});
  std::push_heap(heap_.begin(), heap_.end());
}

void World::run_until(Instant until) {
  while (!heap_.empty() && heap_.front().when <= until) {
    std::pop_heap(heap_.begin(), heap_.end());
    const Scheduled next = std::move(heap_.back());
    heap_.pop_back();
    now_ = next.when;
    ++steps_;
    trace_.note(next.label, {static_cast<std::uint64_t>(now_.time_since_epoch().count()), next.number});
    next.action();
  }
  now_ = std::max(now_, until);
}

}  // namespace conclave::sim
