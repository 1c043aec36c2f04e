#include "conclave/recipes_core/record.hpp"
#include "conclave/recipes_core/work_queue.hpp"

namespace conclave::recipes::core {
namespace {

/// Empty if the key is no claim of this queue.
std::string item_of_claim(const QueueKeys& keys, const std::string& key) {
  if (!key.starts_with(keys.claims())) return {};
  const std::string rest = key.substr(keys.claims().size());
  const std::size_t slash = rest.find('/');
  if (slash == std::string::npos || slash + 1 == rest.size()) return {};
  std::string id = rest.substr(0, slash);
  return check_item_id(id) ? id : std::string();
}

Task<Result<bool>> settle_claim(Store& store, Txn txn, Guard claim, Call call) {
  auto asking = execute(store, Write{std::move(txn), {std::move(claim)}}, std::move(call));
  Result<Reply> reply = co_await std::move(asking);
  if (reply || reply.error().code == Errc::outcome_forgotten) co_return true;
  co_return fail(std::move(reply.error()));
}

Error no_claim(const QueueKeys& keys, const Guard& claim) {
  return {Errc::invalid_argument, "'" + claim.key + "' is no claim on an item under '" + keys.directory + "'"};
}

}  // namespace

Task<Result<Guard>> WorkQueue::detach(TakenItemPtr item, milliseconds ttl, Call call) {
  if (!item->is_held()) co_return fail(Errc::fenced, "the item is not held any more");
  Store& store = item->claim()->hub().store();
  Write::LeaseGrant body{LeaseId{}, ttl, "item " + item->record().item, "a detached item"};
  auto granting = execute(store, Write{std::move(body), {}}, call);
  Result<Reply> granted = co_await std::move(granting);
  if (!granted) co_return fail(std::move(granted.error()));
  const auto* lease = std::get_if<LeaseGranted>(&granted->body);
  if (lease == nullptr) co_return fail(Errc::not_sent, "the answer to a grant was not kept; nothing hangs on it");
  Guard guard = item->claim()->guard();
  PutOp moved;
  moved.key = guard.key;
  moved.ignore_value = true;
  moved.lease = lease->id;
  auto moving = execute(store, Write{std::move(moved), {guard}}, std::move(call));
  Result<Reply> done = co_await std::move(moving);
  // If the outcome is unknown the item is given back with this object, under either lease.
  if (!done && done.error().code != Errc::outcome_forgotten) co_return fail(std::move(done.error()));
  item->settle();
  guard.lease = lease->id;
  co_return guard;
}

Task<Result<bool>> acknowledge_claim(HubPtr hub, QueueKeys keys, Guard claim, Call call) {
  const std::string id = item_of_claim(keys, claim.key);
  if (id.empty()) co_return fail(no_claim(keys, claim));
  Txn txn;
  for (std::string key : {keys.item(id), keys.held_item(id), claim.key}) txn.then(DeleteOp{Keys::one(std::move(key)), false});
  auto settling = settle_claim(hub->store(), std::move(txn), std::move(claim), std::move(call));
  Result<bool> settled = co_await std::move(settling);
  co_return settled;
}

Task<Result<bool>> reject_claim(HubPtr hub, QueueKeys keys, Guard claim, milliseconds delay, std::string why, Call call) {
  const std::string id = item_of_claim(keys, claim.key);
  if (id.empty()) co_return fail(no_claim(keys, claim));
  auto reading = execute(hub->store(), newest(row_of(keys.held_item(id))), call);
  Result<Reply> reply = co_await std::move(reading);
  if (!reply) co_return fail(std::move(reply.error()));
  const auto* range = std::get_if<RangeResult>(&reply->body);
  if (range == nullptr || range->kvs.empty()) co_return fail(Errc::fenced, "the item is not held any more");
  auto record = item_from_json(range->kvs.front().value);
  if (!record || record->item != id) co_return fail(Errc::invalid_argument, "what is held under this id is no item");
  record->error = std::move(why);
  auto planning = rejection_of(hub->store(), keys, std::move(*record), claim.key, delay, call);
  Result<Txn> txn = co_await std::move(planning);
  if (!txn) co_return fail(std::move(txn.error()));
  auto settling = settle_claim(hub->store(), std::move(*txn), std::move(claim), std::move(call));
  Result<bool> settled = co_await std::move(settling);
  co_return settled;
}

Task<Result<Txn>> rejection_of(Store& store, QueueKeys keys, ItemRecord record, std::string claim_key, milliseconds delay,
                               Call call) {
  if (delay > delay_max) co_return fail(Errc::invalid_argument, "a delay of more than a day");
  Txn txn;
  if (delay <= milliseconds::zero() || record.attempts >= record.attempts_max) {
    txn.then(put_back(keys, record)).then(DeleteOp{Keys::one(keys.held_item(record.item)), false});
  } else {
    auto granting = grant_delay(store, delay, "delay of " + record.item, std::move(call));
    Result<LeaseId> lease = co_await std::move(granting);
    if (!lease) co_return fail(std::move(lease.error()));
    PutOp held{keys.held_item(record.item), to_json(record)};
    PutOp mark{keys.delay(record.item), {}, *lease};
    txn.then(std::move(held)).then(std::move(mark));
  }
  txn.then(DeleteOp{Keys::one(std::move(claim_key)), false});
  co_return txn;
}

}  // namespace conclave::recipes::core
