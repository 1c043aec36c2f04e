#include <utility>

#include "conclave/recipes_core/work_queue.hpp"

namespace conclave::recipes::core {
namespace {

constexpr Duration leave_patience = seconds(5);

/// The deletions that take an item out of its taker's hands.
void unclaim(Txn& txn, const TakenItem& item) {
  txn.then(DeleteOp{Keys::one(item.keys().held_item(item.record().item)), false})
      .then(DeleteOp{Keys::one(item.claim()->key()), false});
}

Task<Result<bool>> settle_by(TakenItemPtr item, Txn txn, Call call) {
  Write write{std::move(txn), {item->claim()->guard()}};
  auto asking = execute(item->claim()->hub().store(), std::move(write), std::move(call));
  Result<Reply> reply = co_await std::move(asking);
  if (reply || reply.error().code == Errc::outcome_forgotten) {
    item->settle();
    co_return true;
  }
  if (reply.error().code == Errc::fenced) item->claim()->stop_keeping();
  co_return fail(std::move(reply.error()));
}

}  // namespace

TakenItem::TakenItem(QueueKeys keys, ItemRecord record, std::string body, PlacePtr claim)
    : keys_(std::move(keys)), record_(std::move(record)), body_(std::move(body)), claim_(std::move(claim)) {
  on_lost_ = claim_->lease()->lost().on_raise([this] {
    const auto self = weak_from_this().lock();  // a listener may let go of the last reference
    lost_.raise();
  });
}

bool TakenItem::is_held() const { return claim_->is_kept() && claim_->hub().store().now() < until(); }

void TakenItem::arm() {
  timer_.reset();
  if (!claim_->is_kept() || until() == Instant::max()) return;
  timer_ = std::make_unique<Timer>(claim_->hub().store(), until(), [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->give_back();
  });
}

/// Whoever has it may still be at work: from here on its guard fails, and the item is for another.
void TakenItem::give_back() {
  if (!claim_->is_kept()) return;
  if (claim_->hub().store().now() < until() && !claim_->hub().store().is_closed()) return;  // extended meanwhile
  const Call call{claim_->hub().store().now() + leave_patience, std::make_shared<Signal>()};
  core::start(Place::leave(claim_, call), [](const Result<bool>&) {});
  lost_.raise();
}

void TakenItem::settle() {
  claim_->mark_left();
  on_lost_.end();
  timer_.reset();
}

Task<Result<bool>> WorkQueue::acknowledge(TakenItemPtr item, std::vector<Op> with, Call call) {
  if (!item->is_held()) co_return fail(Errc::fenced, "the item is not held any more");
  Txn txn;
  txn.success = std::move(with);
  txn.then(DeleteOp{Keys::one(item->keys().item(item->record().item)), false});
  unclaim(txn, *item);
  auto settling = settle_by(std::move(item), std::move(txn), std::move(call));
  Result<bool> settled = co_await std::move(settling);
  co_return settled;
}

/// It is nobody's from the call on: the write may be carried out at any moment.
Task<Result<bool>> WorkQueue::reject(TakenItemPtr item, milliseconds delay, std::string why, Call call) {
  if (!item->is_held()) co_return fail(Errc::fenced, "the item is not held any more");
  if (delay > delay_max) co_return fail(Errc::invalid_argument, "a delay of more than a day");
  const PlacePtr claim = item->claim();
  claim->stop_keeping();
  ItemRecord record = item->record();
  record.error = std::move(why);
  auto planning = rejection_of(claim->hub().store(), item->keys(), std::move(record), claim->key(), delay, call);
  Result<Txn> txn = co_await std::move(planning);
  Result<bool> settled = txn ? Result<bool>(true) : Result<bool>(fail(txn.error()));
  if (txn) {
    auto settling = settle_by(std::move(item), std::move(*txn), std::move(call));
    settled = co_await std::move(settling);
  }
  if (!settled) {
    const Call leaving{claim->hub().store().now() + leave_patience, std::make_shared<Signal>()};
    core::start(Place::leave(claim, leaving), [](const Result<bool>&) {});
  }
  co_return settled;
}

}  // namespace conclave::recipes::core
