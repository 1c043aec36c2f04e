#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>

#include "conclave/engine/event.hpp"
#include "context.hpp"
#include "proposals.hpp"
#include "watch_feed.hpp"

namespace conclave::engine {

/// When to make checkpoints and how far the log may be cut (architecture, section 4). The log is cut at the minimum of: the last
/// durable checkpoint, the snapshots that transfers are sending, and what slow followers still need, within bounds.
class CheckpointKeeper {
 public:
  explicit CheckpointKeeper(Context& context);

  void on_log_written(std::size_t bytes) { log_bytes_ += bytes; }
  void on_done(const CheckpointDone& done);
  void on_chunk_read(const SnapshotChunkRead& read);
  void on_transfer_released(MemberId peer) { transfers_.erase(peer); }
  void tick();
  /// A checkpoint should be made and none is under way.
  [[nodiscard]] bool due() const;
  [[nodiscard]] bool running() const { return running_; }
  void start();
  [[nodiscard]] Index last() const { return last_.index; }

 private:
  [[nodiscard]] std::uint64_t log_bytes_max() const;
  [[nodiscard]] Index cut_limit() const;
  void cut();

  Context& context_;
  bool running_ = false;
  std::uint64_t log_bytes_ = 0;
  raft::EntryId last_;
  Index cut_;
  Instant new_since_;  ///< what the last checkpoint does not hold is as old as that, about
  Duration interval_;
  std::map<MemberId, Index> transfers_;  ///< the snapshot each peer is being sent
};

/// The leader's compaction of history by age and size: a command that names a revision. It never passes a young catching-up watch
/// here.
class HistoryKeeper {
 public:
  HistoryKeeper(Context& context, Proposals& proposals, const WatchFeed& watches);

  void on_applied(const std::vector<mvcc::EventBatchPtr>& batches);
  void propose_if_due();

 private:
  struct Sample {
    Instant at;
    Revision revision;
    std::uint64_t bytes = 0;  ///< of all events up to then
  };
  [[nodiscard]] std::optional<Revision> wanted() const;

  Context& context_;
  Proposals& proposals_;
  const WatchFeed& watches_;
  std::deque<Sample> samples_;
  std::uint64_t bytes_ = 0;
  Instant next_;
  bool proposed_ = false;
};

/// Members compare a hash of the state at a fixed applied index. One that differs from a majority stops serving.
class HashKeeper {
 public:
  explicit HashKeeper(Context& context);

  void on_applied();
  void on_hash(MemberId from, const StateHash& hash);
  void announce_if_due();

 private:
  void vote(MemberId member, Index index, std::uint64_t hash);
  void say_own(Index index);
  void judge();

  Context& context_;
  std::deque<std::pair<Index, std::uint64_t>> recent_;  ///< own hashes by applied index
  Index subject_;                                       ///< the index being compared
  bool said_ = false;
  std::map<MemberId, std::uint64_t> votes_;
  Instant next_;
};

}  // namespace conclave::engine
