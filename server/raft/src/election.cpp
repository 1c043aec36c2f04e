#include "activities.hpp"
#include "conclave/base/assert.hpp"
#include "conclave/raft/quorum.hpp"

/// Who leads: timeouts, pre-votes (dissertation 9.6), votes (3.4) and fast failover when the leader's link closed.
namespace conclave::raft {
namespace {

/// Campaigns after one closed link, at most: then the ordinary timeout decides.
constexpr std::uint32_t fast_campaigns_max = 8;

/// A voter may stand, and so may one that the newest membership removes as long as that is not committed: it may be the only one
/// whose log can win, and then it leads those that remain until they have the entry (4.2.2).
[[nodiscard]] bool may_stand(const Parts& p) {
  if (is_voter(p.membership(), p.self())) return true;
  const auto& history = p.memberships.history();
  if (history.size() < 2 || p.memberships.since() <= p.log.committed()) return false;
  return is_voter(history[history.size() - 2].second, p.self());
}

[[nodiscard]] bool may_campaign(const Parts& p) {
  return p.role != Role::leader && !p.install && p.hard.term.value() + 1 < number_max && may_stand(p);
}

void ask_for_votes(Parts& p, const VoteRequest& request) {
  for (const MemberId id : ids_of(p.membership())) {
    if (id == p.self() || !is_voter(p.membership(), id)) continue;
    // A pre-vote promises nothing. A vote request does: sent before our own vote is durable, a crash could let us be elected twice
    // in one term.
    if (request.pre_vote) {
      send(p, id, request);
    } else {
      send_when_durable(p, id, request);
    }
  }
}

void start_pre_vote(Parts& p) {
  p.role = Role::pre_candidate;
  p.leader.reset();
  p.election.votes = {{p.self(), true}};
  reset_election_timer(p);
  if (tally(p.membership(), p.election.votes) == Tally::won) {
    start_vote(p, false);
    return;
  }
  ask_for_votes(p, {.term = p.hard.term.next(), .last = p.log.last_id(), .pre_vote = true, .transfer = false});
}

void schedule_fast_campaign(Parts& p, std::uint64_t ticks) {
  if (!may_campaign(p) || p.election.fast_campaigns >= fast_campaigns_max || p.election.fast_campaign_in) return;
  ++p.election.fast_campaigns;
  p.election.fast_campaign_in = static_cast<std::uint32_t>(ticks);
}

void end_fast_failover(Parts& p) {
  p.election.leader_link_closed = false;
  p.election.fast_campaign_in.reset();
  p.election.fast_campaigns = 0;
}

/// Back to waiting; the term, the link's state and the tries made so far stay.
void give_up_campaign(Parts& p) {
  p.role = Role::follower;
  p.election.votes.clear();
  reset_election_timer(p);
}

void settle_campaign(Parts& p) {
  switch (tally(p.membership(), p.election.votes)) {
    case Tally::open: return;
    case Tally::lost: return give_up_campaign(p);
    case Tally::won:
      if (p.role == Role::candidate) return become_leader(p);
      return start_vote(p, false);
  }
}

/// Grants at most one vote a term, and only to a log that has all ours (3.6.1).
[[nodiscard]] bool may_vote_for(const Parts& p, MemberId candidate, EntryId last) {
  if (p.hard.vote ? p.hard.vote != candidate : p.leader.has_value()) return false;
  return p.log.is_up_to_date(last);
}

void answer_pre_vote(Parts& p, MemberId from, const VoteRequest& m) {
  const bool granted = m.term > p.hard.term && p.log.is_up_to_date(m.last) && (m.transfer || !is_leader_protected(p));
  if (granted) {
    send(p, from, VoteReply{.term = m.term, .pre_vote = true, .granted = true, .stamp = p.stamp, .stamp_term = p.stamp_term});
  } else {
    send_when_durable(
        p, from, VoteReply{.term = p.hard.term, .pre_vote = true, .granted = false, .stamp = p.stamp, .stamp_term = p.stamp_term});
  }
}

}  // namespace

void reset_election_timer(Parts& p) {
  p.election.elapsed = 0;
  p.election.timeout = p.config.election_timeout_ticks + static_cast<std::uint32_t>(p.prng.below(p.config.election_timeout_ticks));
}

void tick_election(Parts& p) {
  ++p.election.elapsed;
  if (auto& in = p.election.fast_campaign_in) {
    if (*in > 1) {
      --*in;
    } else {
      in.reset();
      if (may_campaign(p)) return start_pre_vote(p);
    }
  }
  if (p.election.elapsed < p.election.timeout) return;
  if (may_campaign(p)) return start_pre_vote(p);
  // A learner cannot do anything about it, but must not name a leader it does not hear.
  p.leader.reset();
  reset_election_timer(p);
}

void become_follower(Parts& p, Term term, std::optional<MemberId> leader) {
  CONCLAVE_ASSERT(term >= p.hard.term);
  if (p.role == Role::leader) leave_leadership(p);
  // A candidate that only raised our term does not put off our own campaign: its log may be too short to win.
  if (p.role != Role::follower || leader) reset_election_timer(p);
  if (term > p.hard.term) {
    p.hard = {term, std::nullopt};
    p.hard_changed = true;
    end_fast_failover(p);
  }
  p.role = Role::follower;
  p.leader = leader;
  p.election.votes.clear();
  if (leader) end_fast_failover(p);
}

void campaign_if_allowed(Parts& p) {
  if (may_campaign(p)) start_pre_vote(p);
}

void start_vote(Parts& p, bool transfer) {
  p.role = Role::candidate;
  p.leader.reset();
  p.hard = {p.hard.term.next(), p.self()};
  p.hard_changed = true;
  p.election.votes.clear();  // our own counts when it is durable
  reset_election_timer(p);
  ask_for_votes(p, {.term = p.hard.term, .last = p.log.last_id(), .pre_vote = false, .transfer = transfer});
}

void on_leader_link_closed(Parts& p) {
  p.election.leader_link_closed = true;
  const std::uint64_t ticks = p.prng.below(std::uint64_t{p.config.link_closed_campaign_ticks_max} + 1);
  if (ticks == 0 && may_campaign(p)) {
    ++p.election.fast_campaigns;
    start_pre_vote(p);
  } else {
    schedule_fast_campaign(p, ticks);
  }
}

bool is_leader_protected(const Parts& p) {
  if (p.role == Role::leader) return true;  // check-quorum ends a leader that nobody hears
  return p.leader && !p.election.leader_link_closed && p.election.elapsed < p.config.election_timeout_ticks;
}

void count_own_vote(Parts& p) {
  if (p.role != Role::candidate || !is_hard_state_durable(p) || p.election.votes.contains(p.self())) return;
  p.election.votes[p.self()] = true;
  settle_campaign(p);
}

void handle(Parts& p, MemberId from, const VoteRequest& m) {
  if (m.pre_vote) return answer_pre_vote(p, from, m);
  // A learner answers too: who asks it knows that it has become a voter, which may be news to it.
  const bool granted = may_vote_for(p, from, m.last);
  if (granted) {
    if (!p.hard.vote) p.hard_changed = true;
    p.hard.vote = from;
    p.election.elapsed = 0;
  }
  send_when_durable(
      p, from, VoteReply{.term = p.hard.term, .pre_vote = false, .granted = granted, .stamp = p.stamp, .stamp_term = p.stamp_term});
}

void handle(Parts& p, MemberId from, const VoteReply& m) {
  hear_stamp(p, m.stamp_term, m.stamp);
  if (p.role != (m.pre_vote ? Role::pre_candidate : Role::candidate) || !is_voter(p.membership(), from)) return;
  p.election.votes.emplace(from, m.granted);
  if (!m.granted && p.election.leader_link_closed) {
    schedule_fast_campaign(p, 1 + p.prng.below(std::uint64_t{p.config.link_closed_campaign_ticks_max} + 1));
  }
  settle_campaign(p);
}

}  // namespace conclave::raft
