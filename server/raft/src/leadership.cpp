#include <algorithm>
#include <utility>

#include "activities.hpp"
#include "conclave/base/assert.hpp"
#include "conclave/raft/quorum.hpp"

/// What a leader does beside replication: its first entry, proposals, commitment, membership changes, and giving up.
namespace conclave::raft {
namespace {

/// A learner this close to the end of the log has caught up.
constexpr std::uint64_t promotion_distance_max = 16;

[[nodiscard]] bool has_active_quorum(const Parts& p) {
  return is_quorum(p.membership(), [&](MemberId id) {
    if (id == p.self()) return true;
    const auto peer = p.lead->peers.find(id);
    return peer != p.lead->peers.end() && p.ticks - peer->second.heard_tick <= p.config.election_timeout_ticks;
  });
}

[[nodiscard]] bool is_membership_busy(const Parts& p) {
  return !is_term_committed(p) || p.membership().is_joint() || p.memberships.since() > p.log.committed();
}

void append_entry(Parts& p, const EntryPtr& entry) {
  p.log.append(entry);
  p.lead->uncommitted_bytes += size_of(*entry);
  if (const auto* membership = std::get_if<Membership>(&entry->body)) {
    p.memberships.append(entry->id.index, *membership);
    sync_peers(p);
  }
}

[[nodiscard]] bool has_caught_up(const Parts& p, MemberId id) {
  const auto found = p.lead->peers.find(id);
  if (found == p.lead->peers.end()) return false;
  const Progress& peer = found->second;
  if (peer.state() != Progress::State::stream || p.ticks - peer.heard_tick > p.config.election_timeout_ticks) return false;
  return peer.match().plus(promotion_distance_max) >= p.log.last() && !peer.match().is_zero();
}

void promote_learners(Parts& p) {
  std::erase_if(p.lead->promote, [&](MemberId id) { return !is_learner(p.membership(), id); });
  std::vector<MemberId> ready;
  for (const MemberId id : p.lead->promote) {
    if (has_caught_up(p, id)) ready.push_back(id);
  }
  if (ready.empty()) return;
  Result<Membership> next = plan_promotion(p.membership(), ready);
  CONCLAVE_ASSERT(next.has_value());
  append_own(p, std::move(*next));
}

/// A leader that was removed saves the others the election timeout if one of them has everything.
void hand_over(Parts& p) {
  for (const auto& [id, peer] : p.lead->peers) {
    if (!is_voter(p.membership(), id) || peer.match() != p.log.last()) continue;
    send(p, id, TimeoutNow{p.hard.term});
    return;
  }
}

[[nodiscard]] Result<void> check_promotions(const std::vector<Member>& learners, const std::vector<MemberId>& promote) {
  for (const MemberId id : promote) {
    if (std::none_of(learners.begin(), learners.end(), [&](const Member& learner) { return learner.id == id; })) {
      return fail(Errc::invalid_argument, "member " + to_string(id) + " is to be promoted but is not a learner");
    }
  }
  return {};
}

}  // namespace

void become_leader(Parts& p) {
  CONCLAVE_ASSERT(p.role == Role::candidate);
  CONCLAVE_ASSERT(is_hard_state_durable(p));
  p.role = Role::leader;
  p.leader = p.self();
  p.stamp_term = p.hard.term;
  p.election.votes.clear();
  p.election.fast_campaign_in.reset();
  p.lead.emplace();
  p.lead->first_of_term = p.log.last().next();
  p.lead->uncommitted_bytes = p.log.bytes_after(p.log.committed());
  append_own(p, NoOp{});
  sync_peers(p);
}

void leave_leadership(Parts& p) {
  Leadership& lead = *p.lead;
  for (const SentRead& read : lead.sent_reads) p.out.reads_lost.push_back(read.id);
  if (lead.open_read) p.out.reads_lost.push_back(*lead.open_read);
  for (const auto& [id, peer] : lead.peers) {
    if (peer.transfer) p.out.snapshot_released.push_back(id);
  }
  p.lead.reset();
}

void tick_leader(Parts& p) {
  if (!has_active_quorum(p)) {
    become_follower(p, p.hard.term, std::nullopt);
    return;
  }
  if (++p.lead->heartbeat_elapsed >= p.config.heartbeat_ticks) {
    p.lead->heartbeat_elapsed = 0;
    p.lead->heartbeat_due = true;
  }
  tick_transfer(p);
  tick_snapshots(p);
  settle_membership(p);
}

EntryId append_own(Parts& p, EntryBody body) {
  const EntryId id{p.hard.term, p.log.last().next()};
  append_entry(p, std::make_shared<const Entry>(Entry{id, std::move(body)}));
  return id;
}

void sync_peers(Parts& p) {
  std::map<MemberId, Progress>& peers = p.lead->peers;
  for (auto peer = peers.begin(); peer != peers.end();) {
    if (is_member(p.membership(), peer->first)) {
      ++peer;
      continue;
    }
    if (peer->second.transfer) p.out.snapshot_released.push_back(peer->first);
    peer = peers.erase(peer);
  }
  for (const MemberId id : ids_of(p.membership())) {
    if (id != p.self()) peers.try_emplace(id, p.config, p.log.last(), p.ticks);
  }
}

void advance_commit(Parts& p) {
  if (!p.lead) return;
  // Members count with what is durable there. Our own disk is one of them, and may be the slow one (10.2.1).
  const Index index(quorum_value(p.membership(), [&](MemberId id) -> std::uint64_t {
    if (id == p.self()) return p.log.durable().value();
    const auto peer = p.lead->peers.find(id);
    return peer == p.lead->peers.end() ? 0 : peer->second.match().value();
  }));
  // Only entries of our own term are committed by counting (3.6.2); they commit those before them.
  if (index <= p.log.committed() || p.log.term_at(index) != p.hard.term) return;
  const Index before = p.log.committed();
  p.log.commit_to(index);
  after_commit(p, before);
}

bool is_term_committed(const Parts& p) { return p.lead && p.log.committed() >= p.lead->first_of_term; }

void settle_membership(Parts& p) {
  if (!p.lead || p.lead->transfer || !is_term_committed(p) || p.memberships.since() > p.log.committed()) return;
  if (p.membership().is_joint()) {
    append_own(p, leave_joint(p.membership()));
  } else if (!is_voter(p.membership(), p.self())) {
    hand_over(p);
    become_follower(p, p.hard.term, std::nullopt);
  } else if (!p.lead->promote.empty()) {
    promote_learners(p);
  }
}

Result<EntryId> propose(Parts& p, EntryBody body) {
  if (!p.lead) return fail(Errc::not_leader);
  if (p.lead->transfer) return fail(Errc::not_leader, "leadership is being transferred");
  const EntryId id{p.hard.term, p.log.last().next()};
  const auto entry = std::make_shared<const Entry>(Entry{id, std::move(body)});
  const std::size_t uncommitted = p.lead->uncommitted_bytes;
  if (uncommitted > 0 && uncommitted + size_of(*entry) > p.config.uncommitted_bytes_max) {
    return fail(Errc::overloaded, "too many bytes wait to be committed");
  }
  if (!p.proposals.add(id, p.out.unknown)) return fail(Errc::overloaded, "too many proposals wait to be committed");
  append_entry(p, entry);
  return id;
}

Result<EntryId> propose_membership(Parts& p, std::vector<Member> voters, std::vector<Member> learners,
                                   const std::vector<MemberId>& promote) {
  if (!p.lead) return fail(Errc::not_leader);
  if (is_membership_busy(p)) return fail(Errc::membership_busy);
  if (auto checked = check_promotions(learners, promote); !checked) return fail(checked.error());
  Result<Membership> next = plan_change(p.membership(), std::move(voters), std::move(learners));
  if (!next) return fail(next.error());
  Result<EntryId> id = propose(p, std::move(*next));
  if (id) p.lead->promote.insert(promote.begin(), promote.end());
  return id;
}

}  // namespace conclave::raft
