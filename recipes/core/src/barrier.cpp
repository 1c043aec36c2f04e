#include "conclave/recipes_core/barrier.hpp"

#include <charconv>

#include "mutants.hpp"

namespace conclave::recipes::core {
namespace {

Unexpected other_kind() { return fail(Errc::internal, "an answer of another kind than was asked for"); }

PutOp put(std::string key, std::string value) {
  PutOp op;
  op.key = std::move(key);
  op.value = std::move(value);
  return op;
}

WatchOptions changes_of(Keys keys, Revision seen) {
  WatchOptions options;
  options.keys = std::move(keys);
  options.from = seen.next();
  return options;
}

std::optional<std::int64_t> number_in(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Task<Result<bool>> send(Store& store, Request request, Call call) {
  auto asked = execute(store, std::move(request), call);
  Result<Reply> reply = co_await std::move(asked);
  if (!reply && reply.error().code != Errc::outcome_forgotten) co_return fail(std::move(reply.error()));
  co_return true;
}

using Ends = std::function<bool(const Event&)>;

/// Waits for an event that ends the wait. What it saw counts, also if it is over when the program hears of it. False: history was
/// lost, look again.
Task<Result<bool>> await_event(Store& store, WatchOptions options, Ends ends, KeptLeasePtr lease, Call call) {
  if (const auto going = may_go_on(store, call); !going) co_return fail(going.error());
  Waiting waiting(store, call, lease);
  const auto notice = [promise = waiting.promise(), ends = std::move(ends)](const WatchNotice& told) {
    if (const auto* ended = std::get_if<WatchEnded>(&told)) {
      if (ended->reason.code == Errc::compacted) return promise->set(false);
      return promise->set(fail(ended->reason));
    }
    const auto* events = std::get_if<WatchEvents>(&told);
    if (events == nullptr || promise->is_set()) return;
    bool over = false;
    for (const Event& event : events->events) over = ends(event) || over;
    if (over) promise->set(true);
  };
  const WatchHold watch(store, store.watch(std::move(options), notice));
  Result<bool> result = co_await waiting.wait();
  co_return result;
}

}  // namespace

// --- Barrier
// ----------------------------------------------------------------------------------------------------------------------

Task<Result<bool>> Barrier::put_key(Barrier self, Call call) {
  Txn txn;
  txn.when(Compare::missing(self.key_)).then(put(self.key_, "closed"));
  auto sending = send(self.hub_->store(), Request(Write{std::move(txn), {}}), call);
  Result<bool> sent = co_await std::move(sending);
  co_return sent;
}

Task<Result<bool>> Barrier::erase_key(Barrier self, Call call) {
  DeleteOp erase;
  erase.keys = Keys::one(self.key_);
  auto sending = send(self.hub_->store(), Request(Write{std::move(erase), {}}), call);
  Result<bool> sent = co_await std::move(sending);
  co_return sent;
}

Task<Result<bool>> Barrier::await_open(Barrier self, Call call) {
  Store& store = self.hub_->store();
  while (true) {
    auto asked = execute(store, newest(row_of(self.key_)), call);
    Result<Reply> reply = co_await std::move(asked);
    if (const auto going = may_go_on(store, call); !reply && !going) co_return fail(going.error());
    if (!reply) co_return fail(std::move(reply.error()));
    const auto* row = std::get_if<RangeResult>(&reply->body);
    if (row == nullptr) co_return other_kind();
    if (row->kvs.empty()) co_return true;
    WatchOptions options = changes_of(Keys::one(self.key_), reply->header.revision);
    options.no_put = true;
    options.keys_only = true;
    const auto is_open = [](const Event& event) { return event.kind == EventKind::erase; };
    auto waiting = await_event(store, std::move(options), is_open, nullptr, call);
    Result<bool> opened = co_await std::move(waiting);
    if (!opened || *opened) co_return opened;
  }
}

// --- Number
// -----------------------------------------------------------------------------------------------------------------------

Task<Result<Number::Seen>> Number::look(Number self, Call call) {
  auto asked = execute(self.hub_->store(), newest(row_of(self.key_)), call);
  Result<Reply> reply = co_await std::move(asked);
  if (!reply) co_return fail(std::move(reply.error()));
  const auto* row = std::get_if<RangeResult>(&reply->body);
  if (row == nullptr) co_return other_kind();
  Seen seen;
  seen.value = self.initial_;
  seen.revision = reply->header.revision;
  if (row->kvs.empty()) co_return seen;
  const auto value = number_in(row->kvs.front().value);
  if (!value) co_return fail(Errc::malformed, "the value of " + self.key_ + " is no number");
  seen.value = *value;
  seen.mod = row->kvs.front().mod_revision;
  co_return seen;
}

Task<Result<std::int64_t>> Number::read(Number self, Call call) {
  auto looking = look(self, call);
  Result<Seen> seen = co_await std::move(looking);
  if (!seen) co_return fail(std::move(seen.error()));
  co_return seen->value;
}

Task<Result<std::int64_t>> Number::change(Number self, std::int64_t delta, std::int64_t floor, Call call) {
  while (true) {
    auto looking = look(self, call);
    Result<Seen> seen = co_await std::move(looking);
    if (!seen) co_return fail(std::move(seen.error()));
    std::int64_t value = 0;
    if (__builtin_add_overflow(seen->value, delta, &value))
      co_return fail(Errc::invalid_argument, "the sum is no number of 64 bits");
    value = std::max(value, floor);
    Txn txn;
    if (!mutants::add_unseen) txn.when(Compare::mod_revision_is(self.key_, seen->mod));
    txn.then(put(self.key_, std::to_string(value)));
    auto asked = execute(self.hub_->store(), Request(Write{std::move(txn), {}}), call);
    Result<Reply> reply = co_await std::move(asked);
    if (!reply) co_return fail(std::move(reply.error()));
    const auto* done = std::get_if<TxnResult>(&reply->body);
    if (done == nullptr) co_return other_kind();
    if (done->succeeded) co_return value;
  }
}

Task<Result<bool>> Number::write(Number self, std::int64_t value, Call call) {
  auto sending = send(self.hub_->store(), Request(Write{put(self.key_, std::to_string(value)), {}}), call);
  Result<bool> sent = co_await std::move(sending);
  co_return sent;
}

Task<Result<bool>> Number::await(Number self, std::int64_t value, Call call) {
  Store& store = self.hub_->store();
  while (true) {
    auto looking = look(self, call);
    Result<Seen> seen = co_await std::move(looking);
    if (const auto going = may_go_on(store, call); !seen && !going) co_return fail(going.error());
    if (!seen) co_return fail(std::move(seen.error()));
    if (seen->value <= value) co_return true;
    const auto reached = [value, initial = self.initial_](const Event& event) {
      const auto now = event.kind == EventKind::put ? number_in(event.kv.value) : std::optional(initial);
      return now && *now <= value;
    };
    auto waiting = await_event(store, changes_of(Keys::one(self.key_), seen->revision), reached, nullptr, call);
    Result<bool> changed = co_await std::move(waiting);
    if (!changed || *changed) co_return changed;
  }
}

// --- DoubleBarrier
// ----------------------------------------------------------------------------------------------------------------

Task<Result<bool>> DoubleBarrier::await_count(DoubleBarrier self, Present present, bool all, KeptLeasePtr lease, Call call) {
  const auto there = std::make_shared<std::set<std::string>>(std::move(present.keys));
  const auto reached = [there, all, parties = self.parties_] { return all ? there->size() >= parties : there->empty(); };
  if (reached()) co_return true;
  const auto ends = [there, reached, all](const Event& event) {
    if (event.kind == EventKind::put)
      there->insert(event.kv.key);
    else if (!all || !mutants::count_who_left)
      there->erase(event.kv.key);
    return reached();
  };
  WatchOptions options = changes_of(Keys::prefix(self.directory_), present.revision);
  options.keys_only = true;
  auto waiting = await_event(self.hub_->store(), std::move(options), ends, lease, call);
  Result<bool> result = co_await std::move(waiting);
  co_return result;
}

Task<Result<DoubleBarrier::Present>> DoubleBarrier::list(DoubleBarrier self, Call call) {
  auto asked = execute(self.hub_->store(), newest(rows_of(self.directory_)), call);
  Result<Reply> reply = co_await std::move(asked);
  if (!reply) co_return fail(std::move(reply.error()));
  const auto* rows = std::get_if<RangeResult>(&reply->body);
  if (rows == nullptr) co_return other_kind();
  Present present;
  present.revision = reply->header.revision;
  for (const KeyValue& kv : rows->kvs) present.keys.insert(kv.key);
  co_return present;
}

Task<Result<PlacePtr>> DoubleBarrier::come_in(DoubleBarrier self, Call call) {
  PlaceRequest request;
  request.directory = self.directory_;
  Record record;
  record.owner = self.keeper_.owner;
  record.at_millis = self.hub_->store().wall_millis();
  request.value = to_json(record);
  request.reads.emplace_back(rows_of(self.directory_));
  auto entering = core::enter(self.hub_, self.hub_->keeper(self.keeper_), std::move(request), call);
  Result<Entered> entered = co_await std::move(entering);
  if (!entered) co_return fail(std::move(entered.error()));
  const PlacePtr place = entered->place;
  Present present;
  present.revision = entered->revision;
  bool known = false;
  if (const auto rows = result_at<RangeResult>(entered->reads, 0); rows) {
    for (const KeyValue& kv : rows->kvs) present.keys.insert(kv.key);
    present.keys.insert(place->key());
    known = true;
  }
  while (true) {
    if (!known) {
      auto listing = list(self, call);
      Result<Present> listed = co_await std::move(listing);
      if (!listed) co_return fail(std::move(listed.error()));
      present = std::move(*listed);
    }
    auto waiting = await_count(self, present, true, place->lease(), call);
    Result<bool> reached = co_await std::move(waiting);
    if (!reached) co_return fail(std::move(reached.error()));
    if (*reached) co_return place;
    known = false;
  }
}

Task<Result<bool>> DoubleBarrier::go_out(DoubleBarrier self, PlacePtr place, Call call) {
  auto leaving = Place::leave(place, call);
  Result<bool> left = co_await std::move(leaving);
  if (!left) co_return left;
  while (true) {
    auto listing = list(self, call);
    Result<Present> listed = co_await std::move(listing);
    if (!listed) co_return fail(std::move(listed.error()));
    auto waiting = await_count(self, std::move(*listed), false, nullptr, call);
    Result<bool> reached = co_await std::move(waiting);
    if (!reached || *reached) co_return reached;
  }
}

}  // namespace conclave::recipes::core
