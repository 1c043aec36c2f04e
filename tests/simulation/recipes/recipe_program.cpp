#include "recipes/recipe_program.hpp"

#include "conclave/recipes_core/election.hpp"
#include "conclave/recipes_core/names.hpp"
#include "conclave/recipes_core/rw_lock.hpp"

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

RecipeProgram::RecipeProgram(EngineWorld& shared, SimClient& client, std::shared_ptr<RecipeWorld> recipes)
    : MortalProgram(shared, client, 7000), recipes_(std::move(recipes)) {}

RecipeProgram::~RecipeProgram() { end_life(); }

void RecipeProgram::live(const LifePtr& life) {
  use_lock(life);
  if (prng_.chance(1, 2)) use_lock(life);
  if (prng_.chance(1, 2)) use_delayed_lock(life);
  if (recipes_->meddles || prng_.chance(1, 2)) use_semaphore(life);
  if (recipes_->meddles || prng_.chance(1, 2)) use_semaphore(life);
  if (prng_.chance(1, 2)) use_rw_lock(life);
  if (prng_.chance(1, 2)) use_election(life);
  if (recipes_->meddles || prng_.chance(1, 2)) use_reboot_lock(life);
  if (recipes_->meddles) meddle(life);
}

void RecipeProgram::died() { must_have_no_slot_ = false; }

Detached RecipeProgram::use_lock(LifePtr life) {
  const std::string thing = "lock";
  const std::string directory = directory_of(kind::lock, thing);
  const Mutex mutex(life->hub, life->keeper, directory, "");
  while (goes_on(life)) {
    auto resting = rest(life, 40);
    Result<bool> rested = co_await std::move(resting);
    if (!*rested) co_return;
    const Call call = some_call(life);
    const bool tries = prng_.chance(1, 4);
    Task<Result<PlacePtr>> held_task = tries ? mutex.try_lock(call) : mutex.lock(call);
    Result<PlacePtr> held = co_await std::move(held_task);
    if (!is_current(life)) co_return;
    require(held || held.error().certainty() == Certainty::definite,
            [&] { return "a lock ends with an unknown outcome: " + held.error().message(); });
    if (!held || !*held) continue;
    recipes_->oracle.acquired(thing, 1, client_.endpoint(), *held);
    Task<Result<bool>> used = hold(life, thing, directory, std::move(*held));
    (void)co_await std::move(used);
  }
}

/// Whoever lost this lock without giving it back did so a lock delay ago, by its own clock, when the next one has it.
Detached RecipeProgram::use_delayed_lock(LifePtr life) {
  const std::string thing = "delayed";
  const std::string directory = directory_of(kind::lock, thing);
  KeeperOptions keeper = life->keeper;
  keeper.afterwards = recipes_->lock_delay;
  const Mutex mutex(life->hub, keeper, directory, "");
  while (goes_on(life)) {
    auto resting = rest(life, 40);
    Result<bool> rested = co_await std::move(resting);
    if (!*rested) co_return;
    Task<Result<PlacePtr>> held_task = mutex.lock(some_call(life));
    Result<PlacePtr> held = co_await std::move(held_task);
    if (!is_current(life)) co_return;
    if (!held) continue;
    recipes_->oracle.acquired(thing, 1, client_.endpoint(), *held);
    const LeaseId lease = (*held)->lease()->id();
    const auto given_back = recipes_->oracle.held_after_delay(
        thing, recipes_->lock_delay, client_.endpoint(),
        [this, store = &life->store, lease] { return client_.now() - store->trusted_until(lease); });
    if (goes_on(life) && prng_.chance(1, 3)) client_.pause(prng_.between(seconds(1), seconds(9)));
    Task<Result<bool>> holding = hold(life, thing, directory, std::move(*held), given_back);
    (void)co_await std::move(holding);
  }
}

Task<Result<bool>> RecipeProgram::hold(LifePtr life, std::string thing, std::string rivals, PlacePtr place,
                                       std::shared_ptr<bool> given_back) {
  const std::uint64_t writes = prng_.below(4);
  for (std::uint64_t i = 0; i < writes && is_current(life); ++i) {
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
  if (given_back) *given_back = is_current(life) && place->lease()->is_alive();
  if (!is_current(life) || prng_.chance(1, 3)) co_return true;  // the handle goes, and with it the place
  Call call;
  call.deadline = life->store.now() + prng_.between(milliseconds(20), seconds(5));
  Task<Result<bool>> left_task = Place::leave(place, call);
  Result<bool> left = co_await std::move(left_task);
  co_return left;
}

/// A writer weighs as much as a hundred readers.
Detached RecipeProgram::use_rw_lock(LifePtr life) {
  const std::string directory = directory_of(kind::rw_lock, "rw");
  const RwLock lock(life->hub, life->keeper, directory, "");
  while (goes_on(life)) {
    auto resting = rest(life, 40);
    Result<bool> rested = co_await std::move(resting);
    if (!*rested) co_return;
    const Call call = some_call(life);
    const bool writes = prng_.chance(1, 3);
    auto taking = writes ? lock.lock(call) : lock.lock_shared(call);
    Result<PlacePtr> held = co_await std::move(taking);
    if (!is_current(life)) co_return;
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
        if (!leader || !*leader || !is_current(life)) return;
        require((*leader)->token >= *last, [&] { return "a leader is seen after one with a greater token"; });
        *last = (*leader)->token;
      },
      life->stop);
  while (goes_on(life)) {
    auto resting = rest(life, 40);
    Result<bool> rested = co_await std::move(resting);
    if (!*rested) co_return;
    auto campaigning = election.campaign("first", some_call(life));
    Result<PlacePtr> lead = co_await std::move(campaigning);
    if (!is_current(life)) co_return;
    if (!lead) continue;
    recipes_->oracle.acquired("lead", 1, client_.endpoint(), *lead);
    auto proclaiming = Election::proclaim(*lead, "second", some_call(life));
    (void)co_await std::move(proclaiming);
    if (!is_current(life)) co_return;
    Task<Result<bool>> holding = hold(life, "lead", directory, std::move(*lead));
    (void)co_await std::move(holding);
  }
}

void RecipeProgram::prove(const LifePtr& life) { prove_lock(life); }

Detached RecipeProgram::prove_lock(LifePtr life) {
  const Mutex mutex(life->hub, life->keeper, directory_of(kind::lock, "lock"), "at the end");
  Call call;
  call.deadline = life->store.now() + seconds(40);
  Task<Result<PlacePtr>> held_task = mutex.lock(call);
  Result<PlacePtr> held = co_await std::move(held_task);
  if (!is_current(life)) co_return;  // the world ends
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
  proven();
}

void RecipeProgram::judge(Revision) const {
  recipes_->oracle.judge();
  judge_slots();
}

}  // namespace conclave::sim
