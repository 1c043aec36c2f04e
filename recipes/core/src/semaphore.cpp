#include "conclave/recipes_core/semaphore.hpp"

#include <algorithm>

#include "mutants.hpp"

namespace conclave::recipes::core {
namespace {

constexpr std::size_t compares_max = 100;
constexpr Duration resize_pause_max = milliseconds(20);

bool fits(std::uint64_t ahead, std::uint64_t weight, std::uint64_t slots) { return ahead + weight <= slots; }

/// Who was let in: there is room, or it was when the slots became fewer.
bool lets_in(std::uint64_t ahead, std::uint64_t weight, Revision token, const SlotsRecord& record) {
  return fits(ahead, weight, record.slots) || token <= record.admitted;
}

/// Conditions under which `seats` still is the whole queue; of a very long one only that nobody came.
void same_queue(Txn& txn, const std::string& directory, const std::vector<Seat>& seats, Revision seen) {
  Compare nobody_came;
  nobody_came.keys = Keys::prefix(directory);
  nobody_came.target = Compare::Target::create;
  nobody_came.relation = Compare::Relation::less;
  nobody_came.number = seen.value() + 1;
  txn.when(std::move(nobody_came));
  for (std::size_t i = 0; i < std::min(seats.size(), compares_max); ++i)
    txn.when(Compare::create_revision_is(seats[i].key, seats[i].token));
}

/// Splits the queue, which holds from its oldest place on, at the first that neither fits nor was let in before the slots became
/// fewer.
SemaphoreView view_of(const std::vector<Seat>& seats, const SlotsRecord& record) {
  SemaphoreView view;
  view.slots = record.slots;
  for (const Seat& seat : seats) {
    const bool holds = view.waiters.empty() && lets_in(view.held, seat.record.weight, seat.token, record);
    (holds ? view.holders : view.waiters).push_back(seat);
    if (holds) view.held += seat.record.weight;
  }
  view.over_committed = view.held > view.slots ? view.held - view.slots : 0;
  return view;
}

}  // namespace

// --- How it stands
// ----------------------------------------------------------------------------------------------------------------

Txn Semaphore::standing_query(const PlacePtr& place) const {
  RangeOp ahead = count_of(directory());
  if (place) ahead.max_create = place->token().prev();
  Txn txn;
  txn.then(row_of(record_)).then(std::move(ahead));
  return txn;
}

Result<Semaphore::Standing> Semaphore::standing_in(std::vector<OpResult>& results, Revision revision) {
  const auto record = result_at<RangeResult>(results, 0);
  const auto ahead = result_at<RangeResult>(results, 1);
  if (!record) return fail(record.error());
  if (!ahead) return fail(ahead.error());
  Standing standing;
  standing.ahead = ahead->count;
  standing.revision = revision;
  if (record->kvs.empty()) return standing;
  standing.record = slots_from_json(record->kvs.front().value);
  standing.record_mod = record->kvs.front().mod_revision;
  if (!standing.record) return fail(Errc::malformed, "the semaphore's own record is none");
  return standing;
}

Task<Result<Semaphore::Standing>> Semaphore::standing(Semaphore self, PlacePtr place, Call call) {
  Read read;
  read.query = self.standing_query(place);
  auto asked = execute(self.hub_->store(), Request(std::move(read)), call);
  Result<Reply> reply = co_await std::move(asked);
  if (!reply) co_return fail(std::move(reply.error()));
  auto* txn = std::get_if<TxnResult>(&reply->body);
  if (txn == nullptr) co_return fail(Errc::internal, "an answer of another kind than was asked for");
  co_return standing_in(txn->results, reply->header.revision);
}

Task<Result<bool>> Semaphore::make_record(Semaphore self, Call call) {
  PutOp put;
  put.key = self.record_;
  SlotsRecord record;
  record.slots = self.slots_;
  put.value = to_json(record);
  Txn txn;
  txn.when(Compare::missing(self.record_)).then(std::move(put));
  Write write;
  write.body = std::move(txn);
  auto asked = execute(self.hub_->store(), Request(std::move(write)), call);
  Result<Reply> reply = co_await std::move(asked);
  if (!reply && reply.error().code != Errc::outcome_forgotten) co_return fail(std::move(reply.error()));
  co_return true;
}

// --- Taking
// -----------------------------------------------------------------------------------------------------------------------

Task<Result<Semaphore::Held>> Semaphore::take(Semaphore self, std::uint64_t weight, Call call) {
  if (weight == 0 || weight > weight_max) co_return fail(Errc::invalid_argument, "a weight is from 1 to 100");
  while (true) {
    PlaceRequest request;
    request.directory = self.directory();
    request.value = to_json(Record{self.keeper_.owner, self.note_, self.hub_->store().wall_millis(), weight, {}});
    request.weight = weight;
    request.when.push_back(Compare::exists(self.record_));
    request.reads = self.standing_query(nullptr).success;
    auto entering = enter(self.hub_, self.hub_->keeper(self.keeper_), std::move(request), call);
    Result<Entered> entered = co_await std::move(entering);
    if (!entered) co_return fail(std::move(entered.error()));
    if (!entered->place) {
      auto making = make_record(self, call);
      Result<bool> made = co_await std::move(making);
      if (!made) co_return fail(std::move(made.error()));
      continue;
    }
    std::optional<Standing> seen;
    if (auto read = standing_in(entered->reads, entered->revision)) seen = *read;
    if (seen && seen->record && fits(seen->ahead, weight, seen->record->slots)) {
      Held held;
      held.place = entered->place;
      held.slots = seen->record->slots;
      co_return held;
    }
    auto waiting = wait_for_room(self, entered->place, weight, seen, call);
    Result<Held> held = co_await std::move(waiting);
    co_return held;
  }
}

/// Looks again whenever it may be its turn: the slots may have become fewer since.
Task<Result<Semaphore::Held>> Semaphore::wait_for_room(Semaphore self, PlacePtr place, std::uint64_t weight,
                                                       std::optional<Standing> seen, Call call) {
  while (true) {
    if (seen) {
      auto waiting = await_change(self, place, weight, *seen, call);
      Result<bool> changed = co_await std::move(waiting);
      if (!changed) co_return fail(std::move(changed.error()));
    }
    auto reading = standing(self, place, call);
    Result<Standing> now = co_await std::move(reading);
    if (const auto going = may_go_on(self.hub_->store(), call); !now && !going) co_return fail(going.error());
    if (!now) co_return fail(std::move(now.error()));
    if (!place->is_kept()) co_return fail(lease_lost, "the lease was lost while waiting; nothing is held");
    if (mutants::ignore_fewer_slots && seen && seen->record) now->record = seen->record;
    seen = *now;
    if (!seen->record || !lets_in(seen->ahead, weight, place->token(), *seen->record)) continue;
    Held held;
    held.place = place;
    held.slots = seen->record->slots;
    held.before_shrinking = place->token() <= seen->record->admitted;
    co_return held;
  }
}

/// Waits until there is room as far as `seen` tells, or the record changes.
Task<Result<bool>> Semaphore::await_change(Semaphore self, PlacePtr place, std::uint64_t weight, Standing seen, Call call) {
  Store& store = self.hub_->store();
  if (const auto going = may_go_on(store, call); !going) co_return fail(going.error());
  Waiting waiting(store, call, place->lease());
  WatchOptions options;
  options.keys = Keys::one(self.record_);
  options.from = seen.revision.next();
  options.keys_only = true;
  waiting.on_events(std::move(options));
  if (seen.record && seen.record->slots >= weight)
    waiting.on_turn({self.directory(), place->key(), seen.record->slots - weight + 1});
  Result<bool> changed = co_await waiting.wait();
  co_return changed;
}

Task<Result<Semaphore::Held>> Semaphore::take_if_room(Semaphore self, std::uint64_t weight, Call call) {
  if (weight == 0 || weight > weight_max) co_return fail(Errc::invalid_argument, "a weight is from 1 to 100");
  auto reading = standing(self, nullptr, call);
  Result<Standing> now = co_await std::move(reading);
  if (!now) co_return fail(std::move(now.error()));
  if (!fits(now->ahead, weight, now->record ? now->record->slots : self.slots_)) co_return Held{};
  // Somebody may come between: then the place is given back instead of waited in.
  Call no_wait;
  no_wait.deadline = call.deadline;
  no_wait.stop = call.stop;
  PlaceRequest request;
  request.directory = self.directory();
  request.value = to_json(Record{self.keeper_.owner, self.note_, self.hub_->store().wall_millis(), weight, {}});
  request.weight = weight;
  request.when.push_back(now->record ? Compare::mod_revision_is(self.record_, now->record_mod) : Compare::missing(self.record_));
  request.reads = self.standing_query(nullptr).success;
  if (!now->record) {
    auto making = make_record(self, call);
    Result<bool> made = co_await std::move(making);
    if (!made) co_return fail(std::move(made.error()));
    request.when.front() = Compare::exists(self.record_);
  }
  auto entering = enter(self.hub_, self.hub_->keeper(self.keeper_), std::move(request), no_wait);
  Result<Entered> entered = co_await std::move(entering);
  if (!entered) co_return fail(std::move(entered.error()));
  if (!entered->place) co_return Held{};
  const auto seen = standing_in(entered->reads, entered->revision);
  if (!seen || !seen->record || !fits(seen->ahead, weight, seen->record->slots)) co_return Held{};  // the place goes with `entered`
  Held held;
  held.place = entered->place;
  held.slots = seen->record->slots;
  co_return held;
}

// --- The record
// -------------------------------------------------------------------------------------------------------------------

/// The record and the whole line.
Task<Result<Semaphore::Whole>> Semaphore::whole(Semaphore self, Call call) {
  Read read;
  read.query = Txn().then(row_of(self.record_)).then(rows_of(self.directory()));
  auto asked = execute(self.hub_->store(), Request(std::move(read)), call);
  Result<Reply> reply = co_await std::move(asked);
  if (!reply) co_return fail(std::move(reply.error()));
  auto* answer = std::get_if<TxnResult>(&reply->body);
  if (answer == nullptr) co_return fail(Errc::internal, "an answer of another kind than was asked for");
  const auto row = result_at<RangeResult>(answer->results, 0);
  const auto seats = result_at<RangeResult>(answer->results, 1);
  if (!row || !seats) co_return fail(Errc::internal, "an answer of another kind than was asked for");
  Whole whole;
  whole.seats = seats_in(*seats);
  whole.revision = reply->header.revision;
  if (row->kvs.empty()) co_return whole;
  whole.record = slots_from_json(row->kvs.front().value);
  whole.record_mod = row->kvs.front().mod_revision;
  co_return whole;
}

Task<Result<bool>> Semaphore::change_slots(Semaphore self, std::uint64_t slots, Call call) {
  while (true) {
    auto looking = whole(self, call);
    Result<Whole> seen = co_await std::move(looking);
    if (!seen) co_return fail(std::move(seen.error()));
    SlotsRecord record = seen->record.value_or(SlotsRecord{});
    if (!seen->record_mod.is_zero()) {
      const SemaphoreView before = view_of(seen->seats, record);
      if (!before.holders.empty()) record.admitted = before.holders.back().token;
    }
    record.slots = slots;
    Txn txn;
    txn.when(Compare::mod_revision_is(self.record_, seen->record_mod));  // zero: there is none
    same_queue(txn, self.directory(), seen->seats, seen->revision);
    PutOp put;
    put.key = self.record_;
    put.value = to_json(record);
    txn.then(std::move(put));
    Write write;
    write.body = std::move(txn);
    auto writing = execute(self.hub_->store(), Request(std::move(write)), call);
    Result<Reply> written = co_await std::move(writing);
    if (!written) co_return fail(std::move(written.error()));
    const auto* done = std::get_if<TxnResult>(&written->body);
    if (done == nullptr || done->succeeded) co_return true;
    const Duration rest = resize_pause_max * static_cast<std::int64_t>(self.hub_->store().random() % 1000) / 1000;
    auto resting = pause(self.hub_->store(), rest, call);  // somebody came or went: they do not all the time
    Result<bool> rested = co_await std::move(resting);
    if (!rested) co_return rested;
  }
}

Task<Result<SemaphoreView>> Semaphore::look(Semaphore self, Call call) {
  auto looking = whole(self, call);
  Result<Whole> seen = co_await std::move(looking);
  if (!seen) co_return fail(std::move(seen.error()));
  SlotsRecord none;
  none.slots = self.slots_;
  co_return view_of(seen->seats, seen->record.value_or(none));
}

}  // namespace conclave::recipes::core
