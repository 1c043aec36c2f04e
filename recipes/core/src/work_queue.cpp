#include "conclave/recipes_core/work_queue.hpp"

#include <algorithm>
#include <utility>

#include "conclave/recipes_core/record.hpp"

namespace conclave::recipes::core {
namespace {

constexpr std::size_t spread_max = 16;
constexpr std::uint64_t rows_min = 4;

std::string random_id(Store& store) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string id;
  for (int half = 0; half < 2; ++half) {
    std::uint64_t number = store.random();
    for (int i = 0; i < 16; ++i, number >>= 4U) id += digits[number & 15U];
  }
  return id;
}

RangeOp first_ready(const QueueKeys& keys, std::uint64_t rows) {
  RangeOp op;
  op.keys = Keys::prefix(keys.ready());
  op.limit = rows;
  return op;
}

/// "PP-" of a key under ready/.
std::string priority_of(const QueueKeys& keys, const std::string& key) { return key.substr(0, keys.ready().size() + 3); }

Compare none_before(const QueueKeys& keys, std::string key) {
  return {Keys::range(keys.ready(), std::move(key)), Compare::Target::existence, Compare::Relation::equal, 0, {}};
}

Result<void> check(const PushRequest& request) {
  if (!request.id.empty())
    if (const auto valid = check_item_id(request.id); !valid) return valid;
  if (request.priority > priority_max) return fail(Errc::invalid_argument, "a priority above 99");
  if (request.attempts_max == 0) return fail(Errc::invalid_argument, "an item that may not be tried");
  if (request.delay < milliseconds::zero() || request.delay > delay_max)
    return fail(Errc::invalid_argument, "a delay of less than nothing or more than a day");
  return {};
}

}  // namespace

WorkQueue::WorkQueue(HubPtr hub, KeeperOptions keeper, std::string directory)
    : hub_(std::move(hub)), keeper_(std::move(keeper)), keys_{std::move(directory)}, consumer_(std::make_shared<Consumer>()) {
  consumer_->sweeper = std::make_shared<Sweeper>(hub_, keeper_, keys_);
}

Task<Result<LeaseId>> grant_delay(Store& store, milliseconds ttl, std::string owner, Call call) {
  Write::LeaseGrant body{LeaseId{}, std::max(ttl, delay_min), std::move(owner), "a delay"};
  auto asking = execute(store, Write{std::move(body), {}}, std::move(call));
  Result<Reply> reply = co_await std::move(asking);
  if (!reply) co_return fail(std::move(reply.error()));
  const auto* granted = std::get_if<LeaseGranted>(&reply->body);
  if (granted == nullptr) co_return fail(Errc::not_sent, "the answer to a grant was not kept; nothing hangs on it");
  co_return granted->id;
}

Task<Result<Pushed>> WorkQueue::push_item(WorkQueue self, PushRequest request, Call call) {
  if (auto valid = check(request); !valid) co_return fail(std::move(valid.error()));
  Store& store = self.hub_->store();
  ItemRecord record;
  record.item = request.id.empty() ? random_id(store) : request.id;
  record.priority = request.priority;
  record.attempts_max = request.attempts_max;
  record.owner = self.keeper_.owner;
  record.at_millis = store.wall_millis();
  Txn txn;
  txn.when(Compare::missing(self.keys_.item(record.item)));
  txn.then(PutOp{self.keys_.item(record.item), std::move(request.body)});
  if (request.delay > milliseconds::zero()) {
    auto granting = grant_delay(store, request.delay, "delay of " + record.item, call);
    Result<LeaseId> lease = co_await std::move(granting);
    if (!lease) co_return fail(Errc::not_sent, "the item was not pushed: " + lease.error().message());
    txn.then(PutOp{self.keys_.held_item(record.item), to_json(record)});
    txn.then(PutOp{self.keys_.delay(record.item), {}, *lease});
  } else {
    txn.then(put_ready(self.keys_, record));
  }
  auto asking = execute(store, Write{std::move(txn), {}}, std::move(call));
  Result<Reply> reply = co_await std::move(asking);
  if (!reply) co_return fail(std::move(reply.error()));
  Pushed pushed{record.item, true};
  if (const auto* done = std::get_if<TxnResult>(&reply->body)) pushed.is_new = done->succeeded;
  if (const auto* earlier = std::get_if<AppliedEarlier>(&reply->body)) pushed.is_new = earlier->succeeded;
  co_return pushed;
}

