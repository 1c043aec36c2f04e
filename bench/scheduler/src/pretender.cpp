#include "pretender.hpp"

#include <algorithm>

namespace conclave::bench {

using namespace scheduler;

std::vector<RunId> Pretender::runs() const {
  std::vector<RunId> all;
  for (const auto& [id, state] : runs_) all.push_back(id);
  return all;
}

void Pretender::start(const RunOrder& order) {
  if (!freed_.empty()) {
    turnarounds_.push_back(store_.now() - freed_.back());
    freed_.pop_back();
  }
  runs_[order.id].phase = Phase::running;
  store_.call_at(store_.now() + work_, [this, id = order.id] { end(id, Phase::succeeded); });
}

void Pretender::end(const RunId& run, Phase phase) {
  const auto found = runs_.find(run);
  if (found == runs_.end() || found->second.phase != Phase::running) return;
  found->second.phase = phase;
  freed_.insert(freed_.begin(), store_.now());
  if (on_end_) on_end_(run, RunState(found->second));
}

std::optional<RunState> Pretender::state(const RunId& run) const {
  const auto found = runs_.find(run);
  return found == runs_.end() ? std::nullopt : std::optional(found->second);
}

void Pretender::forget(const RunId& run) { runs_.erase(run); }

}  // namespace conclave::bench
