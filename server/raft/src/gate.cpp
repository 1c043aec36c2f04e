#include "conclave/raft/gate.hpp"

#include <algorithm>
#include <utility>

namespace conclave::raft {

void Gate::hold(Outbound message, WriteId until) { held_.push_back({std::move(message), Index(), until}); }

void Gate::hold_unissued(Outbound message, Index through) { held_.push_back({std::move(message), through, std::nullopt}); }

void Gate::on_issued(WriteId id, Index next_to_write) {
  for (Held& held : held_) {
    if (!held.until && held.through < next_to_write) held.until = id;
  }
}

void Gate::on_truncated(Index from) {
  std::erase_if(held_, [&](const Held& held) { return !held.until && !held.through.is_zero() && held.through >= from; });
}

std::vector<Outbound> Gate::release(WriteId durable) {
  std::vector<Outbound> out;
  std::deque<Held> kept;
  for (Held& held : held_) {
    if (held.until && *held.until <= durable) {
      out.push_back(std::move(held.message));
    } else {
      kept.push_back(std::move(held));
    }
  }
  held_ = std::move(kept);
  return out;
}

bool Gate::has_unissued() const {
  return std::any_of(held_.begin(), held_.end(), [](const Held& held) { return !held.until; });
}

std::optional<WriteId> Gate::lowest() const {
  std::optional<WriteId> lowest;
  for (const Held& held : held_) {
    if (held.until && (!lowest || *held.until < *lowest)) lowest = held.until;
  }
  return lowest;
}

}  // namespace conclave::raft
