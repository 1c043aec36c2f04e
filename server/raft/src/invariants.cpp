#include "conclave/raft/invariants.hpp"

#include <algorithm>

#include "conclave/base/assert.hpp"
#include "conclave/raft/quorum.hpp"
#include "parts.hpp"

namespace conclave::raft {
namespace {

void check_memberships(const Parts& p) {
  const auto& history = p.memberships.history();
  CONCLAVE_ASSERT(!history.empty());
  CONCLAVE_ASSERT(history.front().first <= p.log.base().index);
  CONCLAVE_ASSERT(history.back().first <= p.log.last());
  for (std::size_t i = 1; i < history.size(); ++i) {
    CONCLAVE_ASSERT(history[i - 1].first < history[i].first);
    CONCLAVE_ASSERT(history[i].first > p.log.base().index);
    CONCLAVE_ASSERT(is_well_formed(history[i].second));
  }
}

void check_role(const Parts& p) {
  CONCLAVE_ASSERT(p.hard.term >= p.log.last_id().term);
  CONCLAVE_ASSERT((p.role == Role::leader) == p.lead.has_value());
  CONCLAVE_ASSERT(p.role != Role::learner);
  CONCLAVE_ASSERT((p.leader == p.self()) == (p.role == Role::leader));
  switch (p.role) {
    case Role::leader:
    case Role::candidate: CONCLAVE_ASSERT(p.hard.vote == p.self()); break;
    case Role::pre_candidate: CONCLAVE_ASSERT(!p.leader); break;
    case Role::follower:
    case Role::learner: break;
  }
  if (p.role != Role::pre_candidate && p.role != Role::candidate) CONCLAVE_ASSERT(p.election.votes.empty());
}

void check_gate(const Parts& p) {
  const auto lowest = p.gate.lowest();
  if (lowest) {
    CONCLAVE_ASSERT(*lowest > p.log.last_durable());
    CONCLAVE_ASSERT(*lowest <= p.log.last_issued());
  }
  if (p.gate.has_unissued()) CONCLAVE_ASSERT(p.hard_changed || p.log.has_unwritten());
  CONCLAVE_ASSERT(p.hard_write <= p.log.last_issued());
  CONCLAVE_ASSERT(p.log.writes_in_flight() <= p.config.writes_in_flight_max);
}

void check_peer(const Parts& p, const Progress& peer) {
  CONCLAVE_ASSERT(peer.match() < peer.next());
  CONCLAVE_ASSERT(peer.match() <= p.log.last());
  CONCLAVE_ASSERT(peer.next() <= p.log.last().next());
  CONCLAVE_ASSERT(peer.transfer.has_value() == (peer.state() == Progress::State::snapshot));
  CONCLAVE_ASSERT(peer.inflight().messages() <= p.config.inflight_messages_max);
  CONCLAVE_ASSERT(peer.inflight().messages() == 0 || peer.state() == Progress::State::stream);
  CONCLAVE_ASSERT(peer.round <= p.lead->round);
  CONCLAVE_ASSERT(peer.heard_tick <= p.ticks);
}

void check_leadership(const Parts& p) {
  if (!p.lead) return;
  const Leadership& lead = *p.lead;
  std::vector<MemberId> ids = ids_of(p.membership());
  std::erase(ids, p.self());
  CONCLAVE_ASSERT(ids.size() == lead.peers.size());
  for (const auto& [id, peer] : lead.peers) {
    CONCLAVE_ASSERT(std::binary_search(ids.begin(), ids.end(), id));
    check_peer(p, peer);
  }
  CONCLAVE_ASSERT(!p.install);
  CONCLAVE_ASSERT(p.log.term_at(lead.first_of_term).value_or(p.hard.term) == p.hard.term);
  CONCLAVE_ASSERT(p.log.last_id().term == p.hard.term);
  CONCLAVE_ASSERT(lead.uncommitted_bytes == p.log.bytes_after(p.log.committed()));
  CONCLAVE_ASSERT(lead.confirmed_round <= lead.round);
  CONCLAVE_ASSERT(lead.confirmed_tick <= p.ticks);
  if (lead.open_read) CONCLAVE_ASSERT(lead.open_read->term == p.hard.term);
}

}  // namespace

void check_all(const Core& core) {
  const Parts& p = core.parts();
  p.log.check();
  check_memberships(p);
  check_role(p);
  check_gate(p);
  check_leadership(p);
  // What is committed is decided: nothing of ours at or below it can still be open.
  CONCLAVE_ASSERT(p.proposals.empty() || p.proposals.lowest() > p.log.committed());
  if (p.install) CONCLAVE_ASSERT(p.install->meta.last.index > p.log.committed());
}

void check_step(const Status& before, const Status& after) {
  CONCLAVE_ASSERT(before.self == after.self);
  CONCLAVE_ASSERT(after.term >= before.term);
  CONCLAVE_ASSERT(after.committed >= before.committed);
  CONCLAVE_ASSERT(after.applied >= before.applied);
  CONCLAVE_ASSERT(after.first >= before.first);
  // Only truncation lowers durable, and never into what is committed.
  CONCLAVE_ASSERT(after.durable >= std::min(before.durable, before.committed));
  if (after.durable < before.durable) CONCLAVE_ASSERT(after.role != Role::leader);
  if (before.term != after.term) return;
  if (before.vote) CONCLAVE_ASSERT(after.vote == before.vote);
  if (before.leader && after.leader) CONCLAVE_ASSERT(before.leader == after.leader);
  if (before.role == Role::leader) {
    CONCLAVE_ASSERT(after.role != Role::candidate);
    if (after.role == Role::leader) CONCLAVE_ASSERT(after.last >= before.last);
  }
}

}  // namespace conclave::raft
