#include <algorithm>
#include <utility>

#include "activities.hpp"
#include "conclave/base/assert.hpp"

/// How a leader brings its log to the others: pipelined appends within a window, probes after trouble, the log store for what is no
/// longer in memory, and a snapshot for what is no longer in the log.
namespace conclave::raft {
namespace {

enum class Step : std::uint8_t { none, append, append_nothing, read_log, start_snapshot, snapshot_chunk };

[[nodiscard]] Step step_to_send_entries(const Parts& p, const Progress& peer) {
  if (peer.next() >= p.log.memory_first()) return Step::append;
  return peer.log_read ? Step::none : Step::read_log;
}

/// May news of a commit wait? Not those of a membership: one that leaves must hear of it before nobody talks to it any more.
[[nodiscard]] bool may_wait(const Parts& p, MemberId id, const Progress& peer) {
  return p.patient.contains(id) && peer.sent_commit() >= p.memberships.since();
}

/// What is due for this peer now.
[[nodiscard]] Step next_step(const Parts& p, MemberId id, const Progress& peer) {
  if (peer.state() == Progress::State::snapshot) {
    return peer.transfer->stage == SnapshotTransfer::Stage::wanted ? Step::snapshot_chunk : Step::none;
  }
  if (peer.next() <= p.log.base().index) {
    // The release of the last transfer must reach the shell before the next one starts.
    const auto& released = p.out.snapshot_released;
    return std::find(released.begin(), released.end(), id) == released.end() ? Step::start_snapshot : Step::none;
  }
  if (peer.may_send() && peer.next() <= p.log.last()) {
    if (const Step step = step_to_send_entries(p, peer); step != Step::none) return step;
  }
  if (peer.state() == Progress::State::probe) {
    const bool agreed = peer.match().next() == peer.next();
    return peer.may_send() && !agreed && peer.next() > p.log.last() ? Step::append_nothing : Step::none;
  }
  const bool knows_commit = peer.sent_commit() >= std::min(p.log.committed(), peer.next().prev());
  return peer.ask || !(knows_commit || may_wait(p, id, peer)) ? Step::append_nothing : Step::none;
}

void send_append(Parts& p, MemberId id, Progress& peer, std::vector<EntryPtr> entries) {
  const Index previous = peer.next().prev();
  const std::optional<Term> term = p.log.term_at(previous);
  CONCLAVE_ASSERT(term.has_value());
  std::size_t bytes = 0;
  for (const EntryPtr& entry : entries) bytes += size_of(*entry);
  const bool news_only = entries.empty() && peer.state() == Progress::State::stream && !peer.ask;
  peer.on_sent(previous.plus(entries.size()), bytes, p.log.committed());
  send(p, id,
       AppendRequest{.term = p.hard.term,
                     .previous = {*term, previous},
                     .entries = std::move(entries),
                     .commit = p.log.committed(),
                     .stamp = p.stamp,
                     .news_only = news_only});
}

void carry_out(Parts& p, MemberId id, Progress& peer, Step step) {
  switch (step) {
    case Step::none: return;
    case Step::append:
      return send_append(p, id, peer, p.log.slice(peer.next(), p.config.append_entries_max, p.config.append_bytes_max));
    case Step::append_nothing: return send_append(p, id, peer, {});
    case Step::read_log:
      peer.log_read = peer.next();
      p.out.log_reads.push_back({.peer = id, .from = peer.next(), .bytes_max = p.config.append_bytes_max});
      return;
    case Step::start_snapshot: return peer.start_snapshot(p.ticks);
    case Step::snapshot_chunk: return ask_for_snapshot_chunk(p, id, peer);
  }
}

[[nodiscard]] Progress* find_peer(Parts& p, MemberId id) {
  if (!p.lead) return nullptr;
  const auto found = p.lead->peers.find(id);
  return found == p.lead->peers.end() ? nullptr : &found->second;
}

void on_accepted(Parts& p, MemberId from, Progress& peer, Index last) {
  if (last > p.log.last()) return;
  if (peer.state() == Progress::State::snapshot && last >= p.log.base().index) {
    end_transfer(p, from, peer, last);  // it came by what it lacked in another way
  } else if (!peer.on_accepted(last)) {
    return;
  }
  if (last > p.log.committed()) advance_commit(p);
  settle_membership(p);
  send_timeout_now_if_caught_up(p, from);
}

}  // namespace

bool has_something_to_send(const Parts& p) {
  if (!p.lead) return false;
  if (p.lead->heartbeat_due || p.lead->open_read) return true;
  return std::any_of(p.lead->peers.begin(), p.lead->peers.end(),
                     [&](const auto& peer) { return next_step(p, peer.first, peer.second) != Step::none; });
}

void send_to_peers(Parts& p) {
  if (!p.lead) return;
  send_heartbeat_round(p);
  for (auto& [id, peer] : p.lead->peers) {
    for (Step step = next_step(p, id, peer); step != Step::none; step = next_step(p, id, peer)) carry_out(p, id, peer, step);
  }
}

void handle(Parts& p, MemberId from, const AppendReply& m) {
  Progress* peer = find_peer(p, from);
  if (peer == nullptr) return;
  peer->heard_tick = p.ticks;
  if (m.accepted) return on_accepted(p, from, *peer, m.last);
  // The follower's guess is about its own log; ours has at that place at most what the guess's term allows.
  const Index at_most = std::min(m.hint.index, p.log.last());
  peer->on_refused(m.last, p.log.last_not_above(at_most, m.hint.term));
}

void handle(Parts& p, MemberId from, const HeartbeatReply& m) {
  Progress* peer = find_peer(p, from);
  if (peer == nullptr || m.round > p.lead->round) return;
  peer->heard_tick = p.ticks;
  peer->on_heartbeat_reply(m.round);
  confirm_rounds(p);
  send_timeout_now_if_caught_up(p, from);
}

void on_log_read(Parts& p, MemberId id, Index from, std::vector<EntryPtr> entries) {
  Progress* peer = find_peer(p, id);
  if (peer == nullptr || peer->log_read != from) return;
  peer->log_read.reset();
  if (peer->next() != from || from <= p.log.base().index || !peer->may_send()) return;  // it went on while we waited
  if (entries.empty()) return peer->start_snapshot(p.ticks);
  if (entries.size() > p.config.append_entries_max) entries.resize(p.config.append_entries_max);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    CONCLAVE_ASSERT(entries[i] != nullptr);
    CONCLAVE_ASSERT(entries[i]->id.index == from.plus(i));
  }
  // The store may have read past the committed index before those entries were replaced: the question can be of an earlier
  // leadership.
  const auto replaced =
      std::find_if_not(entries.begin(), entries.end(), [&](const EntryPtr& entry) { return p.log.matches(entry->id); });
  entries.erase(replaced, entries.end());
  if (!entries.empty()) send_append(p, id, *peer, std::move(entries));
}

}  // namespace conclave::raft
