#include "conclave/recipes/semaphore.hpp"

#include <future>

#include "cluster.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::test;
using namespace std::chrono_literals;

namespace {

std::future<Result<recipes::Hold>> acquire(recipes::Semaphore& semaphore, std::uint64_t weight) {
  const auto promise = std::make_shared<std::promise<Result<recipes::Hold>>>();
  auto future = promise->get_future();
  semaphore.acquire([promise](Result<recipes::Hold> held) { promise->set_value(std::move(held)); }, weight);
  return future;
}

bool is_ready(const std::future<Result<recipes::Hold>>& future) { return future.wait_for(0s) == std::future_status::ready; }

}  // namespace

TEST_CASE("as many hold as fit into the slots, and a heavy one is not passed by light ones") {
  Cluster cluster(1);
  Client client = cluster.client();
  recipes::Semaphore semaphore(client, "a", {.slots = 3, .ttl = 30s, .owner = "me", .note = "why"});
  auto one = semaphore.acquire(2);
  REQUIRE(one);
  auto heavy = acquire(semaphore, 3);
  REQUIRE(await(20s, [&] { return semaphore.status()->waiters.size() == 1; }));
  auto light = acquire(semaphore, 1);
  REQUIRE(await(20s, [&] { return semaphore.status()->waiters.size() == 2; }));
  CHECK_FALSE(is_ready(light));
  const auto refused = semaphore.try_acquire(1);
  REQUIRE(refused);
  CHECK_FALSE(*refused);
  const auto status = semaphore.status();
  CHECK(status->slots == 3);
  CHECK(status->held == 2);
  CHECK(status->over_committed == 0);
  CHECK(status->holders.front().owner == "me");
  CHECK(status->holders.front().note == "why");
  CHECK(status->holders.front().weight == 2);
  CHECK(status->holders.front().since > std::chrono::system_clock::now() - 1min);
  REQUIRE(one->release());
  auto got_heavy = heavy.get();
  REQUIRE(got_heavy);
  CHECK_FALSE(is_ready(light));
  REQUIRE(got_heavy->release());
  CHECK(light.get());
}

TEST_CASE("slots may become fewer while they are held: the surplus is reported, and nobody is let in") {
  Cluster cluster(1);
  Client client = cluster.client();
  recipes::Semaphore semaphore(client, "a", {.slots = 3, .ttl = 30s});
  auto one = semaphore.acquire(1);
  auto two = semaphore.acquire(2);
  REQUIRE(two);
  auto waits = acquire(semaphore, 1);
  REQUIRE(await(20s, [&] { return semaphore.status()->waiters.size() == 1; }));
  REQUIRE(semaphore.resize(1));
  auto status = semaphore.status();
  CHECK(status->slots == 1);
  CHECK(status->held == 3);
  CHECK(status->over_committed == 2);
  CHECK(status->waiters.size() == 1);
  REQUIRE(one->release());
  status = semaphore.status();
  CHECK(status->held == 2);
  CHECK(status->over_committed == 1);
  CHECK_FALSE(is_ready(waits));
  REQUIRE(two->release());
  REQUIRE(waits.wait_for(20s) == std::future_status::ready);
  auto last = waits.get();
  REQUIRE(last);
  auto more = acquire(semaphore, 2);
  REQUIRE(await(20s, [&] { return semaphore.status()->waiters.size() == 1; }));
  REQUIRE(semaphore.resize(3));
  CHECK(more.get());
}
