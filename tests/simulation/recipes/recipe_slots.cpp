#include <algorithm>
#include <limits>
#include <set>

#include "conclave/recipes_core/names.hpp"
#include "conclave/recipes_core/reboot_lock.hpp"
#include "conclave/recipes_core/semaphore.hpp"
#include "recipes/recipe_program.hpp"

namespace conclave::sim {

using namespace recipes::core;

/// Slots change while they are held. Those who are let in fit into the slots as they were told of them.
Detached RecipeProgram::use_semaphore(LifePtr life) {
  const Semaphore semaphore(life->hub, life->keeper, key_of(kind::semaphore, "slots"), "", 3);
  while (goes_on(life)) {
    auto resting = rest(life, 40);
    Result<bool> rested = co_await std::move(resting);
    if (!*rested) co_return;
    const Call call = some_call(life);
    if (!recipes_->meddles && prng_.chance(1, 12)) {
      Task<Result<bool>> resizing = semaphore.resize(1 + prng_.below(4), call);
      (void)co_await std::move(resizing);
      continue;
    }
    const std::uint64_t weight = prng_.between(1, 3);
    auto taking = prng_.chance(1, 4) ? semaphore.try_acquire(weight, call) : semaphore.acquire(weight, call);
    Result<Semaphore::Held> held = co_await std::move(taking);
    if (!is_current(life)) co_return;
    if (!held || !held->place) continue;
    check_admission(*held->place, weight);
    // Who was let in by more slots than there are now is one of those that are too many.
    const std::uint64_t capacity = held->before_shrinking ? std::numeric_limits<std::uint64_t>::max() : held->slots;
    recipes_->oracle.acquired("slots", capacity, client_.endpoint(), held->place, weight);
    Task<Result<bool>> holding = hold(life, "slots", "", std::move(held->place));
    (void)co_await std::move(holding);
  }
}

/// At some revision since it queued up there was room for it: the weights of all before it and its own fitted into the slots.
void RecipeProgram::check_admission(const Place& place, std::uint64_t weight) const {
  const std::string record = key_of(kind::semaphore, "slots");
  const std::string seats = directory_of(kind::semaphore, "slots");
  std::set<std::string> before;
  std::uint64_t slots = 0;
  bool fitted = false;
  for (const auto& batch : shared_.store.reference()) {
    for (const auto& event : batch.events) {
      if (event.key == record && !event.deleted) slots = slots_from_json(event.row.value).value().slots;
      if (!event.key.starts_with(seats)) continue;
      if (event.deleted)
        before.erase(event.key);
      else if (event.row.create < place.token())
        before.insert(event.key);
    }
    fitted = fitted || (batch.revision >= place.token() && before.size() + weight <= slots);
  }
  require(fitted, [&] {
    return "client " + std::to_string(client_.endpoint()) + " is let into a semaphore as " + place.key() +
           " though there never was room for it";
  });
}

/// An operator who changes slots and budgets all the time.
Detached RecipeProgram::meddle(LifePtr life) {
  const Semaphore semaphore(life->hub, life->keeper, key_of(kind::semaphore, "slots"), "", 3);
  const RebootLock lock(life->hub, life->keeper, key_of(kind::reboot, "group"), {"operator", "1", "host"}, 2);
  while (goes_on(life)) {
    auto resting = rest(life, 10);
    Result<bool> rested = co_await std::move(resting);
    if (!*rested) co_return;
    if (prng_.chance(1, 2)) {
      Task<Result<bool>> resizing = semaphore.resize(1 + prng_.below(5), some_call(life));
      (void)co_await std::move(resizing);
      continue;
    }
    RebootLock::Change change;
    change.slots = prng_.below(4);
    change.paused = prng_.chance(1, 3);
    Task<Result<bool>> changing = lock.change(change, some_call(life));
    (void)co_await std::move(changing);
  }
}

/// Takes a slot, reboots or dies without a reboot, gives it back; now and then an operator meddles.
Detached RecipeProgram::use_reboot_lock(LifePtr life) {
  const std::string id = std::to_string(client_.endpoint());
  const RebootLock lock(life->hub, life->keeper, key_of(kind::reboot, "group"), {id, std::to_string(boots_), "host"}, 2);
  while (goes_on(life)) {
    auto resting = rest(life, 60);
    Result<bool> rested = co_await std::move(resting);
    if (!*rested) co_return;
    if (prng_.chance(1, 10)) {
      RebootLock::Change change;
      if (prng_.chance(1, 2)) change.slots = 1 + prng_.below(3);
      change.paused = prng_.chance(1, 4);
      Task<Result<bool>> changing = lock.change(change, some_call(life));
      (void)co_await std::move(changing);
    } else if (recipes_->evicts && prng_.chance(1, 10)) {
      const Endpoint whom = client_endpoint_first + prng_.below(shared_.clients.size());
      Task<Result<bool>> evicting = lock.evict(std::to_string(whom), some_call(life));
      (void)co_await std::move(evicting);
    }
    must_have_no_slot_ = false;
    auto asking = lock.mine(some_call(life));
    Result<std::optional<RebootHolding>> mine = co_await std::move(asking);
    if (!is_current(life)) co_return;
    const bool had_none = mine && !*mine;
    auto taking = lock.acquire("why", 0, some_call(life));
    Result<RebootHolding> held = co_await std::move(taking);
    if (!is_current(life)) co_return;
    must_have_no_slot_ = !held && had_none;
    if (!held) continue;
    bool& given_back = recipes_->slots[held->token()];
    if (held->record.boot != std::to_string(boots_)) {
      given_back = true;
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
                                   [&](const auto& event) { return event.is_create() && event.key.starts_with(slots); });
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
  for (const auto& batch : shared_.store.reference())
    for (const auto& event : batch.events) {
      if (recipes_->evicts || !event.deleted || !event.key.starts_with(slots)) continue;
      const auto told = recipes_->slots.find(event.previous->create);
      require(told == recipes_->slots.end() || told->second, [&] {
        return event.key + " is taken away at revision " + to_string(batch.revision) + " from a machine that was told it has it";
      });
    }
  if (!must_have_no_slot_) return;
  for (const auto& [key, row] : shared_.store.rows_at(slots, Revision(shared_.store.reference().size())))
    require(reboot_from_json(row.value)->machine != std::to_string(client_.endpoint()),
            [&, which = key] { return "a machine that was refused keeps " + which; });
}

}  // namespace conclave::sim
