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

Task<Result<bool>> WorkQueue::reject(TakenItemPtr item, milliseconds delay, std::string why, Call call) {
  if (!item->is_held()) co_return fail(Errc::fenced, "the item is not held any more");
  if (delay > delay_max) co_return fail(Errc::invalid_argument, "a delay of more than a day");
  const QueueKeys& keys = item->keys();
  ItemRecord record = item->record();
  record.error = std::move(why);
  Txn txn;
  if (delay <= milliseconds::zero() || record.attempts >= record.attempts_max) {
    txn.then(put_back(keys, record));
    unclaim(txn, *item);
  } else {
    auto granting = grant_delay(item->claim()->hub().store(), delay, "delay of " + record.item, call);
    Result<LeaseId> lease = co_await std::move(granting);
    if (!lease) co_return fail(std::move(lease.error()));
    PutOp held{keys.held_item(record.item), to_json(record)};
    PutOp mark{keys.delay(record.item), {}, *lease};
    txn.then(std::move(held)).then(std::move(mark)).then(DeleteOp{Keys::one(item->claim()->key()), false});
  }
  auto settling = settle_by(std::move(item), std::move(txn), std::move(call));
  Result<bool> settled = co_await std::move(settling);
  co_return settled;
}

}  // namespace conclave::recipes::core
