#include "conclave/recipes_core/place.hpp"

#include <algorithm>

#include "mutants.hpp"

namespace conclave::recipes::core {
namespace {

/// The keys of a place that weighs more than one, after the first.
std::string further_key(const std::string& key, std::uint64_t number) {
  const std::string digits = std::to_string(number);
  return key + "+" + std::string(3 - std::min<std::size_t>(3, digits.size()), '0') + digits;
}

Txn take_of(const PlaceRequest& request, const std::string& key, LeaseId lease) {
  Txn txn;
  txn.compares = request.when;
  txn.when(made_only_once(key));
  txn.success = request.reads;
  for (std::uint64_t number = 0; number < request.weight; ++number) {
    PutOp put;
    put.key = number == 0 ? key : further_key(key, number);
    put.value = number == 0 ? request.value : std::string();
    put.lease = lease;
    txn.then(std::move(put));
  }
  txn.failure = request.otherwise;
  return txn;
}

ComingTurnPtr coming_turn(const PlaceRequest& request, const std::string& key) {
  if (!request.turn) return nullptr;
  TurnOptions options = *request.turn;
  options.own_key = key;
  return std::make_shared<ComingTurn>(std::move(options));
}

/// What the program is told if taking a place failed: never "unknown", because what may have come of it is being removed.
Error why_not(Error error, const Store& store, const Call& call, const KeptLease& lease) {
  if (const auto going = may_go_on(store, call); !going) return going.error();
  if (!lease.is_alive()) return {lease_lost, "the lease was lost while a place was taken; nothing is held"};
  if (error.certainty() == Certainty::unknown)
    return {deadline_passed, "no answer came in time (" + error.message() + "); nothing is held"};
  return error;
}

Entered entered_of(HubPtr hub, const KeptLeasePtr& lease, std::string key, const PlaceRequest& request, Reply reply) {
  Entered entered;
  entered.revision = reply.header.revision;
  if (const auto* earlier = std::get_if<AppliedEarlier>(&reply.body)) {
    if (earlier->succeeded)
      entered.place = std::make_shared<Place>(std::move(hub), lease, std::move(key), entered.revision, request.value);
    return entered;
  }
  auto& txn = std::get<TxnResult>(reply.body);
  if (txn.succeeded) {
    entered.place = std::make_shared<Place>(std::move(hub), lease, std::move(key), entered.revision, request.value);
    txn.results.erase(txn.results.begin() + static_cast<std::ptrdiff_t>(std::min(request.reads.size(), txn.results.size())),
                      txn.results.end());
  }
  entered.reads = std::move(txn.results);
  return entered;
}

}  // namespace

Place::Place(HubPtr hub, KeptLeasePtr lease, std::string key, Revision create, std::string value)
    : hub_(std::move(hub)), lease_(std::move(lease)), guard_{lease_->id(), std::move(key), create}, value_(std::move(value)) {}

Place::~Place() {
  if (!left_) hub_->remove(guard_.key, lease_);
}

Task<Result<bool>> Place::leave(PlacePtr place, Call call) {
  place->stop_keeping();
  if (std::exchange(place->left_, true)) co_return true;
  if (!place->lease_->is_alive()) co_return true;  // it goes with its lease, when that is due
  Write write{DeleteOp{Keys::prefix(place->key()), false}, {}};
  Task<Result<Reply>> reply_task = execute(place->hub_->store(), std::move(write), call);
  Result<Reply> reply = co_await std::move(reply_task);
  if (reply || reply.error().code == Errc::outcome_forgotten) co_return true;
  place->hub_->remove(place->key(), place->lease_);
  co_return fail(std::move(reply.error()));
}

Task<Result<Entered>> enter(HubPtr hub, std::shared_ptr<Keeper> keeper, PlaceRequest request, Call call) {
  Store& store = hub->store();
  while (true) {
    Task<Result<KeptLeasePtr>> granted_task = keeper->lease(call);
    Result<KeptLeasePtr> granted = co_await std::move(granted_task);
    if (!granted) co_return fail(std::move(granted.error()));
    const KeptLeasePtr lease = *granted;
    const std::string key = request.directory + lease->unique_name();
    Call under_lease{call.deadline, std::make_shared<Signal>()};
    const Subscription on_stop = call.stop->on_raise([stop = under_lease.stop] { stop->raise(); });
    const Subscription on_lost = lease->lost().on_raise([stop = under_lease.stop] { stop->raise(); });
    const ComingTurnPtr turn = coming_turn(request, key);
    Write take{take_of(request, key, lease->id()), {}};
    Task<Result<Reply>> reply_task =
        turn ? execute(store, std::move(take), under_lease, turn) : execute(store, std::move(take), under_lease);
    Result<Reply> reply = co_await std::move(reply_task);
    if (reply) {
      Entered entered = entered_of(hub, lease, key, request, std::move(*reply));
      if (entered.place) entered.turn = turn;
      if (entered.place && !entered.place->is_kept())
        co_return fail(lease_lost, "the lease was lost while a place was taken; nothing is held");
      co_return entered;
    }
    if (reply.error().code == Errc::lease_not_found) {
      lease->declare_lost();
      continue;
    }
    if (reply.error().certainty() == Certainty::unknown) {
      keeper->retire(lease);
      if (!mutants::leave_place_behind) hub->remove(key, lease, true);
      if (request.insists && lease->is_alive() && may_go_on(store, call) && !store.is_closed()) continue;
    }
    co_return fail(why_not(std::move(reply.error()), store, call, *lease));
  }
}

Task<Result<bool>> await_turn(PlacePtr place, std::string prefix, std::uint64_t places, Call call) {
  Store& store = place->hub().store();
  if (const auto going = may_go_on(store, call); !going) co_return fail(going.error());
  Waiting waiting(store, call, place->lease());
  waiting.on_turn({std::move(prefix), place->key(), places});
  Result<bool> turn = co_await waiting.wait();
  if (turn && !place->is_kept()) co_return fail(lease_lost, "the lease was lost while waiting; nothing is held");
  co_return turn;
}

Task<Result<bool>> await_turn(PlacePtr place, ComingTurnPtr turn, Call call) {
  Store& store = place->hub().store();
  if (const auto going = may_go_on(store, call); !going) co_return fail(going.error());
  Waiting waiting(store, call, place->lease(), std::move(turn));
  Result<bool> come = co_await waiting.wait();
  if (come && !place->is_kept()) co_return fail(lease_lost, "the lease was lost while waiting; nothing is held");
  co_return come;
}

RangeOp count_of(std::string prefix) {
  RangeOp op;
  op.keys = Keys::prefix(std::move(prefix));
  op.count_only = true;
  return op;
}
RangeOp rows_of(std::string prefix) {
  RangeOp op;
  op.keys = Keys::prefix(std::move(prefix));
  op.sort_target = SortTarget::create;
  return op;
}
RangeOp row_of(std::string key) {
  RangeOp op;
  op.keys = Keys::one(std::move(key));
  return op;
}
Compare no_key_under(std::string prefix) {
  return {Keys::prefix(std::move(prefix)), Compare::Target::existence, Compare::Relation::equal, 0, {}};
}
Request newest(RangeOp op) { return Read{std::move(op), Consistency::linearizable, {}, {}, {}}; }

}  // namespace conclave::recipes::core