// --- Taking
// ------------------------------------------------------------------------------------------------------------------------------

Task<Result<TakenItemPtr>> WorkQueue::take_item(WorkQueue self, bool wait, Duration patience, Call call) {
  Store& store = self.hub_->store();
  self.consumer_->sweeper->start();
  // Where many take, what was told a moment ago is gone; a read is cheaper than a write that comes to nothing.
  if (self.consumer_->next.empty() || self.consumer_->spread > 1) {
    auto looking = look(self, call);
    Result<Revision> looked = co_await std::move(looking);
    if (!looked) co_return fail(std::move(looked.error()));
  }
  auto taking = take_now(self, nullptr, call);
  Result<TakenItemPtr> item = co_await std::move(taking);
  if (item && !*item && wait) {
    auto waiting = take_in_line(self, call);
    item = co_await std::move(waiting);
  }
  if (item && *item && patience != Duration::max()) (*item)->hold_until(store.now() + patience);
  co_return item;
}

/// Of what is known to wait; null if nothing is.
Task<Result<TakenItemPtr>> WorkQueue::take_now(WorkQueue self, PlacePtr in_line, Call call) {
  while (!self.consumer_->next.empty()) {
    if (const auto going = may_go_on(self.hub_->store(), call); !going) co_return fail(going.error());
    auto claiming = claim(self, self.pick(), in_line, call);
    Result<TakenItemPtr> claimed = co_await std::move(claiming);
    if (!claimed || *claimed) co_return claimed;
  }
  co_return TakenItemPtr();
}

/// The consumers that find nothing queue up. The first of them alone hears of new items; once it has one, the next is the first.
Task<Result<TakenItemPtr>> WorkQueue::take_in_line(WorkQueue self, Call call) {
  PlaceRequest request;
  request.directory = self.keys_.line();
  request.value = to_json(Record{self.keeper_.owner, "", self.hub_->store().wall_millis(), 1, {}});
  auto entering = enter(self.hub_, self.hub_->keeper(self.keeper_), std::move(request), call);
  Result<Entered> entered = co_await std::move(entering);
  if (!entered) co_return fail(std::move(entered.error()));
  const PlacePtr place = entered->place;
  auto waiting = await_turn(place, self.keys_.line(), 1, call);
  auto turn = co_await std::move(waiting);
  if (!turn) co_return fail(std::move(turn.error()));
  while (true) {
    auto looking = look(self, call);
    Result<Revision> looked = co_await std::move(looking);
    if (!looked) co_return fail(std::move(looked.error()));
    if (self.consumer_->next.empty()) {
      auto listening = await_item(self, place, *looked, call);
      Result<bool> told = co_await std::move(listening);
      if (!told) co_return fail(std::move(told.error()));
    }
    auto taking = take_now(self, place, call);
    Result<TakenItemPtr> item = co_await std::move(taking);
    if (!item) co_return fail(std::move(item.error()));
    if (!*item) continue;
    place->mark_left();
    co_return item;
  }
}

/// Reads who waits first, and gives the revision at which that was so.
Task<Result<Revision>> WorkQueue::look(WorkQueue self, Call call) {
  const std::uint64_t rows = std::max<std::uint64_t>(rows_min, 2 * self.consumer_->spread);
  auto asking = execute(self.hub_->store(), newest(first_ready(self.keys_, rows)), call);
  Result<Reply> reply = co_await std::move(asking);
  if (!reply) co_return fail(std::move(reply.error()));
  auto* range = std::get_if<RangeResult>(&reply->body);
  if (range == nullptr) co_return fail(Errc::internal, "an answer of another kind than was asked for");
  self.consumer_->next = std::move(range->kvs);
  co_return reply->header.revision;
}

