#pragma once

#include <set>

#include "conclave/engine/event.hpp"
#include "context.hpp"
#include "upkeep.hpp"

namespace conclave::engine {

/// One member at a time makes a checkpoint, because a commit waits for the disks of a majority: who has one due asks in its news,
/// and the leader's news name whose turn it is. A member that was not given a turn for half a checkpoint interval goes without one,
/// so that no log grows because a leader is missing.
class CheckpointTurns {
 public:
  CheckpointTurns(Context& context, CheckpointKeeper& checkpoints);

  void on_news(MemberId from, const MemberNews& news);
  void on_peer_closed(MemberId peer) { asking_.erase(peer); }
  /// Asks, gives out the turn if this member leads, and starts a checkpoint whose turn has come. True if the news of this member
  /// changed by that.
  bool tick();

  [[nodiscard]] bool asking() const { return wants_; }
  /// Whose turn it is, if this member leads.
  [[nodiscard]] MemberId turn() const { return turn_; }

 private:
  void give_out();
  [[nodiscard]] MemberId next_in_turn() const;
  [[nodiscard]] bool may_start() const;

  Context& context_;
  CheckpointKeeper& checkpoints_;
  bool wants_ = false;
  Instant wants_since_;
  std::set<MemberId> asking_;  ///< other members that have one due or under way
  MemberId turn_;
  Instant turn_since_;
  MemberId given_by_;  ///< the member that last said it is this one's turn
};

}  // namespace conclave::engine
