#include "recipes/gate_program.hpp"

#include <limits>

#include "conclave/recipes_core/names.hpp"

namespace conclave::sim {

using namespace recipes::core;

namespace {

constexpr std::uint64_t latch_count = 3;
constexpr std::uint64_t parties = 3;

const std::string counter_key = key_of(kind::counter, "sum");
const std::string barrier_key = key_of(kind::barrier, "gate");

Number latch_at(const LifePtr& life, const std::string& name, std::uint64_t count) {
  return {life->hub, key_of(kind::latch, name), static_cast<std::int64_t>(count)};
}

}  // namespace

GateProgram::GateProgram(EngineWorld& shared, SimClient& client, std::shared_ptr<GateWorld> common)
    : MortalProgram(shared, client, 9000), common_(std::move(common)) {}

GateProgram::~GateProgram() { end_life(); }

void GateProgram::live(const LifePtr& life) {
  use_barrier(life);
  if (prng_.chance(1, 2)) use_barrier(life);
  use_counter(life);
  use_latch(life);
  if (prng_.chance(1, 2)) use_latch(life);
  use_double_barrier(life);
  if (prng_.chance(1, 2)) use_double_barrier(life);
}

bool GateProgram::ever(const std::string& prefix, Revision from, const std::function<bool(std::size_t)>& so_many) const {
  std::set<std::string> keys;
  bool found = false;
  for (const auto& batch : shared_.store.reference()) {
    if (batch.revision > from && so_many(keys.size())) found = true;  // as it was at the revision before
    for (const auto& event : batch.events) {
      if (!event.key.starts_with(prefix)) continue;
      if (event.deleted)
        keys.erase(event.key);
      else
        keys.insert(event.key);
    }
  }
  return found || so_many(keys.size());
}

/// Who passed a barrier did so while it was open: at some revision that was not over when the wait began.
Detached GateProgram::use_barrier(LifePtr life) {
  const Barrier barrier(life->hub, barrier_key);
  while (goes_on(life)) {
    auto resting = rest(life, 30);
    Result<bool> rested = co_await std::move(resting);
    if (!*rested) co_return;
    const Call call = some_call(life);
    const std::uint64_t what = prng_.below(4);
    const Revision begun = newest();
    Task<Result<bool>> acting = what == 0 ? barrier.close(call) : what == 1 ? barrier.open(call) : barrier.wait(call);
    Result<bool> done = co_await std::move(acting);
    if (!is_current(life)) co_return;
    if (what < 2) continue;
    require(done || done.error().certainty() == Certainty::definite,
            [&] { return who() + " waits at a barrier with an unknown outcome: " + done.error().message(); });
    if (!done) continue;
    ++common_->passed;
    require(ever(barrier_key, begun, [](std::size_t keys) { return keys == 0; }),
            [&] { return who() + " passes a barrier that was closed since revision " + to_string(begun); });
  }
}

Task<Result<bool>> GateProgram::add(LifePtr life, Call call) {
  const Number counter(life->hub, counter_key, 0);
  const auto delta = static_cast<std::int64_t>(prng_.between(1, 9));
  common_->perhaps_added += delta;  // until more is known; a life that ends meanwhile leaves it so
  auto adding = counter.add(delta, std::numeric_limits<std::int64_t>::min(), call);
  Result<std::int64_t> sum = co_await std::move(adding);
  if (!sum && (!is_current(life) || sum.error().certainty() == Certainty::unknown)) co_return fail(sum.error());
  common_->perhaps_added -= delta;
  if (!sum) co_return fail(sum.error());
  common_->added += delta;
  require(common_->sums.insert(*sum).second, [&] { return who() + " is told a sum that another was told"; });
  bool right = false;
  for (const auto& batch : shared_.store.reference())
    for (const auto& event : batch.events)
      if (event.key == counter_key && event.row.value == std::to_string(*sum))
        right = right || (event.previous ? std::stoll(event.previous->value) : 0) == *sum - delta;
  require(right, [&] { return who() + " added " + std::to_string(delta) + " and is told a sum that it did not make"; });
  co_return true;
}

Detached GateProgram::use_counter(LifePtr life) {
  while (goes_on(life)) {
    auto resting = rest(life, 20);
    Result<bool> rested = co_await std::move(resting);
    if (!*rested) co_return;
    auto adding = add(life, some_call(life));
    (void)co_await std::move(adding);
  }
}

/// One latch after the other: whoever sees one open goes to the next.
Detached GateProgram::use_latch(LifePtr life) {
  while (goes_on(life)) {
    auto resting = rest(life, 20);
    Result<bool> rested = co_await std::move(resting);
    if (!*rested) co_return;
    const std::uint64_t number = common_->latch;
    const std::string name = std::to_string(number);
    const Number latch = latch_at(life, name, latch_count);
    bool open = false;
    if (prng_.chance(1, 2)) {
      auto counting = latch.add(-1, 0, some_call(life));
      Result<std::int64_t> left = co_await std::move(counting);
      require(!left || *left >= 0, [&] { return "latch " + name + " is counted below zero"; });
      open = left && *left == 0;
    } else {
      auto waiting = latch.await_at_most(0, some_call(life));
      Result<bool> opened = co_await std::move(waiting);
      require(opened || !is_current(life) || opened.error().certainty() == Certainty::definite,
              [&] { return who() + " waits at a latch with an unknown outcome: " + opened.error().message(); });
      open = opened.has_value();
    }
    if (!open) continue;
    ++common_->passed;
    common_->latch = std::max(common_->latch, number + 1);
    const std::string key = key_of(kind::latch, name);
    std::uint64_t counts = 0;
    for (const auto& batch : shared_.store.reference())
      for (const auto& event : batch.events) counts += event.key == key ? 1U : 0U;
    require(counts >= latch_count, [&] { return "latch " + name + " is open after " + std::to_string(counts) + " counts"; });
  }
}

/// Who is let in was one of enough at one moment; who is let out was when nobody was inside.
Detached GateProgram::use_double_barrier(LifePtr life) {
  const std::string directory = directory_of(kind::double_barrier, "party");
  const DoubleBarrier barrier(life->hub, life->keeper, directory, parties);
  while (goes_on(life)) {
    auto resting = rest(life, 40);
    Result<bool> rested = co_await std::move(resting);
    if (!*rested) co_return;
    auto entering = barrier.enter(some_call(life));
    Result<PlacePtr> inside = co_await std::move(entering);
    if (!is_current(life)) co_return;
    require(inside || inside.error().certainty() == Certainty::definite,
            [&] { return who() + " enters a double barrier with an unknown outcome: " + inside.error().message(); });
    if (!inside) continue;
    ++common_->passed;
    require(ever(directory, (*inside)->token(), [](std::size_t keys) { return keys >= parties; }),
            [&] { return who() + " is let into a double barrier in which there were too few"; });
    auto working = rest(life, 20);
    (void)co_await std::move(working);
    if (!is_current(life) || prng_.chance(1, 6)) continue;  // the handle goes, and with it the place
    const Revision begun = newest();
    auto leaving = barrier.leave(std::move(*inside), some_call(life));
    Result<bool> left = co_await std::move(leaving);
    if (!is_current(life) || !left) continue;
    require(ever(directory, begun, [](std::size_t keys) { return keys == 0; }),
            [&] { return who() + " is let out of a double barrier though there always was somebody inside"; });
  }
}

Task<Result<bool>> GateProgram::prove_latch(LifePtr life, Call call) {
  const Number latch = latch_at(life, "last", shared_.clients.size());
  auto counting = latch.add(-1, 0, call);
  Result<std::int64_t> left = co_await std::move(counting);
  if (!left) co_return fail(left.error());
  auto waiting = latch.await_at_most(0, call);
  Result<bool> opened = co_await std::move(waiting);
  co_return opened;
}

Task<Result<bool>> GateProgram::prove_double_barrier(LifePtr life, Call call) {
  const DoubleBarrier barrier(life->hub, life->keeper, directory_of(kind::double_barrier, "last"), shared_.clients.size());
  auto entering = barrier.enter(call);
  Result<PlacePtr> inside = co_await std::move(entering);
  if (!inside) co_return fail(inside.error());
  auto leaving = barrier.leave(std::move(*inside), call);
  Result<bool> left = co_await std::move(leaving);
  co_return left;
}

/// In a healed cluster all meet.
Detached GateProgram::prove_gates(LifePtr life) {
  const Call call{life->store.now() + seconds(40), std::make_shared<Signal>()};
  const Barrier barrier(life->hub, barrier_key);
  for (int step = 0; step < 5; ++step) {
    Task<Result<bool>> acting = step == 0   ? barrier.open(call)
                                : step == 1 ? barrier.wait(call)
                                : step == 2 ? add(life, call)
                                : step == 3 ? prove_latch(life, call)
                                            : prove_double_barrier(life, call);
    Result<bool> done = co_await std::move(acting);
    if (!is_current(life)) co_return;  // the world ends
    require(done.has_value(), [&] {
      return "liveness: " + who() + " fails at gate " + std::to_string(step) + " of a healed cluster: " + done.error().message();
    });
  }
  proven();
}

void GateProgram::judge(Revision) const {
  const auto rows = shared_.store.rows_at(counter_key, newest());
  const std::int64_t sum = rows.empty() ? 0 : std::stoll(rows.begin()->second.value);
  require(sum >= common_->added && sum <= common_->added + common_->perhaps_added, [&] {
    return "the counter is at " + std::to_string(sum) + " after additions of " + std::to_string(common_->added) +
           " and perhaps of " + std::to_string(common_->perhaps_added);
  });
}

}  // namespace conclave::sim
