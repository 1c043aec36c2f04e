#include <algorithm>
#include <utility>

#include "activities.hpp"

/// The sending side of a snapshot: one chunk at a time, each answered with how far the receiver is, so a transfer goes on where it
/// stopped.
namespace conclave::raft {
namespace {

using Stage = SnapshotTransfer::Stage;

void enter(Parts& p, SnapshotTransfer& transfer, Stage stage) {
  transfer.stage = stage;
  transfer.since_tick = p.ticks;
}

[[nodiscard]] Index lowest_useful(const Parts& p, const Progress& peer) { return std::max(p.log.base().index, peer.next()); }

/// Whether the shell's answer is what was asked for.
[[nodiscard]] bool fits(const Parts& p, const Progress& peer, const SnapshotChunk& chunk) {
  const SnapshotTransfer& transfer = *peer.transfer;
  if (transfer.meta && *transfer.meta != chunk.meta) return false;
  if (!transfer.meta && chunk.meta.last.index < lowest_useful(p, peer)) return false;
  if (chunk.meta.last.index > p.log.committed() || chunk.offset != transfer.offset) return false;
  return chunk.offset <= chunk.meta.total_bytes && chunk.bytes.size() <= chunk.meta.total_bytes - chunk.offset;
}

}  // namespace

void ask_for_snapshot_chunk(Parts& p, MemberId id, Progress& peer) {
  SnapshotTransfer& transfer = *peer.transfer;
  if (transfer.meta && transfer.offset == transfer.meta->total_bytes) {
    // All is sent and the receiver has not said that it is installed: ask it.
    send(p, id, SnapshotChunk{.term = p.hard.term, .meta = *transfer.meta, .offset = transfer.offset, .bytes = {}, .done = true});
    return enter(p, transfer, Stage::sent);
  }
  p.out.snapshot_reads.push_back({.peer = id,
                                  .meta = transfer.meta,
                                  .at_least = lowest_useful(p, peer),
                                  .offset = transfer.offset,
                                  .bytes_max = p.config.snapshot_chunk_bytes});
  enter(p, transfer, Stage::reading);
}

void on_snapshot_read(Parts& p, MemberId id, std::optional<SnapshotChunk> chunk) {
  if (!p.lead) return;
  const auto found = p.lead->peers.find(id);
  if (found == p.lead->peers.end() || !found->second.transfer) return;
  Progress& peer = found->second;
  if (peer.transfer->stage != Stage::reading) return;
  if (!chunk || !fits(p, peer, *chunk)) {
    // What was pinned for this transfer may be gone: the next question is for any snapshot.
    peer.transfer->meta.reset();
    peer.transfer->offset = 0;
    return enter(p, *peer.transfer, Stage::paused);
  }
  chunk->term = p.hard.term;
  chunk->done = chunk->offset + chunk->bytes.size() == chunk->meta.total_bytes;
  peer.transfer->meta = chunk->meta;
  send(p, id, std::move(*chunk));
  enter(p, *peer.transfer, Stage::sent);
}

void tick_snapshots(Parts& p) {
  for (auto& [id, peer] : p.lead->peers) {
    if (!peer.transfer) continue;
    SnapshotTransfer& transfer = *peer.transfer;
    const bool waits = transfer.stage == Stage::sent || transfer.stage == Stage::paused;
    if (waits && p.ticks - transfer.since_tick >= p.config.snapshot_retry_ticks) enter(p, transfer, Stage::wanted);
  }
}

void end_transfer(Parts& p, MemberId id, Progress& peer, Index match) {
  p.out.snapshot_released.push_back(id);
  peer.end_snapshot(match);
}

void handle(Parts& p, MemberId from, const SnapshotReply& m) {
  if (!p.lead) return;
  const auto found = p.lead->peers.find(from);
  if (found == p.lead->peers.end()) return;
  Progress& peer = found->second;
  peer.heard_tick = p.ticks;
  if (!peer.transfer || !peer.transfer->meta || peer.transfer->meta->last != m.last) return;
  SnapshotTransfer& transfer = *peer.transfer;
  if (m.installed) {
    end_transfer(p, from, peer, m.last.index);
    advance_commit(p);
    settle_membership(p);
    send_timeout_now_if_caught_up(p, from);
  } else if (m.rejected) {
    transfer.offset = 0;
    enter(p, transfer, Stage::paused);  // bytes that never verify must not keep us busy
  } else if (transfer.stage == Stage::sent && m.next_offset <= transfer.meta->total_bytes) {
    const bool complete = m.next_offset == transfer.meta->total_bytes;
    transfer.offset = m.next_offset;
    enter(p, transfer, complete ? Stage::sent : Stage::wanted);
  }
}

}  // namespace conclave::raft
