#pragma once

#include <cstdint>
#include <optional>

#include "conclave/raft/config.hpp"
#include "conclave/raft/inflight.hpp"
#include "conclave/raft/types.hpp"

namespace conclave::raft {

/// A snapshot on its way to one follower. One chunk at a time: asked of the shell, sent, answered.
struct SnapshotTransfer {
  enum class Stage : std::uint8_t {
    wanted,   ///< the next chunk is to be asked of the shell
    reading,  ///< the shell was asked
    sent,     ///< a chunk is on its way; sent again after a while
    paused,   ///< the shell had none; asked again after a while
  };
  std::optional<SnapshotMeta> meta;  ///< nothing until the shell chose a snapshot
  std::uint64_t offset = 0;
  Stage stage = Stage::wanted;
  std::uint64_t since_tick = 0;  ///< when the stage began
};

/// What a leader knows of one follower, and how it talks to it.
///  - probe: it does not know where the logs agree; one append at a time, the next after an answer or a heartbeat's answer.
///  - stream: the logs agree up to `match`; appends follow each other without waiting, `next` runs ahead within the window.
///  - snapshot: what the follower needs is gone from the log.
/// Always match < next.
class Progress {
 public:
  enum class State : std::uint8_t { probe, stream, snapshot };

  Progress(const Config& config, Index next, std::uint64_t tick);

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] Index match() const { return match_; }
  [[nodiscard]] Index next() const { return next_; }
  [[nodiscard]] const Inflight& inflight() const { return inflight_; }
  /// May an append with entries be sent now?
  [[nodiscard]] bool may_send() const;
  /// The commit index the follower can know from appends sent.
  [[nodiscard]] Index sent_commit() const { return sent_commit_; }

  /// An append after next() - 1 with entries up to `last` (next() - 1 if it had none) was sent.
  void on_sent(Index last, std::size_t bytes, Index commit);
  /// The follower is durable and equal up to `last`. Returns whether that is news.
  bool on_accepted(Index last);
  /// The follower refused an append after `refused`; the logs may agree up to `hint`. False: an old answer, nothing changed.
  bool on_refused(Index refused, Index hint);
  /// A message was lost or the link closed: stop streaming.
  void on_unreachable();
  /// The answer to a heartbeat of this round. An append that is unanswered since the last one was perhaps lost: ask.
  void on_heartbeat_reply(std::uint64_t round);

  void start_snapshot(std::uint64_t tick);
  /// The follower has everything up to `match` now, or needs no snapshot any more.
  void end_snapshot(Index match);

  // What the activities keep here.
  std::uint64_t heard_tick = 0;              ///< of the last message from it
  std::uint64_t round = 0;                   ///< the newest heartbeat round it answered
  std::optional<Index> log_read;             ///< entries from here were asked of the log store, which has not answered yet
  bool ask = false;                          ///< send an append without entries to find a lost one
  std::optional<SnapshotTransfer> transfer;  ///< in state snapshot

 private:
  void enter_probe(Index next);
  void enter_stream();

  State state_ = State::probe;
  Index match_;
  Index next_;
  Index sent_commit_;
  Index match_at_heartbeat_;
  bool probe_sent_ = false;
  Inflight inflight_;
};

}  // namespace conclave::raft
