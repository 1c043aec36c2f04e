#include "conclave/locksmith_fleet/registrar.hpp"

#include "conclave/recipes_core/waiting.hpp"
#include "requests.hpp"

namespace conclave::locksmith::fleet {

using namespace recipes::core;

namespace {
constexpr Duration write_patience = seconds(10);
constexpr Duration pause_after_failure = milliseconds(500);
}  // namespace

Registrar::Registrar(Group group, KeeperOptions keeper, std::string machine)
    : group_(std::move(group)), keeper_(group_.hub()->keeper(keeper)), machine_(std::move(machine)) {}

void Registrar::tell(Presence presence) {
  Presence same = presence;
  same.since = presence_.since;
  if (same == presence_) return;
  presence_ = std::move(presence);
  dirty_ = true;
  changed_.tell();
}

Txn Registrar::registration(LeaseId lease) const {
  Presence known;
  known.host = presence_.host;
  Txn txn;
  txn.when(Compare::missing(group_.key("known", machine_)));
  txn.then(put(group_.key("known", machine_), to_json(known)));
  for (auto* const branch : {&txn.success, &txn.failure}) {
    branch->emplace_back(put(group_.key("alive", machine_), to_json(presence_), lease));
    branch->emplace_back(erase(group_.key("lost", machine_)));
  }
  return txn;
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

/// As long as this lease lives.
Task<Result<bool>> Registrar::serve(Self self, KeptLeasePtr lease) {
  Store& store = self->group_.store();
  while (!self->stop_->raised() && lease->is_alive()) {
    Call call{self->dirty_ ? store.now() + write_patience : Instant::max(), self->stop_};
    if (self->dirty_) {
      self->dirty_ = false;
      auto writing = execute(store, write_of(self->registration(lease->id())), call);
      Result<Reply> reply = co_await std::move(writing);
      if (reply) continue;
      self->dirty_ = true;
      if (reply.error().code == Errc::lease_not_found) lease->declare_lost();
      co_return fail(std::move(reply.error()));
    }
    Waiting waiting(store, call, lease);
    const Subscription on_change = self->changed_.add([promise = waiting.promise()] { promise->set(true); });
    Result<bool> changed = co_await waiting.wait();
    if (!changed) co_return changed;
  }
  co_return true;
}

}  // namespace conclave::locksmith::fleet
