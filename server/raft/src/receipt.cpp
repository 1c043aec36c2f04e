#include <utility>

#include "activities.hpp"

/// The receiving side of a snapshot: chunks go to the shell in order, and when all are there and verified, one barrier write
/// installs them in the place of the log.
namespace conclave::raft {
namespace {

void answer_progress(Parts& p, MemberId to, EntryId last, std::uint64_t next_offset) {
  send_when_durable(
      p, to, SnapshotReply{.term = p.hard.term, .last = last, .next_offset = next_offset, .installed = false, .rejected = false});
}

void answer_installed(Parts& p, MemberId to, const SnapshotMeta& meta) {
  send_when_durable(
      p, to,
      SnapshotReply{.term = p.hard.term, .last = meta.last, .next_offset = meta.total_bytes, .installed = true, .rejected = false},
      meta.last.index);
}

/// Whether the log has everything in the snapshot; then a matching entry also tells that it is committed.
[[nodiscard]] bool has_all_of(Parts& p, EntryId last) {
  if (last.index <= p.log.committed()) return true;
  if (!p.log.matches(last)) return false;
  const Index before = p.log.committed();
  p.log.commit_to(last.index);
  after_commit(p, before);
  return true;
}

void store_chunk(Parts& p, const SnapshotChunk& m) {
  p.receipt->storing = true;
  p.out.snapshot_received = SnapshotReceived{.meta = m.meta, .offset = m.offset, .bytes = m.bytes, .done = m.done};
}

/// A receipt of the same snapshot goes on, whoever sends it now.
void go_on(Parts& p, MemberId from, const SnapshotChunk& m) {
  if (p.receipt->storing) return;  // answered once the shell has stored what it has
  const bool is_question = m.bytes.empty() && m.meta.total_bytes > 0;
  if (m.offset != p.receipt->next_offset || is_question) return answer_progress(p, from, m.meta.last, p.receipt->next_offset);
  store_chunk(p, m);
}

}  // namespace

void handle(Parts& p, MemberId from, const SnapshotChunk& m) {
  if (!accept_leader(p, from)) return;
  if (p.install) {
    if (p.install->meta == m.meta) answer_progress(p, from, m.meta.last, m.meta.total_bytes);
    return;
  }
  if (has_all_of(p, m.meta.last)) {
    if (p.receipt && p.receipt->meta == m.meta) p.receipt.reset();
    return answer_installed(p, from, m.meta);
  }
  if (p.receipt && p.receipt->meta == m.meta) return go_on(p, from, m);
  // Answers name a snapshot by its end only: another one with the same end must not be taken for it.
  if (p.receipt && p.receipt->storing) return;
  const bool starts = m.offset == 0 && (!m.bytes.empty() || m.meta.total_bytes == 0);
  if (!starts) return answer_progress(p, from, m.meta.last, 0);
  p.receipt = Receipt{.meta = m.meta, .next_offset = 0, .storing = false};
  store_chunk(p, m);
}

void on_snapshot_stored(Parts& p, EntryId last, std::uint64_t next_offset, bool complete, bool ok) {
  if (!p.receipt || !p.receipt->storing || p.receipt->meta.last != last) return;
  const SnapshotMeta meta = p.receipt->meta;
  p.receipt->storing = false;
  p.receipt->next_offset = next_offset;
  if (!ok || complete) p.receipt.reset();
  if (!ok) {
    if (p.leader) {
      send_when_durable(p, *p.leader,
                        SnapshotReply{.term = p.hard.term, .last = last, .next_offset = 0, .installed = false, .rejected = true});
    }
    return;
  }
  if (!complete) {
    if (p.leader) answer_progress(p, *p.leader, last, next_offset);
    return;
  }
  if (p.lead || has_all_of(p, last)) {
    if (p.leader && !p.lead) answer_installed(p, *p.leader, meta);
    return;
  }
  // Who lacks something committed cannot win, but must not even try while its log is being replaced.
  if (p.role != Role::follower) become_follower(p, p.hard.term, std::nullopt);
  // From here to its durability the old log stands but does not change: no append, no commit, no apply, no campaign.
  // Acknowledgements of entries that were not issued yet go with those entries.
  p.install = Install{.meta = meta, .write = std::nullopt};
  p.gate.on_truncated(Index(1));
}

void finish_install(Parts& p) {
  const SnapshotMeta meta = std::move(p.install->meta);
  p.install.reset();
  p.log.reset_to(meta.last);
  p.stamp = Stamp();  // the state that came knows its own
  p.stamp_term = meta.last.term;
  p.memberships.reset(meta.last.index, meta.membership);
  p.proposals.on_snapshot(meta.last.index, p.out.unknown);
  if (p.leader) answer_installed(p, *p.leader, meta);
}

}  // namespace conclave::raft
