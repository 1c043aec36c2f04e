#include "recipes/queue_program.hpp"

#include "conclave/recipes_core/cached_view.hpp"
#include "conclave/recipes_core/names.hpp"

namespace conclave::sim {

using namespace recipes::core;

namespace {

const std::string queue_directory = directory_of("queue", "work");
const std::string service_directory = directory_of("service", "workers");

}  // namespace

struct QueueProgram::Life {
  Life(EngineWorld& shared, SimClient& client, milliseconds ttl)
      : store(shared, client),
        hub(std::make_shared<Hub>(store)),
        keeper{ttl, "client " + std::to_string(client.endpoint())},
        queue(hub, keeper, queue_directory),
        view(std::make_shared<View>(store, service_directory, client.endpoint() % 2 == 0 ? seconds(2) : seconds(0))) {
    make_registration();
  }
  void make_registration() {
    RegistrationRequest request;
    request.key = service_directory + std::to_string(store.endpoint());
    request.keeper = {keeper.ttl, "service " + request.key};
    registration = std::make_shared<Registration>(hub, std::move(request));
  }
  SimStore store;
  HubPtr hub;
  KeeperOptions keeper;
  WorkQueue queue;
  ViewPtr view;
  std::shared_ptr<Registration> registration;
  Subscription on_view;
};

QueueProgram::QueueProgram(EngineWorld& shared, SimClient& client, std::shared_ptr<QueueWorld> common)
    : shared_(shared), client_(client), common_(std::move(common)), prng_(shared.world.stream(8000 + client.endpoint())) {
  client_.on_crash = [this] {
    end_life();
    begin_life();
  };
}

QueueProgram::~QueueProgram() { end_life(); }

void QueueProgram::begin_life() {
  const auto life = std::make_shared<Life>(shared_, client_, milliseconds(2000 + prng_.below(3000)));
  life_ = life;
  lives_.push_back(life);
  life->on_view =
      life->view->on_change([this, view = life->view.get()](const MirrorChange& change) { check_view(change, view->mirror()); });
  life->view->start();
  life->registration->start();
  misfortunes(life);
  push(life);
  consume(life);
  if (prng_.chance(1, 2)) consume(life);
  look(life);
}

void QueueProgram::end_life() {
  if (const auto life = std::exchange(life_, nullptr)) life->store.close();
}

Call QueueProgram::some_call(const LifePtr& life) {
  Call call;
  if (prng_.chance(2, 3)) call.deadline = life->store.now() + prng_.between(milliseconds(50), seconds(15));
  if (!prng_.chance(1, 6)) return call;
  life->store.call_at(life->store.now() + prng_.between(Duration(0), seconds(5)), [stop = call.stop] { stop->raise(); });
  return call;
}

Detached QueueProgram::misfortunes(LifePtr life) {
  while (goes_on(life)) {
    Task<Result<bool>> waiting = pause(life->store, prng_.between(milliseconds(100), seconds(8)), Call{});
    (void)co_await std::move(waiting);
    if (!goes_on(life)) co_return;
    if (prng_.chance(1, 5)) {
      // From outside: a process does not kill itself in the middle of a step.
      shared_.world.after(Duration(1), "kill", [this, life] {
        if (life == life_) client_.crash();
      });
    } else if (prng_.chance(1, 2)) {
      client_.pause(prng_.between(milliseconds(10), prng_.chance(1, 2) ? seconds(9) : seconds(1)));
    }
  }
}

PushRequest QueueProgram::some_push() {
  PushRequest request;
  request.id = std::to_string(client_.endpoint()) + "-" + std::to_string(++items_);
  request.body = "body of " + request.id;
  request.priority = static_cast<unsigned>(prng_.below(3));
  request.attempts_max = prng_.between(1, 4);
  if (prng_.chance(1, 6)) request.delay = milliseconds(prng_.between(1, 4000));
  return request;
}

Detached QueueProgram::push(LifePtr life) {
  while (goes_on(life)) {
    Task<Result<bool>> resting = pause(life->store, some_time(), Call{});
    (void)co_await std::move(resting);
    if (!goes_on(life)) co_return;
    PushRequest request = some_push();
    const std::string id = request.id;
    auto pushing = life->queue.push(std::move(request), some_call(life));
    Result<Pushed> pushed = co_await std::move(pushing);
    if (pushed) common_->queue.pushed(id);
    require(!pushed || pushed->is_new, [&] { return "item " + id + " was there before it was pushed"; });
  }
}

Detached QueueProgram::consume(LifePtr life) {
  while (goes_on(life)) {
    Task<Result<bool>> resting = pause(life->store, some_time(), Call{});
    (void)co_await std::move(resting);
    if (!goes_on(life)) co_return;
    const Duration patience = prng_.chance(1, 3) ? prng_.between(milliseconds(100), seconds(3)) : Duration::max();
    auto taking = life->queue.take(prng_.chance(2, 3), patience, some_call(life));
    Result<TakenItemPtr> item = co_await std::move(taking);
    if (life != life_) co_return;
    if (!item || !*item) continue;
    common_->beliefs.acquired("item " + (*item)->record().item, 1, client_.endpoint(), (*item)->claim());
    require((*item)->body() == "body of " + (*item)->record().item, [&] { return "an item comes with another's body"; });
    Task<Result<bool>> working = work(life, std::move(*item));
    (void)co_await std::move(working);
  }
}

/// A write under the guard of an item was accepted: nobody else may have had it then.
void QueueProgram::check_claim(const TakenItem& item, Revision at) const {
  const auto claims = shared_.store.keys_at(item.keys().claims(item.record().item), at);
  require(claims.size() == 1 && claims.contains(item.claim()->key()),
          [&] { return "a guarded write is accepted while the item " + item.record().item + " is another's"; });
}

Task<Result<bool>> QueueProgram::work(LifePtr life, TakenItemPtr item) {
  const std::uint64_t writes = prng_.below(3);
  for (std::uint64_t i = 0; i < writes && life == life_; ++i) {
    PutOp put;
    put.key = "data/" + item->record().item;
    put.value = to_string(item->claim()->token());
    Call call;
    call.deadline = life->store.now() + seconds(3);
    auto writing = execute(life->store, Write{std::move(put), {item->claim()->guard()}}, call);
    Result<Reply> reply = co_await std::move(writing);
    if (reply) check_claim(*item, reply->header.revision);
    if (prng_.chance(1, 4)) item->hold_until(life->store.now() + prng_.between(milliseconds(100), seconds(2)));
    Task<Result<bool>> resting = pause(life->store, prng_.between(Duration(0), seconds(1)), Call{});
    (void)co_await std::move(resting);
  }
  if (life != life_ || prng_.chance(1, 8)) co_return true;  // the handle goes, and the item comes back
  auto disposing = dispose(life, std::move(item));
  Result<bool> disposed = co_await std::move(disposing);
  co_return disposed;
}

Task<Result<bool>> QueueProgram::dispose(LifePtr life, TakenItemPtr item) {
  Call call;
  call.deadline = life->store.now() + prng_.between(milliseconds(20), seconds(5));
  if (prng_.chance(1, 4)) {
    const milliseconds delay(prng_.chance(1, 2) ? prng_.between(1, 3000) : 0);
    auto rejecting = WorkQueue::reject(item, delay, "not now", call);
    Result<bool> rejected = co_await std::move(rejecting);
    co_return rejected;
  }
  PutOp effect;
  effect.key = "effect/" + item->record().item;
  effect.value = to_string(item->claim()->token());
  std::vector<Op> with;
  with.emplace_back(std::move(effect));
  auto acknowledging = WorkQueue::acknowledge(item, std::move(with), call);
  Result<bool> acknowledged = co_await std::move(acknowledging);
  if (acknowledged) common_->queue.acknowledged(item->record().item);
  co_return acknowledged;
}

/// The view is the directory as it was at its revision, whole.
void QueueProgram::check_view(const MirrorChange& change, const Mirror& mirror) const {
  const auto truth = shared_.store.rows_at(service_directory, change.revision);
  const auto shown = mirror.state();
  const std::string when = " at revision " + to_string(change.revision);
  require(shown.keys->size() == truth.size(), [&] { return "a view has another number of keys than the store" + when; });
  for (const auto& [key, kv] : *shown.keys) {
    const auto row = truth.find(key);
    require(row != truth.end() && row->second.mod == kv.mod_revision && row->second.value == kv.value,
            [&, which = key] { return "a view differs from the store in " + which + when; });
  }
}

/// Whoever was told that it is deregistered is not there, and does not come back.
Task<Result<bool>> QueueProgram::register_anew(LifePtr life) {
  const auto old = life->registration;
  auto ending = Registration::end(old, some_call(life));
  Result<bool> ended = co_await std::move(ending);
  if (life != life_) co_return false;
  if (ended) {
    common_->deregistered[old->incarnation()] = newest();
    require(entry().incarnation != old->incarnation(),
            [&] { return "client " + std::to_string(client_.endpoint()) + " is still found after it was deregistered"; });
  }
  life->make_registration();
  life->registration->start();
  co_return true;
}

/// Of this client in the service's directory; without an incarnation if there is none.
ServiceRecord QueueProgram::entry() const {
  const auto rows = shared_.store.rows_at(service_directory + std::to_string(client_.endpoint()), newest());
  if (rows.empty()) return {};
  return service_from_json(rows.begin()->second.value).value_or(ServiceRecord{});
}

/// Writes beside the queue, and sees them.
Detached QueueProgram::look(LifePtr life) {
  while (goes_on(life)) {
    Task<Result<bool>> resting = pause(life->store, some_time(), Call{});
    (void)co_await std::move(resting);
    if (!goes_on(life)) co_return;
    if (prng_.chance(1, 8)) {
      auto renewing = register_anew(life);
      (void)co_await std::move(renewing);
      if (!goes_on(life)) co_return;
    }
    if (prng_.chance(1, 3)) life->registration->set_draining(prng_.chance(1, 2));
    if (prng_.chance(1, 4)) life->registration->report(prng_.chance(2, 3));
    auto settling = Registration::settled(life->registration, some_call(life));
    Result<bool> settled = co_await std::move(settling);
    if (settled) {
      const auto rows = shared_.store.rows_at(service_directory + std::to_string(client_.endpoint()), newest());
      if (!rows.empty()) common_->acknowledged = std::max(common_->acknowledged, rows.begin()->second.mod);
    }
    if (!goes_on(life)) co_return;
    const Revision known = common_->acknowledged;
    auto syncing = View::sync(life->view, some_call(life));
    Result<Revision> at = co_await std::move(syncing);
    require(!at || *at >= known, [&] { return "a view that was synchronised does not show what had completed"; });
  }
}

/// The instance is registered again, and the consumers empty the queue.
Detached QueueProgram::prove(LifePtr life) {
  Call call;
  call.deadline = life->store.now() + seconds(45);
  life->registration->report(true);
  life->registration->set_draining(false);
  auto settling = Registration::settled(life->registration, call);
  Result<bool> settled = co_await std::move(settling);
  if (life != life_) co_return;  // the world ends
  require(settled.has_value(), [&] {
    return "liveness: client " + std::to_string(client_.endpoint()) +
           " is not registered in a healed cluster: " + settled.error().message();
  });
  require(entry().incarnation == life->registration->incarnation() && entry().state == ServiceState::up,
          [&] { return "client " + std::to_string(client_.endpoint()) + " is registered, and the store does not say so"; });
  std::string left = "an unknown number of items";
  while (true) {
    auto taking = life->queue.take(false, Duration::max(), call);
    Result<TakenItemPtr> item = co_await std::move(taking);
    if (life != life_) co_return;
    require(item.has_value(), [&] {
      return "liveness: a queue in a healed cluster is not emptied: " + left + " are left; " + item.error().message();
    });
    if (*item) {
      auto disposing = dispose(life, std::move(*item));
      (void)co_await std::move(disposing);
      continue;
    }
    auto counting = life->queue.counts(call);
    Result<QueueCounts> counts = co_await std::move(counting);
    if (life != life_) co_return;
    require(counts.has_value(),
            [&] { return "liveness: a queue in a healed cluster cannot be counted: " + counts.error().message(); });
    if (counts->ready + counts->delayed + counts->taken + counts->returning == 0) break;
    left = std::to_string(counts->ready) + " ready, " + std::to_string(counts->delayed) + " delayed, " +
           std::to_string(counts->taken) + " taken, " + std::to_string(counts->returning) + " returning";
    Task<Result<bool>> resting = pause(life->store, milliseconds(200), Call{});
    (void)co_await std::move(resting);
    if (life != life_) co_return;
  }
  alive_ = true;
}

void QueueProgram::judge_registrations() const {
  for (const auto& batch : shared_.store.reference())
    for (const auto& event : batch.events) {
      if (event.deleted || !event.key.starts_with(service_directory)) continue;
      const auto found = common_->deregistered.find(service_from_json(event.row.value).value().incarnation);
      require(found == common_->deregistered.end() || batch.revision <= found->second,
              [&] { return event.key + " comes back at revision " + to_string(batch.revision) + " after it was deregistered"; });
    }
}

void QueueProgram::judge(Revision) const {
  common_->queue.judge(queue_directory, shared_.store.reference());
  judge_registrations();
  common_->beliefs.judge();
}

void QueueProgram::lease_ended(LeaseId lease) const {
  const auto health = client_.core().lease_health(lease, client_.now());
  require(!health || *health == client::LeaseHealth::lost, [&] {
    return "lease " + to_string(lease) + " ends at the servers while client " + std::to_string(client_.endpoint()) +
           " may still trust it";
  });
}

}  // namespace conclave::sim
