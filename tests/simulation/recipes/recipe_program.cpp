#include "recipes/recipe_program.hpp"

#include <algorithm>
#include <limits>
#include <set>

#include "conclave/recipes_core/election.hpp"
#include "conclave/recipes_core/names.hpp"
#include "conclave/recipes_core/reboot_lock.hpp"
#include "conclave/recipes_core/rw_lock.hpp"
#include "conclave/recipes_core/semaphore.hpp"

namespace conclave::sim {

using namespace recipes::core;

namespace {

Write guarded_write(const std::string& thing, const Place& place) {
  PutOp put;
  put.key = "data/" + thing;
  put.value = to_string(place.token());
  return {put, {place.guard()}};
}

}  // namespace

struct RecipeProgram::Life {
  Life(EngineWorld& shared, SimClient& client, milliseconds ttl)
      : store(shared, client), hub(std::make_shared<Hub>(store)), keeper{ttl, "client " + std::to_string(client.endpoint())} {}
  SimStore store;
  HubPtr hub;
  KeeperOptions keeper;
  std::shared_ptr<Signal> stop = std::make_shared<Signal>();
};

RecipeProgram::RecipeProgram(EngineWorld& shared, SimClient& client, std::shared_ptr<RecipeWorld> recipes)
    : shared_(shared), client_(client), recipes_(std::move(recipes)), prng_(shared.world.stream(7000 + client.endpoint())) {
  client_.on_crash = [this] {
    end_life();
    begin_life();
  };
}

RecipeProgram::~RecipeProgram() { end_life(); }

void RecipeProgram::start() { begin_life(); }

void RecipeProgram::begin_life() {
  life_ = std::make_shared<Life>(shared_, client_, milliseconds(2000 + prng_.below(3000)));
  lives_.push_back(life_);
  misfortunes(life_);
  use_lock(life_);
  if (prng_.chance(1, 2)) use_lock(life_);
  if (prng_.chance(1, 2)) use_semaphore(life_);
  if (prng_.chance(1, 2)) use_semaphore(life_);
  if (prng_.chance(1, 2)) use_rw_lock(life_);
  if (prng_.chance(1, 2)) use_election(life_);
  if (prng_.chance(1, 2)) use_reboot_lock(life_);
}

void RecipeProgram::end_life() {
  must_have_no_slot_ = false;
  if (const auto life = std::exchange(life_, nullptr)) life->store.close();
}

Call RecipeProgram::some_call(const LifePtr& life) {
  Call call;
  if (prng_.chance(2, 3)) call.deadline = life->store.now() + prng_.between(milliseconds(50), seconds(15));
  if (!prng_.chance(1, 4)) return call;
  life->store.call_at(life->store.now() + prng_.between(Duration(0), seconds(5)), [stop = call.stop] { stop->raise(); });
  return call;
}

/// The process is stopped, sometimes past every TTL, or dies.
Detached RecipeProgram::misfortunes(LifePtr life) {
  while (goes_on(life)) {
    Task<Result<bool>> waiting = pause(life->store, prng_.between(milliseconds(100), seconds(8)), Call{});
    (void)co_await std::move(waiting);
    if (!goes_on(life)) co_return;
    if (prng_.chance(1, 6)) {
      // From outside: a process does not kill itself in the middle of a step.
      shared_.world.after(Duration(1), "kill", [this, life] {
        if (goes_on(life)) client_.crash();
      });
    } else if (prng_.chance(1, 2)) {
      client_.pause(prng_.between(milliseconds(10), prng_.chance(1, 2) ? seconds(9) : seconds(1)));
    }
  }
}

Detached RecipeProgram::use_lock(LifePtr life) {
  const std::string thing = "lock";
  const std::string directory = directory_of(kind::lock, thing);
  const Mutex mutex(life->hub, life->keeper, directory, "");
  while (goes_on(life)) {
    Task<Result<bool>> waiting = pause(life->store, prng_.between(Duration(0), shared_.swarm.work_interval * 40), Call{});
    (void)co_await std::move(waiting);
    if (!goes_on(life)) co_return;
    const Call call = some_call(life);
    const bool tries = prng_.chance(1, 4);
    Task<Result<PlacePtr>> held_task = tries ? mutex.try_lock(call) : mutex.lock(call);
    Result<PlacePtr> held = co_await std::move(held_task);
    if (life != life_) co_return;
    require(held || held.error().certainty() == Certainty::definite,
            [&] { return "a lock ends with an unknown outcome: " + held.error().message(); });
    if (!held || !*held) continue;
    recipes_->oracle.acquired(thing, 1, client_.endpoint(), *held);
    Task<Result<bool>> used = hold(life, thing, directory, std::move(*held));
    (void)co_await std::move(used);
  }
}

Task<Result<bool>> RecipeProgram::hold(LifePtr life, std::string thing, std::string rivals, PlacePtr place) {
  const std::uint64_t writes = prng_.below(4);
  for (std::uint64_t i = 0; i < writes && life == life_; ++i) {
    Call call;
    call.deadline = life->store.now() + seconds(3);
    Task<Result<Reply>> reply_task = execute(life->store, guarded_write(thing, *place), call);
    Result<Reply> reply = co_await std::move(reply_task);
    if (reply) {
      if (!rivals.empty()) recipes_->oracle.guarded(thing, reply->header.revision, place->token());
      const auto older = rivals.empty() ? std::map<std::string, Revision>() : shared_.store.keys_at(rivals, reply->header.revision);
      for (const auto& [key, create] : older)
        require(create >= place->token(), [&, other = key] { return "a guarded write succeeds while " + other + " is older"; });
      const auto own = shared_.store.keys_at(place->key(), reply->header.revision);
      require(own.contains(place->key()), [&] { return "a guarded write succeeds without its key " + place->key(); });
    }
    Task<Result<bool>> resting = pause(life->store, prng_.between(Duration(0), seconds(1)), Call{});
    (void)co_await std::move(resting);
  }
  if (life != life_ || prng_.chance(1, 3)) co_return true;  // the handle goes, and with it the place
  Call call;
  call.deadline = life->store.now() + prng_.between(milliseconds(20), seconds(5));
  Task<Result<bool>> left_task = Place::leave(place, call);
  Result<bool> left = co_await std::move(left_task);
  co_return left;
}

/// Slots change while they are held. Those who are let in fit into the slots as they were told of them.
Detached RecipeProgram::use_semaphore(LifePtr life) {
  const Semaphore semaphore(life->hub, life->keeper, key_of(kind::semaphore, "slots"), "", 3);
  while (goes_on(life)) {
    Task<Result<bool>> resting = pause(life->store, prng_.between(Duration(0), shared_.swarm.work_interval * 40), Call{});
    (void)co_await std::move(resting);
    if (!goes_on(life)) co_return;
    const Call call = some_call(life);
    if (prng_.chance(1, 12)) {
      Task<Result<bool>> resizing = semaphore.resize(1 + prng_.below(4), call);
      (void)co_await std::move(resizing);
      continue;
    }
    const std::uint64_t weight = prng_.between(1, 3);
    auto taking = prng_.chance(1, 4) ? semaphore.try_acquire(weight, call) : semaphore.acquire(weight, call);
    Result<Semaphore::Held> held = co_await std::move(taking);
    if (life != life_) co_return;
    if (!held || !held->place) continue;
    // Who was let in by more slots than there are now is one of those that are too many.
    const std::uint64_t capacity = held->before_shrinking ? std::numeric_limits<std::uint64_t>::max() : held->slots;
    recipes_->oracle.acquired("slots", capacity, client_.endpoint(), held->place, weight);
    Task<Result<bool>> holding = hold(life, "slots", "", std::move(held->place));
    (void)co_await std::move(holding);
  }
}

/// A writer weighs as much as a hundred readers.
Detached RecipeProgram::use_rw_lock(LifePtr life) {
  const std::string directory = directory_of(kind::rw_lock, "rw");
  const RwLock lock(life->hub, life->keeper, directory, "");
  while (goes_on(life)) {
    Task<Result<bool>> resting = pause(life->store, prng_.between(Duration(0), shared_.swarm.work_interval * 40), Call{});
    (void)co_await std::move(resting);
    if (!goes_on(life)) co_return;
    const Call call = some_call(life);
    const bool writes = prng_.chance(1, 3);
    auto taking = writes ? lock.lock(call) : lock.lock_shared(call);
    Result<PlacePtr> held = co_await std::move(taking);
    if (life != life_) co_return;
    if (!held) continue;
    recipes_->oracle.acquired("rw", 100, client_.endpoint(), *held, writes ? 100 : 1);
    Task<Result<bool>> holding = hold(life, writes ? "rw" : "read", writes ? directory : std::string(), std::move(*held));
    (void)co_await std::move(holding);
  }
}

Detached RecipeProgram::use_election(LifePtr life) {
  const std::string directory = directory_of(kind::election, "lead");
  const Election election(life->hub, life->keeper, directory, "");
  const auto last = std::make_shared<Revision>();
  election.observe(
      [this, life, last](const Result<std::optional<Seat>>& leader) {
        if (!leader || !*leader || life != life_) return;
        require((*leader)->token >= *last, [&] { return "a leader is seen after one with a greater token"; });
        *last = (*leader)->token;
      },
      life->stop);
  while (goes_on(life)) {
    Task<Result<bool>> resting = pause(life->store, prng_.between(Duration(0), shared_.swarm.work_interval * 40), Call{});
    (void)co_await std::move(resting);
    if (!goes_on(life)) co_return;
    auto campaigning = election.campaign("first", some_call(life));
    Result<PlacePtr> lead = co_await std::move(campaigning);
    if (life != life_) co_return;
    if (!lead) continue;
    recipes_->oracle.acquired("lead", 1, client_.endpoint(), *lead);
    auto proclaiming = Election::proclaim(*lead, "second", some_call(life));
    (void)co_await std::move(proclaiming);
    if (life != life_) co_return;
    Task<Result<bool>> holding = hold(life, "lead", directory, std::move(*lead));
    (void)co_await std::move(holding);
  }
}

/// Takes a slot, reboots or dies without a reboot, gives it back; now and then an operator meddles.
Detached RecipeProgram::use_reboot_lock(LifePtr life) {
  const std::string id = std::to_string(client_.endpoint());
  const RebootLock lock(life->hub, life->keeper, key_of(kind::reboot, "group"), {id, std::to_string(boots_), "host"}, 2);
  while (goes_on(life)) {
    Task<Result<bool>> resting = pause(life->store, prng_.between(Duration(0), shared_.swarm.work_interval * 60), Call{});
    (void)co_await std::move(resting);
    if (!goes_on(life)) co_return;
    if (prng_.chance(1, 10)) {
      RebootLock::Change change;
      if (prng_.chance(1, 2)) change.slots = 1 + prng_.below(3);
      change.paused = prng_.chance(1, 4);
      Task<Result<bool>> changing = lock.change(change, some_call(life));
      (void)co_await std::move(changing);
    } else if (prng_.chance(1, 10)) {
      const Endpoint whom = client_endpoint_first + prng_.below(shared_.clients.size());
      Task<Result<bool>> evicting = lock.evict(std::to_string(whom), some_call(life));
      (void)co_await std::move(evicting);
    }
    must_have_no_slot_ = false;
    auto asking = lock.mine(some_call(life));
    Result<std::optional<RebootHolding>> mine = co_await std::move(asking);
    if (life != life_) co_return;
    const bool had_none = mine && !*mine;
    auto taking = lock.acquire("why", 0, some_call(life));
    Result<RebootHolding> held = co_await std::move(taking);
    if (life != life_) co_return;
    must_have_no_slot_ = !held && had_none;
    if (!held) continue;
    if (held->record.boot != std::to_string(boots_)) {
      Task<Result<bool>> releasing = lock.release(some_call(life));
      (void)co_await std::move(releasing);
    } else if (prng_.chance(2, 3)) {
      shared_.world.after(Duration(1), "reboot", [this, life] {
        if (!goes_on(life)) return;
        ++boots_;
        client_.crash();
      });
    }
  }
}

/// At each moment when a slot was given there were no more than the budget then, and no machine had two.
void RecipeProgram::judge_slots() const {
  const std::string budget = key_of(kind::reboot, "group");
  const std::string slots = budget + "//slot/";
  for (const auto& batch : shared_.store.reference()) {
    const bool given = std::any_of(batch.events.begin(), batch.events.end(),
                                   [&](const auto& event) { return !event.deleted && event.key.starts_with(slots); });
    if (!given) continue;
    const auto taken = shared_.store.rows_at(slots, batch.revision);
    const auto record = slots_from_json(shared_.store.rows_at(budget, batch.revision).at(budget).value);
    require(record && !record->paused && taken.size() <= record->slots, [&] {
      return "at revision " + to_string(batch.revision) + " " + std::to_string(taken.size()) + " machines may reboot";
    });
    std::set<std::string> machines;
    for (const auto& [key, row] : taken)
      require(machines.insert(reboot_from_json(row.value)->machine).second,
              [&] { return "a machine has two slots, one is " + key; });
  }
  if (!must_have_no_slot_) return;
  for (const auto& [key, row] : shared_.store.rows_at(slots, Revision(shared_.store.reference().size())))
    require(reboot_from_json(row.value)->machine != std::to_string(client_.endpoint()),
            [&, which = key] { return "a machine that was refused keeps " + which; });
}

void RecipeProgram::prove_life() { prove_lock(life_); }

Detached RecipeProgram::prove_lock(LifePtr life) {
  const Mutex mutex(life->hub, life->keeper, directory_of(kind::lock, "lock"), "at the end");
  Call call;
  call.deadline = life->store.now() + seconds(40);
  Task<Result<PlacePtr>> held_task = mutex.lock(call);
  Result<PlacePtr> held = co_await std::move(held_task);
  if (life != life_) co_return;  // the world ends
  require(held.has_value(), [&] {
    std::string text = "liveness: client " + std::to_string(client_.endpoint()) + " cannot take the lock of a healed cluster: ";
    text += held.error().message() + "; in the line are";
    for (const auto& [key, row] :
         shared_.store.rows_at(directory_of(kind::lock, "lock"), Revision(shared_.store.reference().size())))
      text += "\n  " + key + " since " + to_string(row.create) + ": " + row.value;
    return text;
  });
  recipes_->oracle.acquired("lock", 1, client_.endpoint(), *held);
  Task<Result<bool>> left_task = Place::leave(std::move(*held), Call{});
  Result<bool> left = co_await std::move(left_task);
  alive_ = true;
}

void RecipeProgram::judge(Revision) const {
  recipes_->oracle.judge();
  judge_slots();
}

void RecipeProgram::lease_ended(LeaseId lease) const {
  const auto health = client_.core().lease_health(lease, client_.now());
  require(!health || *health == client::LeaseHealth::lost, [&] {
    return "lease " + to_string(lease) + " ends at the servers while client " + std::to_string(client_.endpoint()) +
           " may still trust it";
  });
}

}  // namespace conclave::sim