/// One of the first few with the priority of the first; it is not picked twice.
KeyValue WorkQueue::pick() const {
  auto& next = consumer_->next;
  const std::string priority = priority_of(keys_, next.front().key);
  std::size_t alike = 1;
  while (alike < next.size() && alike < consumer_->spread && next[alike].key.starts_with(priority)) ++alike;
  const std::size_t picked = alike == 1 ? 0 : static_cast<std::size_t>(hub_->store().random() % alike);
  KeyValue kv = std::move(next[picked]);
  next.erase(next.begin() + static_cast<std::ptrdiff_t>(picked));
  return kv;
}

/// Somebody's scribble among those that wait: out of the way, where it can be looked at.
Task<Result<bool>> WorkQueue::clear(WorkQueue self, KeyValue scribble, Call call) {
  const QueueKeys& keys = self.keys_;
  Txn txn;
  txn.when(Compare::mod_revision_is(scribble.key, scribble.mod_revision)).then(DeleteOp{Keys::one(scribble.key), false});
  txn.then(PutOp{keys.dead(scribble.key.substr(keys.ready().size())), scribble.value});
  auto clearing = execute(self.hub_->store(), Write{std::move(txn), {}}, std::move(call));
  Result<Reply> cleared = co_await std::move(clearing);
  if (!cleared) co_return fail(std::move(cleared.error()));
  co_return true;
}

/// The item goes from those that wait to those that are held, and the claim on it is made. It is refused if somebody was faster, or
/// if something more urgent waits meanwhile. What waits next is read on both ways.
PlaceRequest WorkQueue::claim_of(const KeyValue& ready, const ItemRecord& record, const PlacePtr& in_line) const {
  const std::size_t spread = consumer_->spread;
  const RangeOp listing = first_ready(keys_, std::max<std::uint64_t>(rows_min, 2 * spread));
  PlaceRequest request;
  request.directory = keys_.claims(record.item);
  request.value = to_json(Record{keeper_.owner, "", hub_->store().wall_millis(), 1, {}});
  request.when.push_back(Compare::mod_revision_is(ready.key, ready.mod_revision));
  request.when.push_back(none_before(keys_, spread == 1 ? ready.key : priority_of(keys_, ready.key)));
  request.reads.emplace_back(row_of(keys_.item(record.item)));
  request.reads.emplace_back(DeleteOp{Keys::one(ready.key), false});
  request.reads.emplace_back(PutOp{keys_.held_item(record.item), to_json(record)});
  if (in_line) request.reads.emplace_back(DeleteOp{Keys::one(in_line->key()), false});
  request.reads.emplace_back(listing);
  request.otherwise.emplace_back(listing);
  return request;
}

/// Learns from the outcome of a claim: what waits next, and how many others grasp for the same.
void WorkQueue::learn(Entered& entered, const KeyValue& claimed) const {
  Consumer& consumer = *consumer_;
  auto listed = entered.reads.empty() ? Result<RangeResult>(fail(Errc::outcome_forgotten))
                                      : result_at<RangeResult>(entered.reads, entered.reads.size() - 1);
  consumer.next = listed ? std::move(listed->kvs) : std::vector<KeyValue>();
  if (entered.place) {
    if (consumer.spread > 1) --consumer.spread;
    return;
  }
  const bool still_there = std::any_of(consumer.next.begin(), consumer.next.end(), [&](const KeyValue& kv) {
    return kv.key == claimed.key && kv.mod_revision == claimed.mod_revision;
  });
  if (!still_there) consumer.spread = std::min(consumer.spread * 2, spread_max);
}

