#include "session_table.hpp"

#include <algorithm>

#include "conclave/base/assert.hpp"
#include "state_hash.hpp"

namespace conclave::mvcc {

void SessionTable::open(LeaseId id, std::uint64_t nonce) {
  const bool added = outcomes_.try_emplace(id).second;
  CONCLAVE_ASSERT(added);
  if (nonce == 0) return;
  // Ids grow, so that rows restored in any order end in the same map as the openings made one after the other.
  LeaseId& newest = by_nonce_[nonce];
  newest = std::max(newest, id);
}

std::vector<RequestSeq> SessionTable::close(LeaseId id, std::uint64_t nonce) {
  const auto found = outcomes_.find(id);
  CONCLAVE_ASSERT(found != outcomes_.end());
  std::vector<RequestSeq> gone;
  for (const auto& [sequence, outcome] : found->second) {
    gone.push_back(sequence);
    digest_ -= digest_of(id, sequence, *outcome);
  }
  outcomes_.erase(found);
  const auto named = by_nonce_.find(nonce);
  if (named != by_nonce_.end() && named->second == id) by_nonce_.erase(named);
  return gone;
}

std::optional<LeaseId> SessionTable::opened_with(std::uint64_t nonce) const {
  const auto found = by_nonce_.find(nonce);
  if (found == by_nonce_.end()) return std::nullopt;
  return found->second;
}

ResponsePtr SessionTable::outcome(LeaseId id, RequestSeq sequence) const {
  const auto session = outcomes_.find(id);
  if (session == outcomes_.end()) return nullptr;
  const auto found = session->second.find(sequence);
  return found == session->second.end() ? nullptr : found->second;
}

void SessionTable::remember(LeaseId id, RequestSeq sequence, ResponsePtr outcome) {
  const auto session = outcomes_.find(id);
  CONCLAVE_ASSERT(session != outcomes_.end());
  digest_ += digest_of(id, sequence, *outcome);
  ResponsePtr& place = session->second[sequence];
  if (place) digest_ -= digest_of(id, sequence, *place);
  place = std::move(outcome);
}

std::vector<RequestSeq> SessionTable::forget_below(LeaseId id, RequestSeq first) {
  const auto session = outcomes_.find(id);
  CONCLAVE_ASSERT(session != outcomes_.end());
  std::vector<RequestSeq> gone;
  const auto end = session->second.lower_bound(first);
  for (auto next = session->second.begin(); next != end; ++next) {
    gone.push_back(next->first);
    digest_ -= digest_of(id, next->first, *next->second);
  }
  session->second.erase(session->second.begin(), end);
  return gone;
}

void SessionTable::each(const std::function<void(const OutcomeRow&)>& visit) const {
  for (const auto& [id, outcomes] : outcomes_) {
    for (const auto& [sequence, outcome] : outcomes) visit({id, sequence, outcome});
  }
}

void SessionTable::check_invariants() const {
  std::uint64_t digest = 0;
  each([&](const OutcomeRow& row) { digest += digest_of(row.session, row.sequence, *row.response); });
  CONCLAVE_ASSERT(digest == digest_);
  for (const auto& [nonce, id] : by_nonce_) CONCLAVE_ASSERT(nonce != 0 && contains(id));
}

}  // namespace conclave::mvcc
