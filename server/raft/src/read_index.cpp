#include <algorithm>

#include "activities.hpp"
#include "conclave/raft/quorum.hpp"
#include "mutants.hpp"

/// Linearizable reads without a log entry (dissertation 6.4): all reads that wait share a round, and a round is granted once a
/// quorum has answered a heartbeat sent after the reads began.
namespace conclave::raft {
namespace {

[[nodiscard]] bool is_quorum_alone(const Parts& p) {
  return is_quorum(p.membership(), [&](MemberId id) { return id == p.self(); });
}

}  // namespace

Result<ReadRoundId> begin_read(Parts& p) {
  if (!p.lead) return fail(Errc::not_leader);
  Leadership& lead = *p.lead;
  if (mutants::join_sent_read_round && !lead.sent_reads.empty()) return lead.sent_reads.back().id;
  if (!lead.open_read) lead.open_read = ReadRoundId{p.hard.term, ++lead.read_counter};
  return *lead.open_read;
}

void send_heartbeat_round(Parts& p) {
  Leadership& lead = *p.lead;
  if (!lead.heartbeat_due && !lead.open_read) return;
  lead.heartbeat_due = false;
  ++lead.round;
  lead.rounds.push_back({lead.round, p.ticks});
  if (lead.open_read) lead.sent_reads.push_back({*lead.open_read, lead.round, p.log.committed()});
  lead.open_read.reset();
  for (const auto& [id, peer] : lead.peers) {
    const Index commit = std::min(peer.match(), p.log.committed());
    send(p, id, Heartbeat{.term = p.hard.term, .commit = commit, .round = lead.round, .stamp = p.stamp});
  }
  confirm_rounds(p);
}

void confirm_rounds(Parts& p) {
  Leadership& lead = *p.lead;
  const std::uint64_t confirmed = quorum_value(p.membership(), [&](MemberId id) -> std::uint64_t {
    if (id == p.self()) return lead.round;
    const auto peer = lead.peers.find(id);
    return peer == lead.peers.end() ? 0 : peer->second.round;
  });
  lead.confirmed_round = std::max(lead.confirmed_round, confirmed);
  while (!lead.rounds.empty() && lead.rounds.front().round <= lead.confirmed_round) {
    lead.confirmed_tick = lead.rounds.front().tick;
    lead.rounds.pop_front();
  }
  grant_reads(p);
}

void grant_reads(Parts& p) {
  // Before an entry of our own term is committed we do not know what others have committed.
  if (!is_term_committed(p)) return;
  Leadership& lead = *p.lead;
  while (!lead.sent_reads.empty() && lead.sent_reads.front().round <= lead.confirmed_round) {
    const SentRead& read = lead.sent_reads.front();
    p.out.reads.push_back({read.id, std::max(read.index, lead.first_of_term)});
    lead.sent_reads.pop_front();
  }
}

std::uint64_t quorum_confirmed_tick(const Parts& p) {
  if (!p.lead) return 0;
  return is_quorum_alone(p) ? p.ticks : p.lead->confirmed_tick;
}

}  // namespace conclave::raft
