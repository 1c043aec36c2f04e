#include "conclave/raft/progress.hpp"

#include <algorithm>

#include "conclave/base/assert.hpp"

namespace conclave::raft {

Progress::Progress(const Config& config, Index next, std::uint64_t tick)
    : heard_tick(tick), next_(next), inflight_(config.inflight_messages_max, config.inflight_bytes_max) {
  CONCLAVE_ASSERT(!next.is_zero());
}

bool Progress::may_send() const {
  switch (state_) {
    case State::probe: return !probe_sent_;
    case State::stream: return !inflight_.full();
    case State::snapshot: return false;
  }
  return false;
}

void Progress::on_sent(Index last, std::size_t bytes, Index commit) {
  CONCLAVE_ASSERT(last >= next_.prev());
  CONCLAVE_ASSERT(state_ != State::snapshot);
  sent_commit_ = std::max(sent_commit_, std::min(commit, last));
  ask = false;
  if (state_ == State::probe) {
    probe_sent_ = true;
    return;
  }
  if (last < next_) return;
  inflight_.add(last, bytes);
  next_ = last.next();
}

bool Progress::on_accepted(Index last) {
  const bool news = last > match_;
  match_ = std::max(match_, last);
  if (state_ == State::probe) enter_stream();
  if (state_ == State::stream) inflight_.free_to(match_);
  next_ = std::max(next_, match_.next());
  return news;
}

bool Progress::on_refused(Index refused, Index hint) {
  if (state_ == State::snapshot || refused <= match_ || refused >= next_) return false;
  // A probe is answered once: an answer about another place is an old one.
  if (state_ == State::probe && refused != next_.prev()) return false;
  enter_probe(std::clamp(hint.next(), match_.next(), refused));
  return true;
}

void Progress::on_unreachable() {
  // While probing, the next attempt waits for a heartbeat's answer: sending at once into a dead link would spin.
  if (state_ == State::stream) enter_probe(match_.next());
}

void Progress::on_heartbeat_reply(std::uint64_t answered) {
  round = std::max(round, answered);
  probe_sent_ = false;
  if (state_ == State::stream && match_.next() < next_ && match_ == match_at_heartbeat_) ask = true;
  match_at_heartbeat_ = match_;
}

void Progress::start_snapshot(std::uint64_t tick) {
  state_ = State::snapshot;
  inflight_.clear();
  ask = false;
  transfer.emplace();
  transfer->since_tick = tick;
}

void Progress::end_snapshot(Index match) {
  CONCLAVE_ASSERT(state_ == State::snapshot);
  match_ = std::max(match_, match);
  transfer.reset();
  enter_stream();
}

void Progress::enter_probe(Index next) {
  CONCLAVE_ASSERT(next > match_);
  state_ = State::probe;
  next_ = next;
  probe_sent_ = false;
  ask = false;
  inflight_.clear();
}

void Progress::enter_stream() {
  state_ = State::stream;
  next_ = match_.next();
  probe_sent_ = false;
  ask = false;
  inflight_.clear();
}

}  // namespace conclave::raft
