#include <algorithm>

#include "conclave/recipes_core/record.hpp"
#include "conclave/recipes_core/work_queue.hpp"

namespace conclave::recipes::core {
namespace {

std::string prefix_of(const QueueKeys& keys, Shelf shelf) {
  switch (shelf) {
    case Shelf::ready: return keys.ready();
    case Shelf::held: return keys.held_items();
    case Shelf::dead: return keys.dead();
  }
  return {};
}

ListedItem listed(const KeyValue& kv, Shelf shelf) {
  ListedItem item;
  if (auto record = item_from_json(kv.value)) item.record = std::move(*record);
  if (shelf == Shelf::held) item.state = ListedItem::State::returning;
  if (shelf == Shelf::dead) item.state = ListedItem::State::dead;
  return item;
}

/// Who has them, at the revision of the page.
Txn holders_at(const QueueKeys& keys, const std::vector<ListedItem>& items, Revision revision) {
  Txn txn;
  for (const ListedItem& item : items) {
    RangeOp claim = rows_of(keys.claims(item.record.item));
    claim.at = revision;
    RangeOp delay = row_of(keys.delay(item.record.item));
    delay.at = revision;
    txn.then(std::move(claim)).then(std::move(delay));
  }
  return txn;
}

void add_holder(ListedItem& item, const RangeResult& claims, const RangeResult& delays) {
  if (!delays.kvs.empty()) item.state = ListedItem::State::delayed;
  if (claims.kvs.empty()) return;
  item.state = ListedItem::State::taken;
  item.holder = record_from_json(claims.kvs.front().value).owner;
}

}  // namespace

Task<Result<ItemPage>> list_items(HubPtr hub, QueueKeys keys, Shelf shelf, std::string from, std::uint64_t rows, Call call) {
  RangeOp op;
  const std::string prefix = prefix_of(keys, shelf);
  op.keys = from.starts_with(prefix) ? rest_of_prefix(std::move(from), prefix) : Keys::prefix(prefix);
  op.limit = std::clamp<std::uint64_t>(rows, 1, page_rows_max);
  auto asking = execute(hub->store(), newest(std::move(op)), call);
  Result<Reply> reply = co_await std::move(asking);
  if (!reply) co_return fail(std::move(reply.error()));
  auto* range = std::get_if<RangeResult>(&reply->body);
  if (range == nullptr) co_return fail(Errc::internal, "an answer of another kind than was asked for");
  ItemPage page;
  for (const KeyValue& kv : range->kvs) page.items.push_back(listed(kv, shelf));
  if (range->more) page.next = std::move(range->next_key);
  if (shelf != Shelf::held || page.items.empty()) co_return page;
  Read read{holders_at(keys, page.items, reply->header.revision), Consistency::linearizable, {}, {}, {}};
  auto looking = execute(hub->store(), std::move(read), call);
  Result<Reply> seen = co_await std::move(looking);
  if (!seen) co_return fail(std::move(seen.error()));
  auto* holders = std::get_if<TxnResult>(&seen->body);
  for (std::size_t at = 0; holders != nullptr && at < page.items.size(); ++at) {
    const auto claims = result_at<RangeResult>(holders->results, 2 * at);
    const auto delays = result_at<RangeResult>(holders->results, 2 * at + 1);
    if (claims && delays) add_holder(page.items[at], *claims, *delays);
  }
  co_return page;
}

namespace {

/// Changes what is dead, if it still is what it was.
Task<Result<bool>> change_dead(HubPtr hub, KeyValue row, Op then, Call call) {
  Txn txn;
  txn.when(Compare::mod_revision_is(row.key, row.mod_revision)).then(DeleteOp{Keys::one(row.key), false}).then(std::move(then));
  auto asking = execute(hub->store(), Write{std::move(txn), {}}, std::move(call));
  Result<Reply> reply = co_await std::move(asking);
  if (!reply) co_return fail(std::move(reply.error()));
  const auto* done = std::get_if<TxnResult>(&reply->body);
  const auto* earlier = std::get_if<AppliedEarlier>(&reply->body);
  co_return (done != nullptr && done->succeeded) || (earlier != nullptr && earlier->succeeded);
}

Task<Result<std::optional<KeyValue>>> dead_row(HubPtr hub, std::string key, Call call) {
  auto asking = execute(hub->store(), newest(row_of(std::move(key))), std::move(call));
  Result<Reply> reply = co_await std::move(asking);
  if (!reply) co_return fail(std::move(reply.error()));
  auto* range = std::get_if<RangeResult>(&reply->body);
  std::optional<KeyValue> row;
  if (range != nullptr && !range->kvs.empty()) row = std::move(range->kvs.front());
  co_return row;
}

}  // namespace

Task<Result<bool>> revive_item(HubPtr hub, QueueKeys keys, std::string id, Call call) {
  auto reading = dead_row(hub, keys.dead(id), call);
  Result<std::optional<KeyValue>> row = co_await std::move(reading);
  if (!row) co_return fail(std::move(row.error()));
  if (!*row) co_return false;
  auto record = item_from_json((*row)->value);
  if (!record || record->item != id) co_return fail(Errc::invalid_argument, "what is dead under this id is no item");
  record->attempts = 0;
  record->place.clear();
  record->error.clear();
  auto changing = change_dead(hub, std::move(**row), put_ready(keys, *record), call);
  Result<bool> changed = co_await std::move(changing);
  co_return changed;
}

Task<Result<bool>> discard_item(HubPtr hub, QueueKeys keys, std::string id, Call call) {
  auto reading = dead_row(hub, keys.dead(id), call);
  Result<std::optional<KeyValue>> row = co_await std::move(reading);
  if (!row) co_return fail(std::move(row.error()));
  if (!*row) co_return false;
  auto changing = change_dead(hub, std::move(**row), DeleteOp{Keys::one(keys.item(id)), false}, call);
  Result<bool> changed = co_await std::move(changing);
  co_return changed;
}

}  // namespace conclave::recipes::core
