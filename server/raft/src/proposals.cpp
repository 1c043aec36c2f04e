#include "proposals.hpp"

#include <algorithm>

namespace conclave::raft {

bool Proposals::add(EntryId id, std::vector<EntryId>& unknown) {
  if (open_.size() >= proposals_max) {
    const auto old = std::find_if(open_.begin(), open_.end(), [&](const auto& open) { return open.second < id.term; });
    if (old == open_.end()) return false;
    unknown.push_back({old->second, old->first});
    open_.erase(old);
  }
  open_.emplace(id.index, id.term);
  return true;
}

void Proposals::on_committed(const Log& log, std::vector<EntryId>& lost) {
  while (!open_.empty() && open_.begin()->first <= log.committed()) {
    const auto [index, term] = *open_.begin();
    if (log.term_at(index) != term) lost.push_back({term, index});
    open_.erase(open_.begin());
  }
}

void Proposals::on_snapshot(Index last, std::vector<EntryId>& unknown) {
  while (!open_.empty() && open_.begin()->first <= last) {
    unknown.push_back({open_.begin()->second, open_.begin()->first});
    open_.erase(open_.begin());
  }
}

void Proposals::on_truncated(Index from, std::vector<EntryId>& lost) {
  for (auto open = open_.lower_bound({from, Term()}); open != open_.end(); open = open_.erase(open)) {
    lost.push_back({open->second, open->first});
  }
}

}  // namespace conclave::raft
