#include "conclave/locksmith_fleet/registrar.hpp"

#include <utility>

#include "conclave/recipes_core/waiting.hpp"
#include "requests.hpp"

namespace conclave::locksmith::fleet {

using namespace recipes::core;

namespace {

constexpr Duration write_patience = seconds(10);
constexpr Duration pause_after_failure = milliseconds(500);
/// A former boot's lease ends within its time to live; once more of it if the cluster's leader changes meanwhile.
constexpr int leases_of_former_boot = 2;

std::string text_of(const Presence& presence) { return "host '" + presence.host + "' (boot " + presence.boot + ")"; }

}  // namespace

Registrar::Registrar(Group group, KeeperOptions keeper, std::string machine)
    : group_(std::move(group)), keeper_(group_.hub()->keeper(keeper)), ttl_(keeper.ttl), machine_(std::move(machine)) {}

void Registrar::tell(Presence presence) {
  Presence same = presence;
  same.since = presence_.since;
  if (same == presence_) return;
  presence_ = std::move(presence);
  dirty_ = true;
  changed_.tell();
}

bool Registrar::is_own(const Presence& presence) const {
  return presence.boot == presence_.boot && presence.host == presence_.host;
}

Txn Registrar::announcement(LeaseId lease) const {
  Txn txn;
  txn.when(Compare::exists(group_.key("known", machine_)));
  txn.when(written_.is_zero() ? Compare::missing(alive_key()) : Compare::mod_revision_is(alive_key(), written_));
  txn.then(put(alive_key(), to_json(presence_), lease)).then(erase(group_.key("lost", machine_)));
  txn.otherwise(row_of(alive_key()));
  return txn;
}

void Registrar::settle(std::string hindrance) {
  if (hindrance.empty()) other_until_.reset();
  const bool same = is_settled_ && hindrance == hindrance_;
  is_settled_ = true;
  hindrance_ = std::move(hindrance);
  if (!same) settled_.tell();
}

void Registrar::see_other(const Presence& other) {
  const Instant now = group_.store().now();
  const std::string who = text_of(other);
  if (!other_until_ || who != other_) other_until_ = now + ttl_ * leases_of_former_boot;
  other_ = who;
  if (now < *other_until_) return settle(who + " was heard under this machine's id a moment ago");
  settle("the machine id '" + machine_ + "' is used twice: by " + who + " and by this " + text_of(presence_) +
         "; give each machine an /etc/machine-id of its own");
}

Detached Registrar::run(Self self) {
  Store& store = self->group_.store();
  const Call call{Instant::max(), self->stop_};
  while (!self->stop_->raised() && !store.is_closed()) {
    auto granting = self->keeper_->lease(call);
    Result<KeptLeasePtr> lease = co_await std::move(granting);
    if (lease) {
      self->dirty_ = true;
      auto serving = serve(self, *lease);
      (void)co_await std::move(serving);
    }
    auto resting = pause(store, pause_after_failure, call);
    (void)co_await std::move(resting);
  }
}

/// For good, unless it is already.
Task<Result<bool>> Registrar::make_known(Self self) {
  Store& store = self->group_.store();
  Presence known;
  known.host = self->presence_.host;
  const std::string key = self->group_.key("known", self->machine_);
  Txn txn;
  txn.when(Compare::missing(key)).then(put(key, to_json(known)));
  Call call{store.now() + write_patience, self->stop_};
  auto writing = execute(store, write_of(std::move(txn)), call);
  Result<Reply> reply = co_await std::move(writing);
  if (!reply) co_return fail(std::move(reply.error()));
  co_return true;
}

/// One try. Whether the machine is heard now; if not, another is, or the try is to be made again.
Task<Result<bool>> Registrar::announce(Self self, LeaseId lease) {
  Store& store = self->group_.store();
  self->dirty_ = false;
  Call call{store.now() + write_patience, self->stop_};
  auto writing = execute(store, write_of(self->announcement(lease)), call);
  Result<Reply> reply = co_await std::move(writing);
  if (!reply) self->dirty_ = true;
  if (!reply) co_return fail(std::move(reply.error()));
  self->looked_ = reply->header.revision;
  if (succeeded(*reply)) {
    self->written_ = reply->header.revision;
    self->settle({});
    co_return true;
  }
  self->dirty_ = true;
  auto* txn = std::get_if<TxnResult>(&reply->body);
  if (txn == nullptr) co_return false;  // an answer that was forgotten: the next one tells
  auto row = result_at<RangeResult>(txn->results, 0);
  if (!row) co_return fail(std::move(row.error()));
  const bool is_there = !row->kvs.empty();
  const Revision stands = is_there ? row->kvs.front().mod_revision : Revision{};
  const Presence found = is_there ? presence_from_json(row->kvs.front().value) : Presence{};
  if (is_there && !self->is_own(found)) {
    self->see_other(found);
    co_return false;
  }
  if (std::exchange(self->written_, stands) == stands) {  // so it is the other compare that does not hold
    auto knowing = make_known(self);
    Result<bool> known = co_await std::move(knowing);
    if (!known) co_return known;
  }
  co_return true;
}

/// As long as this lease lives.
Task<Result<bool>> Registrar::serve(Self self, KeptLeasePtr lease) {
  Store& store = self->group_.store();
  while (!self->stop_->raised() && lease->is_alive()) {
    if (self->dirty_) {
      auto announcing = announce(self, lease->id());
      Result<bool> announced = co_await std::move(announcing);
      if (!announced && announced.error().code == Errc::lease_not_found) lease->declare_lost();
      if (!announced) co_return announced;
      if (*announced) continue;
    }
    // What another writes there, and its end, is news, also when nothing is to be written at the moment.
    const bool soon = self->other_until_ && store.now() < *self->other_until_;
    Waiting waiting(store, Call{soon ? *self->other_until_ : Instant::max(), self->stop_}, lease);
    WatchOptions other;
    other.keys = Keys::one(self->alive_key());
    other.from = self->looked_.next();
    other.keys_only = true;
    waiting.on_events(std::move(other));
    Subscription on_change;
    if (!self->other_until_) on_change = self->changed_.add([promise = waiting.promise()] { promise->set(true); });
    Result<bool> changed = co_await waiting.wait();
    if (!changed && changed.error().code != deadline_passed) co_return changed;
    self->dirty_ = true;
  }
  co_return true;
}

}  // namespace conclave::locksmith::fleet
