#include <algorithm>

#include "conclave/recipes_core/barrier.hpp"
#include "conclave/recipes_core/cached_view.hpp"
#include "conclave/recipes_core/election.hpp"
#include "conclave/recipes_core/mutex.hpp"
#include "conclave/recipes_core/names.hpp"
#include "conclave/recipes_core/reboot_lock.hpp"
#include "conclave/recipes_core/registration.hpp"
#include "conclave/recipes_core/rw_lock.hpp"
#include "conclave/recipes_core/semaphore.hpp"
#include "conclave/recipes_core/work_queue.hpp"
#include "conclave/test/catch.hpp"
#include "recipe_bench.hpp"

/// What the headers of the recipes promise about cost, counted at the port that they stand on: in a cluster without faults.
namespace conclave::sim {
namespace {

using namespace recipes::core;

Mutex mutex_of(const LifePtr& life) { return {life->hub, life->keeper, directory_of(kind::lock, "a"), ""}; }

}  // namespace

TEST_CASE("a lock costs one write to take and one to give back, and wakes the next in line alone") {
  Bench bench;
  const Mutex mine = mutex_of(bench.one);
  const Mutex theirs = mutex_of(bench.other);
  bench.run(Place::leave(bench.run(mine.lock(Call{})), Call{}));
  bench.run(Place::leave(bench.run(theirs.lock(Call{})), Call{}));
  bench.since();  // both have a lease now

  PlacePtr held = bench.run(mine.lock(Call{}));
  CHECK(bench.since() == Cost{0, 1, 0});
  CHECK_FALSE(bench.run(theirs.try_lock(Call{})));
  CHECK(bench.since() == Cost{1, 0, 0});
  std::vector<Bench::Later<PlacePtr>> waiters;
  for (int i = 0; i < 10; ++i) {
    waiters.push_back(bench.begin(i % 2 == 0 ? mine.lock(Call{}) : theirs.lock(Call{})));
    bench.pass(milliseconds(100));  // so that they arrive in this order
  }
  CHECK(bench.since() == Cost{0, 10, 0});
  bench.run(Place::leave(std::exchange(held, nullptr), Call{}));
  CHECK(bench.since() == Cost{0, 1, 1});
  for (std::size_t i = 0; i < waiters.size(); ++i) {
    const auto has_it = [](const auto& waiter) { return waiter->has_value(); };
    CHECK(std::count_if(waiters.begin(), waiters.end(), has_it) == static_cast<std::ptrdiff_t>(i + 1));
    PlacePtr place = bench.end(waiters[i]);
    bench.run(Place::leave(std::move(place), Call{}));
    CHECK(bench.since() == Cost{0, 1, i + 1 < waiters.size() ? 1U : 0U});
  }
  held = bench.run(theirs.try_lock(Call{}));
  CHECK(bench.since() == Cost{1, 1, 0});
}

TEST_CASE("who found others before it asks for its next turn along with its place, who found none does not") {
  Bench bench;
  const Mutex mutex = mutex_of(bench.one);
  const auto asked = [&] { return bench.one->store.queued_up(); };
  const auto leave = [&](PlacePtr place) { bench.run(Place::leave(std::move(place), Call{})); };
  PlacePtr held = bench.run(mutex.lock(Call{}));
  const auto first = bench.begin(mutex.lock(Call{}));
  bench.pass(milliseconds(100));
  CHECK(asked() == 0);
  const auto second = bench.begin(mutex.lock(Call{}));
  bench.pass(milliseconds(100));
  CHECK(asked() == 1);
  leave(std::move(held));
  leave(bench.end(first));
  leave(bench.end(second));
  leave(bench.run(mutex.lock(Call{})));  // it could not know that nobody is there any more
  CHECK(asked() == 2);
  leave(bench.run(mutex.lock(Call{})));
  CHECK(asked() == 2);
}

TEST_CASE("a waiter that is called off costs one write, and nobody is woken") {
  Bench bench;
  const Mutex mine = mutex_of(bench.one);
  const PlacePtr held = bench.run(mine.lock(Call{}));
  const Call call;
  const auto waits = bench.begin(mine.lock(call));
  const auto behind = bench.begin(mine.lock(Call{}));
  bench.since();
  call.stop->raise();
  CHECK(bench.since() == Cost{0, 1, 0});
  REQUIRE(waits->has_value());
  CHECK((*waits)->error().code == Errc::cancelled);
  CHECK_FALSE(behind->has_value());
}

TEST_CASE("a read-write lock costs what a lock costs; readers are woken together") {
  Bench bench;
  const RwLock lock(bench.one->hub, bench.one->keeper, directory_of(kind::rw_lock, "a"), "");
  PlacePtr writer = bench.run(lock.lock(Call{}));
  bench.since();
  const auto first = bench.begin(lock.lock_shared(Call{}));
  const auto second = bench.begin(lock.lock_shared(Call{}));
  const auto last = bench.begin(lock.lock(Call{}));
  CHECK(bench.since() == Cost{0, 3, 0});
  bench.run(Place::leave(std::exchange(writer, nullptr), Call{}));
  CHECK(bench.since() == Cost{0, 1, 2});
  bench.run(Place::leave(bench.end(first), Call{}));
  CHECK(bench.since() == Cost{0, 1, 0});
  bench.run(Place::leave(bench.end(second), Call{}));
  CHECK(bench.since() == Cost{0, 1, 1});
  CHECK(bench.end(last));
}

TEST_CASE("a semaphore costs one write if there is room; else one notice and one read more") {
  Bench bench;
  const Semaphore semaphore(bench.one->hub, bench.one->keeper, key_of(kind::semaphore, "a"), "", 2);
  PlacePtr held = bench.run(semaphore.acquire(2, Call{})).place;
  bench.since();
  const auto waits = bench.begin(semaphore.acquire(1, Call{}));
  CHECK(bench.since() == Cost{0, 1, 0});
  CHECK_FALSE(bench.run(semaphore.try_acquire(1, Call{})).place);
  CHECK(bench.since() == Cost{1, 0, 0});
  bench.run(Place::leave(std::exchange(held, nullptr), Call{}));
  CHECK(bench.since() == Cost{1, 1, 1});
  PlacePtr first = bench.end(waits).place;
  held = bench.run(semaphore.try_acquire(1, Call{})).place;
  CHECK(bench.since() == Cost{1, 1, 0});
  const auto fourth = bench.begin(semaphore.acquire(1, Call{}));
  bench.since();
  bench.run(semaphore.resize(1, Call{}));
  CHECK(bench.since() == Cost{2, 1, 1});  // one read is of the waiter, which hears of it
  bench.run(Place::leave(std::exchange(first, nullptr), Call{}));
  CHECK(bench.since() == Cost{0, 1, 0});
  bench.run(Place::leave(std::exchange(held, nullptr), Call{}));
  CHECK(bench.since() == Cost{1, 1, 1});
  CHECK(bench.end(fourth).place);
}

TEST_CASE("a reboot lock costs two reads and two writes to take, one of each to give back") {
  Bench bench;
  const auto group_of = [&](const std::string& machine) {
    return RebootLock(bench.one->hub, bench.one->keeper, key_of(kind::reboot, "a"), {machine, "boot", machine}, 1);
  };
  bench.run(group_of("m1").acquire("why", 0, Call{}));
  bench.run(group_of("m1").evict("m1", Call{}));
  bench.since();
  bench.run(group_of("m1").acquire("why", 0, Call{}));
  CHECK(bench.since() == Cost{2, 2, 0});
  bench.run(group_of("m1").acquire("why", 0, Call{}));
  CHECK(bench.since() == Cost{1, 1, 0});
  const auto second = bench.begin(group_of("m2").acquire("why", 0, Call{}));
  const auto third = bench.begin(group_of("m3").acquire("why", 0, Call{}));
  CHECK(bench.since() == Cost{3, 2, 0});  // the head of the line has looked at the slots
  bench.run(group_of("m1").evict("m1", Call{}));
  // One read and one write are the eviction's; the head looks again and takes the slot; the next becomes the head and looks.
  CHECK(bench.since() == Cost{3, 2, 2});
  bench.end(second);
  CHECK_FALSE(third->has_value());
  bench.run(group_of("m1").change({3, false}, Call{}));
  CHECK(bench.since() == Cost{2, 2, 1});
  bench.end(third);
}

TEST_CASE("a leader costs one write to elect, one for what it proclaims, and one to resign") {
  Bench bench;
  const Election election(bench.one->hub, bench.one->keeper, directory_of(kind::election, "a"), "");
  bench.run(Place::leave(bench.run(election.campaign("x", Call{})), Call{}));
  bench.since();
  PlacePtr leads = bench.run(election.campaign("x", Call{}));
  CHECK(bench.since() == Cost{0, 1, 0});
  const auto next = bench.begin(election.campaign("y", Call{}));
  CHECK(bench.since() == Cost{0, 1, 0});
  bench.run(Election::proclaim(leads, "z", Call{}));
  CHECK(bench.since() == Cost{0, 1, 0});
  CHECK(bench.run(election.leader(Call{}))->record.value == "z");
  CHECK(bench.since() == Cost{1, 0, 0});
  bench.run(Place::leave(std::exchange(leads, nullptr), Call{}));
  CHECK(bench.since() == Cost{0, 1, 1});
  bench.end(next);
}

TEST_CASE("barriers, counters and latches cost one read or write each, and a wait one notice") {
  Bench bench;
  const Barrier barrier(bench.one->hub, key_of(kind::barrier, "a"));
  bench.run(barrier.wait(Call{}));
  CHECK(bench.since() == Cost{1, 0, 0});
  bench.run(barrier.close(Call{}));
  CHECK(bench.since() == Cost{0, 1, 0});
  const auto passes = bench.begin(barrier.wait(Call{}));
  CHECK(bench.since() == Cost{1, 0, 0});
  bench.run(barrier.open(Call{}));
  CHECK(bench.since() == Cost{0, 1, 1});
  bench.end(passes);

  const Number counter(bench.one->hub, key_of(kind::counter, "a"), 3);
  bench.run(counter.set(3, Call{}));
  CHECK(bench.since() == Cost{0, 1, 0});
  const auto reached = bench.begin(counter.await_at_most(0, Call{}));
  CHECK(bench.since() == Cost{1, 0, 0});
  for (int left = 2; left >= 0; --left) {
    CHECK(bench.run(counter.add(-1, 0, Call{})) == left);
    CHECK(bench.since() == Cost{1, 1, 1});
  }
  bench.end(reached);
  CHECK(bench.run(counter.get(Call{})) == 0);
  CHECK(bench.since() == Cost{1, 0, 0});
}

TEST_CASE("who waits at a gate that is open for a moment only passes it") {
  Bench bench;
  const Barrier barrier(bench.one->hub, key_of(kind::barrier, "a"));
  bench.run(barrier.close(Call{}));
  const auto passes = bench.begin(barrier.wait(Call{}));
  bench.pass(seconds(1));
  const auto opened = bench.begin(barrier.open(Call{}));
  const auto closed = bench.begin(barrier.close(Call{}));
  bench.end(opened);
  bench.end(closed);
  bench.end(passes);
}

TEST_CASE("a double barrier costs one write to enter, one write and one read to leave") {
  Bench bench;
  const auto barrier_of = [&](const LifePtr& life) {
    return DoubleBarrier(life->hub, life->keeper, directory_of(kind::double_barrier, "a"), 2);
  };
  bench.run(mutex_of(bench.one).lock(Call{}));
  bench.run(mutex_of(bench.other).lock(Call{}));
  bench.since();
  const auto first = bench.begin(barrier_of(bench.one).enter(Call{}));
  CHECK(bench.since() == Cost{0, 1, 0});
  PlacePtr second = bench.run(barrier_of(bench.other).enter(Call{}));
  CHECK(bench.since() == Cost{0, 1, 1});
  PlacePtr inside = bench.end(first);
  const auto left = bench.begin(barrier_of(bench.one).leave(std::move(inside), Call{}));
  CHECK(bench.since() == Cost{1, 1, 0});
  bench.run(barrier_of(bench.other).leave(std::move(second), Call{}));
  CHECK(bench.since() == Cost{1, 1, 1});
  bench.end(left);
}

TEST_CASE("an item costs one write to push, one read and one write to take, one write to settle") {
  Bench bench;
  const WorkQueue queue(bench.one->hub, bench.one->keeper, directory_of("queue", "a"));
  const auto request = [](milliseconds delay) { return PushRequest{"body", {}, 0, 5, delay}; };
  bench.run(queue.push(request({}), Call{}));
  TakenItemPtr item = bench.run(queue.take(false, Duration::max(), Call{}));
  bench.run(WorkQueue::acknowledge(std::move(item), {}, Call{}));
  bench.pass(seconds(5));
  bench.since();  // there is a lease, and the queue is cared for

  bench.run(queue.push(request({}), Call{}));
  CHECK(bench.since() == Cost{0, 1, 0});
  item = bench.run(queue.take(false, Duration::max(), Call{}));
  const Cost taken = bench.since();
  CHECK(taken.reads == 1);
  CHECK(taken.writes == 1);
  item->hold_until(bench.one->store.now() + seconds(60));
  CHECK(bench.since().writes == 0);
  bench.run(WorkQueue::reject(std::move(item), milliseconds(0), "no", Call{}));
  CHECK(bench.since().writes == 1);
  item = bench.run(queue.take(false, Duration::max(), Call{}));
  bench.since();
  bench.run(WorkQueue::acknowledge(std::move(item), {}, Call{}));
  CHECK(bench.since().writes == 1);

  const auto waits = bench.begin(queue.take(true, Duration::max(), Call{}));
  const Cost waiting = bench.since();
  CHECK(waiting.writes == 1);
  CHECK(waiting.reads == 2);
  bench.run(queue.push(request({}), Call{}));
  const Cost woken = bench.since();
  CHECK(woken.writes == 2);  // one is the push
  CHECK(woken.reads == 0);
  item = bench.end(waits);
  bench.run(queue.push(request(seconds(30)), Call{}));
  CHECK(bench.since().writes == 2);
  bench.run(queue.counts(Call{}));
  CHECK(bench.since().reads == 1);
  bench.one->store.close();
  bench.other->store.close();
  queue.stop();
}

TEST_CASE("a registration costs its lease and one write, and one for each change") {
  Bench bench;
  RegistrationRequest request;
  request.key = directory_of("service", "a") + "one";
  request.keeper = {seconds(10), "service", milliseconds(0)};
  const auto registration = std::make_shared<Registration>(bench.one->hub, std::move(request));
  registration->start();
  bench.run(Registration::settled(registration, Call{}));
  CHECK(bench.since().writes == 2);
  registration->set_draining(true);
  bench.run(Registration::settled(registration, Call{}));
  CHECK(bench.since().writes == 1);
  bench.run(Registration::end(registration, Call{}));
  CHECK(bench.since().writes == 1);
}

TEST_CASE("a view costs one listing, one notice for each change, and one read to be certain") {
  Bench bench;
  const auto view = std::make_shared<View>(bench.one->store, "settings/", Duration(0));
  view->start();
  bench.run(View::listed(view, Call{}));
  CHECK(bench.since().reads == 1);
  PutOp put;
  put.key = "settings/a";
  bench.run(execute(bench.other->store, Write{put, {}}, Call{}));
  CHECK(bench.since() == Cost{0, 1, 1});
  bench.run(View::sync(view, Call{}));
  CHECK(bench.since() == Cost{1, 0, 0});
  view->stop();
}

}  // namespace conclave::sim
