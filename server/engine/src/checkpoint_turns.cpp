#include "checkpoint_turns.hpp"

namespace conclave::engine {

CheckpointTurns::CheckpointTurns(Context& context, CheckpointKeeper& checkpoints) : context_(context), checkpoints_(checkpoints) {}

void CheckpointTurns::on_news(MemberId from, const MemberNews& news) {
  if (news.checkpoint_due) {
    asking_.insert(from);
  } else {
    asking_.erase(from);
  }
  if (news.checkpoint_turn == context_.config.self) {
    given_by_ = from;
  } else if (given_by_ == from) {
    given_by_ = {};
  }
}

bool CheckpointTurns::tick() {
  const bool wanted = wants_;
  const MemberId turn = turn_;
  checkpoints_.tick();
  const bool due = checkpoints_.due();
  wants_ = due || checkpoints_.running();
  if (wants_ && !wanted) wants_since_ = context_.now;
  give_out();
  if (due && may_start()) checkpoints_.start();
  return wants_ != wanted || turn_ != turn;
}

/// A turn ends when its member does not ask any more; one whose member died with it ends with the interval.
void CheckpointTurns::give_out() {
  if (!context_.core.is_leader()) {
    turn_ = {};
    return;
  }
  const bool held = turn_ == context_.config.self ? wants_ : asking_.contains(turn_);
  if (held && context_.now - turn_since_ < context_.config.checkpoint_interval) return;
  turn_ = next_in_turn();
  turn_since_ = context_.now;
}

/// The next one that asks after the last one that had the turn, in the order of their ids.
MemberId CheckpointTurns::next_in_turn() const {
  std::set<MemberId> all = asking_;
  if (wants_) all.insert(context_.config.self);
  if (all.empty()) return {};
  const auto after = all.upper_bound(turn_);
  return after == all.end() ? *all.begin() : *after;
}

bool CheckpointTurns::may_start() const {
  if (turn_ == context_.config.self) return true;
  const auto leader = context_.other_leader();
  if (leader && given_by_ == *leader) return true;
  return context_.now - wants_since_ >= context_.config.checkpoint_interval / 2;
}

}  // namespace conclave::engine
