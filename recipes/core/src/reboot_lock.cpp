#include "conclave/recipes_core/reboot_lock.hpp"

#include <algorithm>

#include "mutants.hpp"

namespace conclave::recipes::core {
namespace {

constexpr Duration undo_patience = seconds(10);
constexpr Duration undo_pause = milliseconds(500);

DeleteOp erase(std::string key) { return {Keys::one(std::move(key)), false}; }

PutOp put(std::string key, std::string value) {
  PutOp op;
  op.key = std::move(key);
  op.value = std::move(value);
  return op;
}

Request write_of(Txn txn, std::vector<Guard> guards = {}) { return Write{std::move(txn), std::move(guards)}; }

Request read_of(Txn txn) {
  Read read;
  read.query = std::move(txn);
  return read;
}

std::optional<RebootHolding> slot_of(const RebootView& view, const std::string& machine) {
  for (const RebootHolding& holding : view.holders)
    if (holding.record.machine == machine) return holding;
  return std::nullopt;
}

}  // namespace

std::string RebootLock::slot_key(std::uint64_t number) const {
  const std::string digits = std::to_string(number);
  return slots_directory() + std::string(3 - std::min<std::size_t>(3, digits.size()), '0') + digits;
}

std::optional<std::uint64_t> RebootLock::free_slot(const RebootView& view) const {
  if (view.budget.paused || view.holders.size() >= view.budget.slots) return std::nullopt;
  for (std::uint64_t number = 0; number < view.budget.slots; ++number) {
    const std::string key = slot_key(number);
    const auto has = [&](const RebootHolding& holding) { return holding.guard.key == key; };
    if (std::none_of(view.holders.begin(), view.holders.end(), has)) return number;
  }
  return std::nullopt;
}

/// One write makes the place in the queue a slot: nothing may have changed about the budget, the slot is free, and the machine has
/// no other.
Txn RebootLock::conversion(const PlacePtr& place, const RebootView& view, std::uint64_t slot, const std::string& value) const {
  Txn txn;
  Compare at_most;
  at_most.keys = Keys::prefix(slots_directory());
  at_most.target = Compare::Target::create;
  at_most.relation = Compare::Relation::less;
  at_most.number = view.revision.value() + 1;  // no slot was given since: with those that were seen there is room
  txn.when(std::move(at_most));
  if (!mutants::give_slot_unseen) txn.when(Compare::mod_revision_is(budget_, view.budget_mod));
  txn.when(Compare::missing(slot_key(slot)));
  txn.when(Compare::missing(machine_key(machine_.id)));
  txn.then(put(slot_key(slot), value));
  txn.then(put(machine_key(machine_.id), slot_key(slot)));
  txn.then(erase(place->key()));
  return txn;
}

// --- Taking
// -----------------------------------------------------------------------------------------------------------------------

Task<Result<RebootHolding>> RebootLock::take(RebootLock self, std::string reason, std::int64_t deadline_millis, Call call) {
  auto asking = take_again(self, call);
  Result<Again> again = co_await std::move(asking);
  if (!again) co_return fail(std::move(again.error()));
  if (again->holding) co_return *again->holding;  // taken before: by a process that died, or before the reboot
  if (!again->has_budget) {
    auto making = change_budget(self, Change{}, call);
    Result<bool> made = co_await std::move(making);
    if (!made) co_return fail(std::move(made.error()));
  }
  const std::int64_t now = self.hub_->store().wall_millis();
  Record seat;
  seat.owner = self.machine_.host;
  seat.note = reason;
  seat.at_millis = now;
  Queue queue;
  queue.enter = self.queue_directory();
  queue.before = self.queue_directory();
  auto queueing = take_turn(self.hub_, self.keeper_, std::move(queue), std::move(seat), true, call);
  Result<PlacePtr> place = co_await std::move(queueing);
  if (!place) co_return fail(std::move(place.error()));
  RebootRecord record;
  record.machine = self.machine_.id;
  record.boot = self.machine_.boot;
  record.host = self.machine_.host;
  record.reason = std::move(reason);
  record.at_millis = now;
  record.deadline_millis = deadline_millis;
  auto taking = take_slot(self, *place, std::move(record), call);
  Result<RebootHolding> holding = co_await std::move(taking);
  co_return holding;
}

/// Gives the slot that the machine has already, if it has one. The slot's record is written anew: who took it and was not answered
/// would take it away again otherwise, undo().
Task<Result<RebootLock::Again>> RebootLock::take_again(RebootLock self, Call call) {
  while (true) {
    auto undoing = await_undone(self, call);
    Result<bool> undone = co_await std::move(undoing);
    if (!undone) co_return fail(std::move(undone.error()));
    auto looking = look(self, call);
    Result<RebootView> view = co_await std::move(looking);
    if (!view) co_return fail(std::move(view.error()));
    Again again;
    again.has_budget = !view->budget_mod.is_zero();
    again.holding = slot_of(*view, self.machine_.id);
    if (!again.holding) co_return again;
    ++again.holding->record.taken_again;
    const std::string& key = again.holding->guard.key;
    Txn txn;
    txn.when(Compare::create_revision_is(key, again.holding->token())).then(put(key, to_json(again.holding->record)));
    auto writing = execute(self.hub_->store(), write_of(std::move(txn)), call);
    Result<Reply> reply = co_await std::move(writing);
    if (!reply && reply.error().certainty() == Certainty::unknown)
      co_return fail(deadline_passed,
                     "no answer came in time (" + reply.error().message() + "); the machine may have its slot still");
    if (!reply) co_return fail(std::move(reply.error()));
    const auto* done = std::get_if<TxnResult>(&reply->body);
    const auto* earlier = std::get_if<AppliedEarlier>(&reply->body);
    if ((done != nullptr && done->succeeded) || (earlier != nullptr && earlier->succeeded)) co_return again;
  }
}

/// At the head of the queue: waits for a free slot and takes it.
Task<Result<RebootHolding>> RebootLock::take_slot(RebootLock self, PlacePtr place, RebootRecord record, Call call) {
  Store& store = self.hub_->store();
  const std::string value = to_json(record);
  while (true) {
    auto looking = look(self, call);
    Result<RebootView> view = co_await std::move(looking);
    if (const auto going = may_go_on(store, call); !view && !going) co_return fail(going.error());
    if (!view) co_return fail(std::move(view.error()));
    const auto slot = self.free_slot(*view);
    if (!slot) {
      auto waiting = await_room(self, place, view->revision, call);
      Result<bool> changed = co_await std::move(waiting);
      if (!changed) co_return fail(std::move(changed.error()));
      continue;
    }
    Call converting;
    converting.deadline = call.deadline;
    converting.stop = call.stop;
    std::vector<Guard> guards;
    guards.push_back(place->guard());
    auto writing = execute(store, write_of(self.conversion(place, *view, *slot, value), std::move(guards)), converting);
    Result<Reply> reply = co_await std::move(writing);
    if (!reply) {
      if (reply.error().code == Errc::fenced) co_return fail(lease_lost, "the place in the queue was lost; nothing is held");
      if (reply.error().certainty() == Certainty::unknown) {
        undo(self, place, *slot, value);
        if (const auto going = may_go_on(store, call); !going) co_return fail(going.error());
        co_return fail(deadline_passed, "no answer came in time (" + reply.error().message() + "); nothing is held");
      }
      co_return fail(std::move(reply.error()));
    }
    const auto* txn = std::get_if<TxnResult>(&reply->body);
    const auto* earlier = std::get_if<AppliedEarlier>(&reply->body);
    if ((txn != nullptr && txn->succeeded) || (earlier != nullptr && earlier->succeeded)) {
      place->mark_left();
      RebootHolding holding;
      holding.guard.key = self.slot_key(*slot);
      holding.guard.create_revision = reply->header.revision;
      holding.record = std::move(record);
      co_return holding;
    }
    auto asking = take_again(self, call);  // perhaps another process of this machine was faster
    Result<Again> again = co_await std::move(asking);
    if (again && again->holding) co_return *again->holding;
  }
}

Task<Result<bool>> RebootLock::await_room(RebootLock self, PlacePtr place, Revision seen, Call call) {
  Store& store = self.hub_->store();
  if (const auto going = may_go_on(store, call); !going) co_return fail(going.error());
  Waiting waiting(store, call, place->lease());
  WatchOptions slots;
  slots.keys = Keys::prefix(self.slots_directory());
  slots.from = seen.next();
  slots.no_put = true;
  slots.keys_only = true;
  waiting.on_events(std::move(slots));
  WatchOptions budget;
  budget.keys = Keys::one(self.budget_);
  budget.from = seen.next();
  budget.keys_only = true;
  waiting.on_events(std::move(budget));
  Result<bool> changed = co_await waiting.wait();
  co_return changed;
}

/// Nobody knows whether the slot was taken. Its place goes in the same write, so that it cannot be taken afterwards.
Detached RebootLock::undo(RebootLock self, PlacePtr place, std::uint64_t slot, std::string value) {
  Store& store = self.hub_->store();
  const std::string name = self.machine_key(self.machine_.id);
  self.hub_->begin_undo(name);
  while (!store.is_closed()) {
    Txn txn;
    txn.when(Compare::value_is(self.slot_key(slot), value));
    txn.then(erase(self.slot_key(slot))).then(erase(self.machine_key(self.machine_.id))).then(erase(place->key()));
    txn.otherwise(erase(place->key()));
    Call call;
    call.deadline = store.now() + undo_patience;
    auto writing = execute(store, write_of(std::move(txn)), call);
    Result<Reply> reply = co_await std::move(writing);
    if (reply || reply.error().code == Errc::outcome_forgotten) break;
    auto resting = pause(store, undo_pause, Call{});
    (void)co_await std::move(resting);
  }
  self.hub_->end_undo(name);
}

Task<Result<bool>> RebootLock::await_undone(RebootLock self, Call call) {
  while (self.hub_->is_undoing(self.machine_key(self.machine_.id))) {
    Waiting waiting(self.hub_->store(), call);
    const Subscription on_undone = self.hub_->on_undone([promise = waiting.promise()] { promise->set(true); });
    Result<bool> undone = co_await waiting.wait();
    if (!undone) co_return undone;
  }
  co_return true;
}

// --- Looking and giving back
// ------------------------------------------------------------------------------------------------------

Task<Result<RebootView>> RebootLock::look(RebootLock self, Call call) {
  Txn query;
  query.then(row_of(self.budget_)).then(rows_of(self.slots_directory())).then(rows_of(self.queue_directory()));
  auto asked = execute(self.hub_->store(), read_of(std::move(query)), call);
  Result<Reply> reply = co_await std::move(asked);
  if (!reply) co_return fail(std::move(reply.error()));
  auto* txn = std::get_if<TxnResult>(&reply->body);
  if (txn == nullptr) co_return fail(Errc::internal, "an answer of another kind than was asked for");
  const auto budget = result_at<RangeResult>(txn->results, 0);
  const auto slots = result_at<RangeResult>(txn->results, 1);
  const auto queue = result_at<RangeResult>(txn->results, 2);
  if (!budget || !slots || !queue) co_return fail(Errc::internal, "an answer of another kind than was asked for");
  RebootView view;
  view.revision = reply->header.revision;
  view.budget.slots = self.slots_;
  if (!budget->kvs.empty()) {
    const auto record = slots_from_json(budget->kvs.front().value);
    if (!record) co_return fail(Errc::malformed, "the reboot group's own record is none");
    view.budget = *record;
    view.budget_mod = budget->kvs.front().mod_revision;
  }
  for (const KeyValue& kv : slots->kvs) {
    RebootHolding holding;
    holding.guard = Guard{kv.lease, kv.key, kv.create_revision};
    holding.record = reboot_from_json(kv.value).value_or(RebootRecord{});  // an unreadable one holds its slot all the same
    view.holders.push_back(std::move(holding));
  }
  view.waiters = seats_in(*queue);
  view.over_committed = view.holders.size() > view.budget.slots ? view.holders.size() - view.budget.slots : 0;
  co_return view;
}

Task<Result<std::optional<RebootHolding>>> RebootLock::find(RebootLock self, std::string machine, Call call) {
  if (machine == self.machine_.id) {
    auto waiting = await_undone(self, call);
    Result<bool> undone = co_await std::move(waiting);
    if (!undone) co_return fail(std::move(undone.error()));
  }
  auto looking = look(self, call);
  Result<RebootView> view = co_await std::move(looking);
  if (!view) co_return fail(std::move(view.error()));
  co_return slot_of(*view, machine);
}

Task<Result<bool>> RebootLock::give_back(RebootLock self, std::string machine, bool only_after_reboot, Call call) {
  auto finding = find(self, machine, call);
  Result<std::optional<RebootHolding>> found = co_await std::move(finding);
  if (!found) co_return fail(std::move(found.error()));
  if (!*found) co_return true;
  const RebootHolding holding = **found;
  if (only_after_reboot && holding.record.boot == self.machine_.boot)
    co_return fail(Errc::invalid_argument, "the machine has not rebooted since it took the slot; only an eviction takes it away");
  Txn txn;
  txn.when(Compare::create_revision_is(holding.guard.key, holding.token()));
  txn.then(erase(holding.guard.key)).then(erase(self.machine_key(machine)));
  auto writing = execute(self.hub_->store(), write_of(std::move(txn)), call);
  Result<Reply> reply = co_await std::move(writing);
  if (!reply && reply.error().code != Errc::outcome_forgotten) co_return fail(std::move(reply.error()));
  co_return true;
}

/// Makes the record if there is none.
Task<Result<bool>> RebootLock::change_budget(RebootLock self, Change change, Call call) {
  while (true) {
    auto asked = execute(self.hub_->store(), newest(row_of(self.budget_)), call);
    Result<Reply> reply = co_await std::move(asked);
    if (!reply) co_return fail(std::move(reply.error()));
    const auto* row = std::get_if<RangeResult>(&reply->body);
    if (row == nullptr) co_return fail(Errc::internal, "an answer of another kind than was asked for");
    SlotsRecord record;
    record.slots = self.slots_;
    Compare unchanged = Compare::missing(self.budget_);
    if (!row->kvs.empty()) {
      if (!change.slots && !change.paused) co_return true;
      record = slots_from_json(row->kvs.front().value).value_or(record);
      unchanged = Compare::mod_revision_is(self.budget_, row->kvs.front().mod_revision);
    }
    record.slots = change.slots.value_or(record.slots);
    record.paused = change.paused.value_or(record.paused);
    Txn txn;
    txn.when(std::move(unchanged)).then(put(self.budget_, to_json(record)));
    auto writing = execute(self.hub_->store(), write_of(std::move(txn)), call);
    Result<Reply> written = co_await std::move(writing);
    if (!written) co_return fail(std::move(written.error()));
    const auto* done = std::get_if<TxnResult>(&written->body);
    if (done == nullptr || done->succeeded) co_return true;
  }
}

}  // namespace conclave::recipes::core
