#include "conclave/recipes/mutex.hpp"

#include <atomic>
#include <future>
#include <thread>

#include "cluster.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::test;
using namespace std::chrono_literals;

TEST_CASE("a lock is one program's at a time, in the order of arrival, and its token grows") {
  Cluster cluster(3);
  Client one = cluster.client();
  Client other = cluster.client();
  recipes::Mutex mine(one, "a", {.ttl = 3s, .owner = "one", .note = "first"});
  recipes::Mutex theirs(other, "a", {.ttl = 3s, .owner = "other"});
  auto lock = mine.lock();
  REQUIRE(lock);
  CHECK(lock->is_held());
  CHECK(lock->certain_for() > 2s);

  const auto refused = theirs.try_lock();
  REQUIRE(refused);
  CHECK_FALSE(*refused);
  const auto late = theirs.lock({.timeout = 200ms});
  REQUIRE_FALSE(late);
  CHECK(late.error().code == recipes::timed_out);
  CHECK(late.error().certainty() == Certainty::definite);
  REQUIRE(await(20s, [&] { return mine.holders()->size() == 1; }));  // the place of the wait is given back in the background

  std::promise<Result<recipes::Hold>> promise;
  auto next = promise.get_future();
  theirs.lock([&](Result<recipes::Hold> held) { promise.set_value(std::move(held)); });
  REQUIRE(await(20s, [&] { return mine.holders()->size() == 2; }));
  const auto holders = mine.holders();
  CHECK(holders->at(0).owner == "one");
  CHECK(holders->at(0).note == "first");
  CHECK(holders->at(0).token == lock->token());
  CHECK(holders->at(1).owner == "other");

  const auto guard = lock->guard();
  REQUIRE(one.put("data", "1", {}, {.timeout = {}, .guards = {guard}}));
  REQUIRE(lock->release());
  CHECK_FALSE(lock->is_held());
  auto got = next.get();
  REQUIRE(got);
  CHECK(got->is_held());
  CHECK(got->token() > guard.create_revision);
  const auto fenced = one.put("data", "2", {}, {.timeout = {}, .guards = {guard}});
  REQUIRE_FALSE(fenced);
  CHECK(fenced.error().code == Errc::fenced);
}

TEST_CASE("taking a free lock is one write and giving it back another") {
  Cluster cluster(1);
  Client client = cluster.client();
  recipes::Mutex mutex(client, "a", {.ttl = 10s});
  REQUIRE(mutex.lock()->release());  // the lease is there now
  const auto before = client.status();
  for (int i = 0; i < 10; ++i) {
    auto lock = mutex.lock();
    REQUIRE(lock);
    REQUIRE(lock->release());
  }
  const auto after = client.status();
  CHECK(after->revision.minus(before->revision) == 20);
  const auto tried = client.status();
  auto held = mutex.lock();
  Client other = cluster.client();
  recipes::Mutex theirs(other, "a", {.ttl = 10s});
  for (int i = 0; i < 5; ++i) CHECK_FALSE(*theirs.try_lock());
  CHECK(client.status()->revision.minus(tried->revision) == 1);
}

TEST_CASE("a wait that is called off leaves nothing behind") {
  Cluster cluster(1);
  Client client = cluster.client();
  Client other = cluster.client();
  recipes::Mutex mutex(client, "a", {.ttl = 10s});
  recipes::Mutex theirs(other, "a", {.ttl = 10s});
  auto lock = mutex.lock();
  std::stop_source stop;
  std::promise<Result<recipes::Hold>> promise;
  auto waited = promise.get_future();
  theirs.lock([&](Result<recipes::Hold> held) { promise.set_value(std::move(held)); }, {.timeout = {}, .stop = stop.get_token()});
  REQUIRE(await(20s, [&] { return mutex.holders()->size() == 2; }));
  stop.request_stop();
  const auto result = waited.get();
  REQUIRE_FALSE(result);
  CHECK(result.error().code == recipes::called_off);
  CHECK(await(20s, [&] { return mutex.holders()->size() == 1; }));
}

TEST_CASE("a waiter whose lease dies fails at once, and its place is gone") {
  Cluster cluster(1);
  Client client = cluster.client();
  Client other = cluster.client();
  recipes::Mutex mutex(client, "a", {.ttl = 30s});
  recipes::Mutex theirs(other, "a", {.ttl = 30s});
  auto lock = mutex.lock();
  std::promise<Result<recipes::Hold>> promise;
  auto waited = promise.get_future();
  theirs.lock([&](Result<recipes::Hold> held) { promise.set_value(std::move(held)); });
  REQUIRE(await(20s, [&] { return mutex.holders()->size() == 2; }));
  REQUIRE(client.lease_revoke(mutex.holders()->at(1).lease));
  REQUIRE(waited.wait_for(10s) == std::future_status::ready);  // much less than the TTL
  const auto result = waited.get();
  REQUIRE_FALSE(result);
  CHECK(result.error().code == recipes::lease_lost);
  CHECK(mutex.holders()->size() == 1);
  CHECK(lock->is_held());
}

TEST_CASE("a holder is told that its lease was revoked, and a closed client gives back what it holds") {
  Cluster cluster(1);
  Client client = cluster.client();
  {
    Client other = cluster.client();
    recipes::Mutex theirs(other, "a", {.ttl = 30s});
    auto lock = theirs.lock();
    REQUIRE(lock);
    std::promise<void> lost;
    lock->on_lost([&] { lost.set_value(); });
    REQUIRE(client.lease_revoke(lock->guard().lease));
    CHECK(lost.get_future().wait_for(10s) == std::future_status::ready);
    CHECK_FALSE(lock->is_held());
  }
  recipes::Mutex mutex(client, "a", {.ttl = 30s});
  recipes::Hold left_over;
  {
    Client other = cluster.client();
    recipes::Mutex theirs(other, "a", {.ttl = 30s});
    left_over = std::move(*theirs.lock());
  }
  CHECK_FALSE(left_over.is_held());
  CHECK(mutex.lock({.timeout = 5s}));
}

TEST_CASE("names with empty parts are refused") {
  Cluster cluster(1);
  Client client = cluster.client();
  for (const char* name : {"", "/a", "a/", "a//b", "a\nb"}) {
    const auto lock = recipes::Mutex(client, name).lock();
    REQUIRE_FALSE(lock);
    CHECK(lock.error().code == Errc::invalid_argument);
  }
  CHECK(recipes::Mutex(client, "a/b").lock());
}
