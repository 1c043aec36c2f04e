#include "recipes/recipe_program.hpp"

#include "conclave/recipes_core/names.hpp"

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
}

void RecipeProgram::end_life() {
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
        if (life == life_) client_.crash();
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
    require(held || held.error().certainty() == Certainty::definite || tries,
            [&] { return "a lock ends with an unknown outcome: " + held.error().message(); });
    if (!held || !*held) continue;
    recipes_->oracle.acquired(thing, 1, client_.endpoint(), *held);
    Task<Result<bool>> used = under_lock(life, thing, directory, std::move(*held));
    (void)co_await std::move(used);
  }
}

Task<Result<bool>> RecipeProgram::under_lock(LifePtr life, std::string thing, std::string directory, PlacePtr place) {
  const std::uint64_t writes = prng_.below(4);
  for (std::uint64_t i = 0; i < writes && life == life_; ++i) {
    Call call;
    call.deadline = life->store.now() + seconds(3);
    Task<Result<Reply>> reply_task = execute(life->store, guarded_write(thing, *place), call);
    Result<Reply> reply = co_await std::move(reply_task);
    if (reply) {
      recipes_->oracle.guarded(thing, reply->header.revision, place->token());
      const auto queue = shared_.store.keys_at(directory, reply->header.revision);
      for (const auto& [key, create] : queue)
        require(create >= place->token(), [&, other = key] { return "a guarded write succeeds while " + other + " is older"; });
      require(queue.contains(place->key()), [&] { return "a guarded write succeeds without its key " + place->key(); });
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

void RecipeProgram::prove_life() { prove_lock(life_); }

Detached RecipeProgram::prove_lock(LifePtr life) {
  const Mutex mutex(life->hub, life->keeper, directory_of(kind::lock, "lock"), "at the end");
  Call call;
  call.deadline = life->store.now() + seconds(40);
  Task<Result<PlacePtr>> held_task = mutex.lock(call);
  Result<PlacePtr> held = co_await std::move(held_task);
  require(held.has_value(), [&] {
    return "liveness: client " + std::to_string(client_.endpoint()) +
           " cannot take the lock of a healed cluster: " + held.error().message();
  });
  recipes_->oracle.acquired("lock", 1, client_.endpoint(), *held);
  Task<Result<bool>> left_task = Place::leave(std::move(*held), Call{});
  Result<bool> left = co_await std::move(left_task);
  alive_ = true;
}

void RecipeProgram::judge(Revision) const { recipes_->oracle.judge(); }

void RecipeProgram::lease_ended(LeaseId lease) const {
  const auto health = client_.core().lease_health(lease, client_.now());
  require(!health || *health == client::LeaseHealth::lost, [&] {
    return "lease " + to_string(lease) + " ends at the servers while client " + std::to_string(client_.endpoint()) +
           " may still trust it";
  });
}

}  // namespace conclave::sim
