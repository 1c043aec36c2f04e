#include <algorithm>
#include <span>

#include "activities.hpp"
#include "conclave/base/assert.hpp"
#include "mutants.hpp"

/// How a follower takes entries (dissertation 3.5): all that was acknowledged is durable, and what conflicts with the leader goes.
namespace conclave::raft {
namespace {

void commit_as_follower(Parts& p, Index index) {
  const Index before = p.log.committed();
  if (p.log.commit_to(std::min(index, p.log.last()))) after_commit(p, before);
}

void truncate(Parts& p, Index from) {
  p.log.truncate_from(from);
  p.memberships.truncate_from(from);
  p.gate.on_truncated(from);
  if (mutants::lost_on_truncate) p.proposals.on_truncated(from, p.out.lost);
}

void acknowledge(Parts& p, MemberId to, Index last) {
  const AppendReply reply{.term = p.hard.term, .accepted = true, .last = last, .hint = {}};
  if (mutants::ack_before_flush) return send(p, to, reply);
  send_when_durable(p, to, reply, last);
}

void refuse(Parts& p, MemberId to, EntryId previous) {
  // Terms above the leader's at this place cannot agree: skip them whole. What is committed here, the leader has.
  const Index guess = std::max(p.log.last_not_above(std::min(previous.index, p.log.last()), previous.term), p.log.committed());
  const EntryId hint{p.log.term_at(guess).value_or(Term()), guess};
  send_when_durable(p, to, AppendReply{.term = p.hard.term, .accepted = false, .last = previous.index, .hint = hint});
}

/// Stores those entries that are not here yet; `entries` follow an entry we have. False: they would undo something
/// committed or go back in terms, which no honest leader sends.
[[nodiscard]] bool store(Parts& p, std::span<const EntryPtr> entries) {
  std::size_t known = 0;
  while (known < entries.size() && p.log.matches(entries[known]->id)) ++known;
  if (known == entries.size()) return true;
  const Index from = entries[known]->id.index;
  if (from <= p.log.committed() || p.log.term_at(from.prev()).value_or(Term()) > entries[known]->id.term) return false;
  if (from <= p.log.last()) {
    if (mutants::skip_truncate) return true;
    truncate(p, from);
  }
  for (const EntryPtr& entry : entries.subspan(known)) {
    p.log.append(entry);
    if (const auto* membership = std::get_if<Membership>(&entry->body)) p.memberships.append(entry->id.index, *membership);
  }
  return true;
}

}  // namespace

bool accept_leader(Parts& p, MemberId from) {
  if (p.role == Role::leader || (p.leader && p.leader != from)) return false;  // two leaders in a term: somebody lies
  become_follower(p, p.hard.term, from);
  return true;
}

void handle(Parts& p, MemberId from, const AppendRequest& m) {
  if (!accept_leader(p, from)) return;
  hear_stamp(p, m.term, m.stamp);
  if (p.install) return;  // the log is about to be replaced
  std::span<const EntryPtr> entries = m.entries;
  const bool wants_answer = !m.news_only || !entries.empty();
  const Index committed = p.log.committed();
  if (m.previous.index < committed) {
    // What is committed is the same everywhere; it may be compacted here, so it is not compared.
    const std::uint64_t here = committed.minus(m.previous.index);
    if (entries.size() <= here) return wants_answer ? acknowledge(p, from, committed) : void();
    entries = entries.subspan(here);
  } else if (!p.log.matches(m.previous)) {
    return refuse(p, from, m.previous);
  }
  if (!store(p, entries)) return;
  const Index last = m.previous.index.plus(m.entries.size());
  if (last == p.log.last()) follow_stamp(p, m.term, m.stamp);
  if (wants_answer) acknowledge(p, from, last);
  commit_as_follower(p, std::min(m.commit, last));
}

void handle(Parts& p, MemberId from, const Heartbeat& m) {
  if (!accept_leader(p, from)) return;
  hear_stamp(p, m.term, m.stamp);
  if (!p.install) commit_as_follower(p, m.commit);
  send_when_durable(p, from, HeartbeatReply{.term = p.hard.term, .round = m.round});
}

}  // namespace conclave::raft