/// One write. Null if another was faster.
Task<Result<TakenItemPtr>> WorkQueue::claim(WorkQueue self, KeyValue ready, PlacePtr in_line, Call call) {
  const QueueKeys& keys = self.keys_;
  auto record = item_from_json(ready.value);
  if (!record) {
    auto clearing = clear(self, std::move(ready), call);
    Result<bool> cleared = co_await std::move(clearing);
    if (!cleared) co_return fail(std::move(cleared.error()));
    co_return TakenItemPtr();
  }
  record->place = ready.key.substr(keys.ready().size());
  ++record->attempts;
  record->error.clear();
  PlaceRequest request = self.claim_of(ready, *record, in_line);
  auto entering = enter(self.hub_, self.hub_->keeper(self.keeper_), std::move(request), call);
  Result<Entered> entered = co_await std::move(entering);
  if (!entered) co_return fail(std::move(entered.error()));
  self.learn(*entered, ready);
  if (!entered->place) co_return TakenItemPtr();
  auto body = result_at<RangeResult>(entered->reads, 0);
  if (!body) {  // the answer to an earlier try was not kept
    auto asking = execute(self.hub_->store(), newest(row_of(keys.item(record->item))), call);
    Result<Reply> reply = co_await std::move(asking);
    if (!reply) co_return fail(std::move(reply.error()));
    if (auto* range = std::get_if<RangeResult>(&reply->body)) body = std::move(*range);
  }
  std::string bytes = body && !body->kvs.empty() ? std::move(body->kvs.front().value) : std::string();
  co_return std::make_shared<TakenItem>(keys, std::move(*record), std::move(bytes), entered->place);
}

/// Waits until an item comes after revision `from`.
Task<Result<bool>> WorkQueue::await_item(WorkQueue self, PlacePtr in_line, Revision from, Call call) {
  Store& store = self.hub_->store();
  if (const auto going = may_go_on(store, call); !going) co_return fail(going.error());
  const auto promise = std::make_shared<Promise<Result<bool>>>();
  WatchOptions options;
  options.keys = Keys::prefix(self.keys_.ready());
  options.from = from.next();
  options.no_delete = true;
  const WatchHold watch(store, store.watch(std::move(options), [promise, consumer = self.consumer_](const WatchNotice& notice) {
    if (const auto* events = std::get_if<WatchEvents>(&notice)) {
      for (const Event& event : events->events) consumer->next.push_back(event.kv);
      promise->set(true);
    }
    if (const auto* end = std::get_if<WatchEnded>(&notice)) {
      if (end->reason.code == Errc::compacted)
        promise->set(true);
      else
        promise->set(fail(end->reason));
    }
  }));
  const Subscription on_lost = in_line->lease()->lost().on_raise(
      [promise] { promise->set(fail(lease_lost, "the lease was lost while waiting; nothing is held")); });
  const Subscription on_stop =
      call.stop->on_raise([promise] { promise->set(fail(Errc::cancelled, "stopped while waiting; nothing is held")); });
  const Timer timer(store, call.deadline,
                    [promise] { promise->set(fail(deadline_passed, "the deadline passed while waiting; nothing is held")); });
  if (!in_line->is_kept()) co_return fail(lease_lost, "the lease was lost while waiting; nothing is held");
  Result<bool> told = co_await promise->wait();
  co_return told;
}

// --- Looking
// -----------------------------------------------------------------------------------------------------------------------------

/// One read.
Task<Result<QueueCounts>> WorkQueue::count(HubPtr hub, QueueKeys keys, Call call) {
  Txn txn;
  for (const std::string& prefix : {keys.ready(), keys.held_items(), keys.claims(), keys.delays(), keys.dead()})
    txn.then(count_of(prefix));
  txn.then(first_ready(keys, 1));
  auto asking = execute(hub->store(), Read{std::move(txn), Consistency::linearizable, {}, {}, {}}, std::move(call));
  Result<Reply> reply = co_await std::move(asking);
  if (!reply) co_return fail(std::move(reply.error()));
  auto* done = std::get_if<TxnResult>(&reply->body);
  if (done == nullptr) co_return fail(Errc::internal, "an answer of another kind than was asked for");
  std::vector<std::uint64_t> numbers;
  for (std::size_t at = 0; at < 5; ++at) {
    const auto range = result_at<RangeResult>(done->results, at);
    if (!range) co_return fail(range.error());
    numbers.push_back(range->count);
  }
  QueueCounts counts{numbers[0], numbers[3], numbers[2], 0, numbers[4], {}, reply->header.revision};
  counts.returning = numbers[1] - std::min(numbers[1], counts.taken + counts.delayed);
  const auto first = result_at<RangeResult>(done->results, 5);
  if (first && !first->kvs.empty()) counts.first = item_from_json(first->kvs.front().value);
  co_return counts;
}

}  // namespace conclave::recipes::core
