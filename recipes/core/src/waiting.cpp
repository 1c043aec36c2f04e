#include "conclave/recipes_core/waiting.hpp"

namespace conclave::recipes::core {

namespace {

using PromisePtr = std::shared_ptr<Promise<Result<bool>>>;

Store::Notice ends_with_turn(const PromisePtr& promise) {
  return [promise](const WatchNotice& notice) {
    if (const auto* ended = std::get_if<WatchEnded>(&notice)) return promise->set(fail(ended->reason));
    const auto* fired = std::get_if<TurnFired>(&notice);
    if (fired == nullptr) return;
    if (fired->gone)
      promise->set(fail(lease_lost, "the place in the queue is gone: its lease ended, or somebody removed it"));
    else
      promise->set(true);
  };
}

}  // namespace

client::OperationId ComingTurn::send(Store& store, Write place, Instant deadline, Store::Callback done) {
  const client::QueuedUp both =
      store.queue_up(std::move(place), deadline, std::move(done), std::move(options_), ends_with_turn(promise_));
  watch_ = WatchHold(store, both.turn);
  return both.place;
}

Waiting::Waiting(Store& store, const Call& call, const KeptLeasePtr& lease) : Waiting(store, call, lease, nullptr) {}

Waiting::Waiting(Store& store, const Call& call, const KeptLeasePtr& lease, ComingTurnPtr turn)
    : store_(store),
      turn_(std::move(turn)),
      promise_(turn_ ? turn_->promise() : std::make_shared<Promise<Outcome>>()),
      timer_(store, call.deadline,
             [promise = promise_] { promise->set(fail(deadline_passed, "the deadline passed while waiting; nothing is held")); }) {
  const auto stop = [promise = promise_] { promise->set(fail(Errc::cancelled, "stopped while waiting; nothing is held")); };
  if (call.stop->raised()) stop();
  on_stop_ = call.stop->on_raise(stop);
  if (!lease) return;
  const auto lost = [promise = promise_] { promise->set(fail(lease_lost, "the lease was lost while waiting; nothing is held")); };
  if (!lease->is_alive()) lost();
  on_lost_ = lease->lost().on_raise(lost);
}

void Waiting::on_events(WatchOptions options) {
  watches_.emplace_back(store_, store_.watch(std::move(options), [promise = promise_](const WatchNotice& notice) {
    const auto* ended = std::get_if<WatchEnded>(&notice);
    if (ended != nullptr && ended->reason.code != Errc::compacted) return promise->set(fail(ended->reason));
    if (!std::holds_alternative<WatchProgress>(notice)) promise->set(true);
  }));
}

void Waiting::on_turn(TurnOptions options) {
  watches_.emplace_back(store_, store_.watch_turn(std::move(options), ends_with_turn(promise_)));
}

}  // namespace conclave::recipes::core
