#include <algorithm>

#include "conclave/locksmith_fleet/group.hpp"
#include "conclave/recipes_core/names.hpp"
#include "conclave/recipes_core/waiting.hpp"
#include "requests.hpp"

namespace conclave::locksmith::fleet {

using namespace recipes::core;

namespace {

constexpr Duration undo_patience = seconds(10);
constexpr Duration undo_pause = milliseconds(500);
/// A lease for the spacing that was granted longer ago is granted anew: the spacing counts from the slot.
constexpr Duration terms_keep = seconds(1);

SlotView slot_view(std::string key, std::uint64_t number, Revision token, Claim claim) {
  return {std::move(key), number, token, std::move(claim), false};
}

}  // namespace

/// Leases that nobody renews: what hangs on them ends by the cluster's clock.
struct Group::Terms {
  LeaseId rest;
  LeaseId due;
  Instant granted;
  /// Nothing hangs on them.
  void drop(Store& store) const {
    for (const LeaseId lease : {rest, due})
      if (!lease.is_zero())
        store.submit(Write{Write::LeaseRevoke{lease}, {}}, store.now() + undo_patience, [](const Result<Reply>&) {});
  }
};

Group::Group(HubPtr hub, KeeperOptions keeper, std::string name)
    : hub_(std::move(hub)), keeper_(std::move(keeper)), name_(std::move(name)), budget_(key_of(kind::reboot, name_)) {}

std::string Group::slot_key(std::uint64_t number) const {
  const std::string digits = std::to_string(number);
  return directory("slot") + std::string(3 - std::min<std::size_t>(3, digits.size()), '0') + digits;
}

Op Group::entry_op(Entry entry) const {
  entry.at = store().wall_millis();
  PutOp op = put(directory("history"), to_json(entry));
  op.sequence = true;
  return op;
}

Txn Group::conversion(const PlacePtr& place, const GroupView& view, std::uint64_t number, const std::string& value,
                      const Claim& claim, const Terms& terms) const {
  Txn txn;
  txn.when(none_since(directory("slot"), Compare::Target::create, view.revision));
  txn.when(Compare::mod_revision_is(budget_, view.policy_revision));
  txn.when(Compare::missing(slot_key(number))).when(Compare::missing(key("machine", claim.machine)));
  txn.when(Compare::missing(rest_key()));
  // A percentage of other machines than were seen is another number. A machine that is forgotten changes the policy's revision.
  if (view.policy.slots.kind == Amount::Kind::percent)
    txn.when(none_since(directory("known"), Compare::Target::create, view.revision));
  txn.then(put(slot_key(number), value)).then(put(key("machine", claim.machine), slot_key(number))).then(erase(place->key()));
  txn.then(erase(key("lost", claim.machine)));  // it was heard of
  if (!terms.rest.is_zero()) txn.then(put(rest_key(), claim.machine, terms.rest));
  if (!terms.due.is_zero()) txn.then(put(key("due", claim.machine), slot_key(number), terms.due));
  txn.then(entry_op({0, Deed::took, claim.machine, claim.host, claim.reason, claim.by}));
  return txn;
}

Task<Result<Taken>> Group::take_slot(Group self, Claim claim, bool wait, std::function<void(const std::string&)> on_wait,
                                     Call call) {
  auto settling = await_undone(self, claim.machine, call);
  Result<bool> settled = co_await std::move(settling);
  if (!settled) co_return fail(std::move(settled.error()));
  auto looking = self.look(call);
  Result<GroupView> view = co_await std::move(looking);
  if (!view) co_return fail(std::move(view.error()));
  if (const SlotView* const mine = slot_of(*view, claim.machine)) {
    auto keeping = keep(self, *mine, call);
    Result<Taken> kept = co_await std::move(keeping);
    if (!kept || kept->slot) co_return kept;
    auto once_more = self.look(call);  // it was given back meanwhile
    view = co_await std::move(once_more);
    if (!view) co_return fail(std::move(view.error()));
  }
  if (view->broken) co_return fail(Errc::invalid_argument, "the group's record cannot be read: " + *view->broken);
  const Verdict first = judge(*view, "", self.store().wall_millis());
  if (!wait && !first.slot) co_return Taken{std::nullopt, false, first.why_not};
  if (view->policy_revision.is_zero()) {
    auto making = self.change([](Policy policy) { return Result<Policy>(std::move(policy)); }, Entry{}, call);
    Result<Policy> made = co_await std::move(making);
    if (!made) co_return fail(std::move(made.error()));
  }
  claim.at = self.store().wall_millis();
  PlaceRequest request;
  request.directory = self.directory("queue");
  request.value = to_json(claim);
  auto entering = enter(self.hub_, self.hub_->keeper(self.keeper_), std::move(request), call);
  Result<Entered> entered = co_await std::move(entering);
  if (!entered) co_return fail(std::move(entered.error()));
  if (!wait) {
    auto trying = self.look(call);
    view = co_await std::move(trying);
    if (!view) co_return fail(std::move(view.error()));
    const Verdict verdict = judge(*view, entered->place->key(), self.store().wall_millis());
    if (!verdict.slot) co_return Taken{std::nullopt, false, verdict.why_not};
    auto converting = convert(self, entered->place, *view, *verdict.slot, claim, call);
    Result<Taken> taken = co_await std::move(converting);
    if (taken && !taken->slot) taken->why_not = "somebody else was faster";
    co_return taken;
  }
  auto waiting = wait_for_slot(self, entered->place, std::move(claim), std::move(on_wait), call);
  Result<Taken> taken = co_await std::move(waiting);
  co_return taken;
}

/// The machine has it already. The one that took it may not know so, and be about to give it back: after this write it does not.
Task<Result<Taken>> Group::keep(Group self, SlotView slot, Call call) {
  ++slot.claim.taken_again;
  Txn txn;
  txn.when(Compare::create_revision_is(slot.key, slot.token)).then(put(slot.key, to_json(slot.claim)));
  auto writing = execute(self.store(), write_of(std::move(txn)), call);
  Result<Reply> reply = co_await std::move(writing);
  if (!reply) co_return fail(std::move(reply.error()));
  if (!succeeded(*reply)) co_return Taken{};
  co_return Taken{std::move(slot), true, {}};
}

/// In the queue: takes a slot as soon as it may.
Task<Result<Taken>> Group::wait_for_slot(Group self, PlacePtr place, Claim claim, std::function<void(const std::string&)> on_wait,
                                         Call call) {
  std::string why_not = "the queue was not looked at";
  while (true) {
    auto looking = self.look(call);
    Result<GroupView> view = co_await std::move(looking);
    if (!view && view.error().code == deadline_passed) co_return Taken{std::nullopt, false, why_not};
    if (!view) co_return fail(std::move(view.error()));
    if (!place->is_kept()) co_return fail(lease_lost, "the place in the queue was lost; nothing is held");
    if (const SlotView* const mine = slot_of(*view, claim.machine)) {  // another process of this machine was faster
      auto keeping = keep(self, *mine, call);
      Result<Taken> kept = co_await std::move(keeping);
      if (!kept || kept->slot) co_return kept;
      continue;
    }
    const Verdict verdict = judge(*view, place->key(), self.store().wall_millis());
    if (verdict.slot) {
      auto converting = convert(self, place, *view, *verdict.slot, claim, call);
      Result<Taken> taken = co_await std::move(converting);
      if (!taken || taken->slot) co_return taken;
      continue;
    }
    why_not = verdict.why_not;
    if (on_wait) on_wait(why_not);
    if (const SlotView* const due = due_for_auto_release(*view)) {
      ReleaseRequest request{due->claim.machine, {}, Deed::auto_released, claim.machine, "not heard of since it took its slot",
                             due->token};
      auto releasing = self.release(std::move(request), call);
      (void)co_await std::move(releasing);
      continue;
    }
    auto waiting = await_change(self, place, *view, call);
    Result<bool> changed = co_await std::move(waiting);
    if (!changed && changed.error().code == deadline_passed) co_return Taken{std::nullopt, false, why_not};
    if (!changed) co_return fail(std::move(changed.error()));
  }
}

/// One try to make the place a slot. No slot and no error: something changed meanwhile.
Task<Result<Taken>> Group::convert(Group self, PlacePtr place, GroupView view, std::uint64_t number, Claim claim, Call call) {
  Store& store = self.store();
  const auto terms = std::make_shared<Terms>();
  auto arranging = arrange(self, view.policy, terms, call);
  Result<bool> arranged = co_await std::move(arranging);
  if (!arranged) co_return fail(std::move(arranged.error()));
  if (store.now() - terms->granted > terms_keep) {  // too slow: once more
    terms->drop(store);
    co_return Taken{};
  }
  claim.at = store.wall_millis();
  claim.deadline = view.policy.deadline.count() == 0 ? 0 : claim.at + view.policy.deadline.count();
  claim.auto_release = !terms->due.is_zero();
  const std::string value = to_json(claim);
  std::vector<Guard> guards;
  guards.push_back(place->guard());
  auto writing = execute(store, write_of(self.conversion(place, view, number, value, claim, *terms), std::move(guards)), call);
  Result<Reply> reply = co_await std::move(writing);
  if (!reply) {
    if (reply.error().code == Errc::fenced) co_return fail(lease_lost, "the place in the queue was lost; nothing is held");
    if (reply.error().certainty() == Certainty::definite) co_return fail(std::move(reply.error()));
    undo(self, place, number, value, claim);
    if (const auto going = may_go_on(store, call); !going) co_return fail(going.error());
    co_return fail(deadline_passed, "no answer came in time (" + reply.error().message() + "); nothing is held");
  }
  if (!succeeded(*reply)) {
    terms->drop(store);
    co_return Taken{};
  }
  place->mark_left();
  if (!terms->rest.is_zero())
    store.submit(Write{Write::LeaseRenew{{terms->rest}}, {}}, store.now() + undo_patience, [](const Result<Reply>&) {});
  co_return Taken{slot_view(self.slot_key(number), number, reply->header.revision, std::move(claim)), false, {}};
}

Task<Result<bool>> Group::arrange(Group self, Policy policy, std::shared_ptr<Terms> terms, Call call) {
  Store& store = self.store();
  terms->granted = store.now();
  if (policy.auto_release) {
    Write::LeaseGrant grant{LeaseId{}, policy.auto_release->after, self.keeper_.owner, "locksmith: a slot's time"};
    auto granting = execute(store, Write{std::move(grant), {}}, call);
    Result<Reply> granted = co_await std::move(granting);
    if (!granted) co_return fail(std::move(granted.error()));
    if (const auto* lease = std::get_if<LeaseGranted>(&granted->body)) terms->due = lease->id;
  }
  if (policy.spacing.count() > 0) {
    terms->granted = store.now();
    Write::LeaseGrant grant{LeaseId{}, policy.spacing, self.keeper_.owner, "locksmith: spacing"};
    auto granting = execute(store, Write{std::move(grant), {}}, call);
    Result<Reply> granted = co_await std::move(granting);
    if (!granted) co_return fail(std::move(granted.error()));
    if (const auto* lease = std::get_if<LeaseGranted>(&granted->body)) terms->rest = lease->id;
  }
  co_return true;
}

/// Waits for anything that may change the verdict. Who is far behind is woken only when it comes near the front.
Task<Result<bool>> Group::await_change(Group self, PlacePtr place, GroupView view, Call call) {
  Store& store = self.store();
  if (const auto going = may_go_on(store, call); !going) co_return fail(going.error());
  Waiting waiting(store, call, place->lease());
  const auto listen = [&](Keys keys, bool only_deletes) {
    WatchOptions options;
    options.keys = std::move(keys);
    options.from = view.revision.next();
    options.no_put = only_deletes;
    options.keys_only = true;
    waiting.on_events(std::move(options));
  };
  listen(Keys::one(self.budget_), false);
  if (view.policy.slots.kind == Amount::Kind::percent) listen(Keys::prefix(self.directory("known")), false);
  const auto order = queue_order(view);
  const auto me = std::find_if(order.begin(), order.end(), [&](const WaiterView& waiter) { return waiter.key == place->key(); });
  const auto near = static_cast<std::ptrdiff_t>(std::max<std::uint64_t>(1, effective_slots(view)));
  if (view.policy.order == Order::arrival && me - order.begin() >= near) {
    waiting.on_turn({self.directory("queue"), place->key(), static_cast<std::uint64_t>(near)});
  } else {
    listen(Keys::prefix(self.directory("queue")), view.policy.order == Order::arrival);
    listen(Keys::prefix(self.directory("slot")), true);
    listen(Keys::one(self.rest_key()), true);
    if (view.policy.unhealthy_max || view.policy.auto_release) listen(Keys::prefix(self.directory("alive")), false);
    if (view.policy.auto_release) listen(Keys::prefix(self.directory("due")), true);
    if (view.policy.auto_release) listen(Keys::prefix(self.directory("lost")), true);
  }
  Result<bool> changed = co_await waiting.wait();
  co_return changed;
}

/// Nobody knows whether the slot was taken. Its place goes in the same write, so that it cannot be taken afterwards.
Detached Group::undo(Group self, PlacePtr place, std::uint64_t number, std::string value, Claim claim) {
  Store& store = self.store();
  const std::string name = self.key("machine", claim.machine);
  self.hub_->begin_undo(name);
  while (!store.is_closed()) {
    Txn txn;
    txn.when(Compare::value_is(self.slot_key(number), value));
    txn.then(erase(self.slot_key(number))).then(erase(name)).then(erase(self.key("due", claim.machine))).then(erase(place->key()));
    txn.then(self.entry_op({0, Deed::returned, claim.machine, claim.host, "the answer was lost", claim.by}));
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

Task<Result<bool>> Group::await_undone(Group self, std::string machine, Call call) {
  while (self.hub_->is_undoing(self.key("machine", machine))) {
    Waiting waiting(self.store(), call);
    const Subscription on_undone = self.hub_->on_undone([promise = waiting.promise()] { promise->set(true); });
    Result<bool> undone = co_await waiting.wait();
    if (!undone) co_return undone;
  }
  co_return true;
}

}  // namespace conclave::locksmith::fleet
