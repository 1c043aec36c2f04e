#include "conclave/recipes_core/registration.hpp"

#include <algorithm>
#include <utility>

#include "conclave/recipes_core/place.hpp"
#include "conclave/recipes_core/wakener.hpp"
#include "mutants.hpp"

namespace conclave::recipes::core {
namespace {

constexpr Duration write_patience = seconds(5);
constexpr Duration pause_after_failure = milliseconds(200);

std::string new_incarnation(Store& store) { return std::to_string(store.random()); }

Duration some_of(Store& store, Duration span) {
  if (span <= Duration::zero()) return Duration::zero();
  return Duration(static_cast<Duration::rep>(store.random() % static_cast<std::uint64_t>(span.count())));
}

}  // namespace

Registration::Registration(HubPtr hub, RegistrationRequest request)
    : hub_(std::move(hub)), request_(std::move(request)), keeper_(hub_->keeper(request_.keeper)) {
  request_.record.incarnation = new_incarnation(hub_->store());
  request_.record.at_millis = hub_->store().wall_millis();
  healthy_ = reported_ = request_.healthy;
}

void Registration::start() {
  if (request_.healthy) report(true);
  run(shared_from_this());
}

ServiceRecord Registration::wanted() const {
  ServiceRecord record = request_.record;
  record.state = draining_ ? ServiceState::draining : healthy_ ? ServiceState::up : ServiceState::unhealthy;
  return record;
}

void Registration::change() {
  dirty_ = true;
  changed_.tell();
}

void Registration::tell(Registered state) {
  if (state_.exchange(state) != state) told_.tell(state);
  changed_.tell();
}

void Registration::report(bool healthy) {
  if (ending_) return;
  health_timer_.reset();
  if (healthy && request_.health_within > Duration::zero()) {
    Store& store = hub_->store();
    health_timer_ = std::make_unique<Timer>(store, store.now() + request_.health_within, [weak = weak_from_this()] {
      if (const auto self = weak.lock(); self && !self->hub_->store().is_closed()) self->report(false);
    });
  }
  const bool same = healthy_ == healthy && (reported_ || !healthy);
  healthy_ = healthy;
  reported_ = reported_ || healthy;
  if (!same) change();
}

void Registration::set_draining(bool draining) {
  if (std::exchange(draining_, draining) != draining) change();
}

void Registration::set_record(ServiceRecord record) {
  record.incarnation = request_.record.incarnation;
  record.at_millis = request_.record.at_millis;
  record.owner = request_.record.owner;
  request_.record = std::move(record);
  change();
}

Detached Registration::run(Self self) {
  Store& store = self->hub_->store();
  const Call call{Instant::max(), self->stop_};
  while (!self->stop_->raised() && !store.is_closed()) {
    auto granting = self->keeper_->lease(call);
    Result<KeptLeasePtr> lease = co_await std::move(granting);
    Duration rest = pause_after_failure;
    if (lease) {
      self->lease_ = *lease;
      auto serving = serve(self, *lease);
      (void)co_await std::move(serving);
      self->lease_.reset();
      if (self->state_ == Registered::replaced || self->stop_->raised()) break;
      self->dirty_ = true;
      self->tell(Registered::waiting);
      if (mutants::stay_away) co_return;
      // Others lost their leases by the same mishap; they should not all come back at once.
      rest = some_of(store, self->request_.jitter);
    } else {
      self->failed_ = lease.error();
      self->changed_.tell();
    }
    auto resting = pause(store, rest, call);
    Result<bool> rested = co_await std::move(resting);
    if (!rested) break;
  }
  if (self->state_ != Registered::replaced) self->tell(Registered::ended);
}

/// Keeps the key as it should be, as long as the lease lives.
Task<Result<bool>> Registration::serve(Self self, KeptLeasePtr lease) {
  Store& store = self->hub_->store();
  WatchHold watch;
  while (lease->is_alive() && !self->stop_->raised() && !store.is_closed()) {
    if (self->dirty_ && self->wants_key()) {
      self->dirty_ = false;
      self->writing_ = true;
      auto writing = write(self, lease);
      Result<bool> written = co_await std::move(writing);
      self->writing_ = false;
      if (self->state_ == Registered::replaced) co_return false;
      if (written) {
        if (!lease->is_alive()) break;
        self->failed_.reset();
        self->used_ = {lease->id()};
        // From the next revision on: who removes the key by hand or takes it over is noticed.
        WatchOptions options;
        options.keys = Keys::one(self->request_.key);
        options.from = self->known_.next();
        watch = WatchHold(
            store, store.watch(std::move(options), [weak = self->weak_from_this(), id = lease->id()](const WatchNotice& notice) {
              if (const auto registration = weak.lock()) registration->heard(notice, id);
            }));
        self->tell(Registered::registered);
        self->changed_.tell();
        continue;
      }
      self->dirty_ = true;
      self->failed_ = written.error();
      if (written.error().code == Errc::lease_not_found) lease->declare_lost();
    }
    Wakener wakener(store, self->dirty_ && self->wants_key()
                               ? store.now() + pause_after_failure + some_of(store, pause_after_failure)
                               : Instant::max());
    const Subscription on_lost = lease->lost().on_raise(wakener.wake());
    const Subscription on_stop = self->stop_->on_raise(wakener.wake());
    const Subscription on_change = self->changed_.add(wakener.wake());
    if (lease->lost().raised()) break;
    co_await wakener.woken();
  }
  co_return true;
}

/// One write, or two if somebody touched the key meanwhile.
Task<Result<bool>> Registration::write(Self self, KeptLeasePtr lease) {
  Store& store = self->hub_->store();
  const std::string& key = self->request_.key;
  if (self->used_.empty() || self->used_.back() != lease->id()) self->used_.push_back(lease->id());
  while (true) {
    Txn txn;
    if (!self->first_) txn.when(self->known_.is_zero() ? Compare::missing(key) : Compare::mod_revision_is(key, self->known_));
    txn.then(PutOp{key, to_json(self->wanted()), lease->id()});
    txn.otherwise(row_of(key));
    Call call{store.now() + write_patience, std::make_shared<Signal>()};
    const Subscription on_stop = self->stop_->on_raise([stop = call.stop] { stop->raise(); });
    const Subscription on_lost = lease->lost().on_raise([stop = call.stop] { stop->raise(); });
    auto asking = execute(store, Write{std::move(txn), {}}, call);
    Result<Reply> reply = co_await std::move(asking);
    if (!reply) co_return fail(std::move(reply.error()));
    auto* done = std::get_if<TxnResult>(&reply->body);
    const auto* earlier = std::get_if<AppliedEarlier>(&reply->body);
    if ((done != nullptr && done->succeeded) || (earlier != nullptr && earlier->succeeded)) {
      self->first_ = false;
      self->known_ = reply->header.revision;
      co_return true;
    }
    const auto row = done != nullptr ? result_at<RangeResult>(done->results, 0) : Result<RangeResult>(fail(Errc::unknown_outcome));
    if (!row) co_return fail(row.error());
    self->known_ = row->kvs.empty() ? Revision() : row->kvs.front().mod_revision;
    if (row->kvs.empty()) continue;
    const auto there = service_from_json(row->kvs.front().value);
    if (there && there->incarnation == self->request_.record.incarnation) continue;
    self->failed_ = Error{Errc::already_exists, "another process registered under this name"};
    self->tell(Registered::replaced);
    co_return fail(*self->failed_);
  }
}

/// What others did to the key: it is written again, and then it turns out whether somebody else has it now.
void Registration::heard(const WatchNotice& notice, LeaseId lease) {
  const auto* events = std::get_if<WatchEvents>(&notice);
  if (events != nullptr && events->revision <= known_) return;
  bool touched = std::holds_alternative<WatchEnded>(notice) && !hub_->store().is_closed();
  if (events != nullptr)
    for (const Event& event : events->events) {
      const auto record = event.kind == EventKind::put ? service_from_json(event.kv.value) : std::nullopt;
      const bool own = record && record->incarnation == request_.record.incarnation && event.kv.lease == lease;
      touched = touched || !own;
    }
  if (touched) change();
}

Task<Result<bool>> Registration::settled(Self self, Call call) {
  Store& store = self->hub_->store();
  while (true) {
    if (self->state_ == Registered::replaced) co_return fail(Errc::already_exists, "another process registered under this name");
    if (self->state_ == Registered::ended) co_return fail(Errc::shutting_down, "it is deregistered");
    if (self->state_ == Registered::registered && !self->dirty_ && !self->writing_ && !self->failed_) co_return true;
    if (const auto going = may_go_on(store, call); !going) {
      if (self->failed_) co_return fail(going.error().code, "not registered: " + self->failed_->message());
      co_return fail(going.error());
    }
    if (store.is_closed()) co_return fail(Errc::shutting_down, "the client is closed");
    Wakener wakener(store, call.deadline);
    const Subscription on_change = self->changed_.add(wakener.wake());
    const Subscription on_stop = call.stop->on_raise(wakener.wake());
    co_await wakener.woken();
  }
}

/// Ending the leases ends a write that is still on its way too.
Task<Result<bool>> Registration::end(Self self, Call call) {
  if (std::exchange(self->ending_, true)) co_return true;
  self->health_timer_.reset();
  const KeptLeasePtr lease = std::exchange(self->lease_, nullptr);
  self->stop_->raise();
  if (lease) self->keeper_->retire(lease);
  const std::vector<LeaseId> leases = self->used_;
  for (const LeaseId used : leases) {
    self->hub_->store().forget_lease(used);
    auto asking = execute(self->hub_->store(), Write{Write::LeaseRevoke{used}, {}}, call);
    Result<Reply> reply = co_await std::move(asking);
    if (!reply && reply.error().code != Errc::lease_not_found && reply.error().code != Errc::outcome_forgotten)
      co_return fail(std::move(reply.error()));  // the last to let go of the lease revokes it
  }
  if (lease) lease->declare_lost();
  co_return true;
}

}  // namespace conclave::recipes::core
