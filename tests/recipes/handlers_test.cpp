#include <atomic>
#include <future>
#include <thread>

#include "cluster.hpp"
#include "conclave/recipes/election.hpp"
#include "conclave/recipes/mutex.hpp"
#include "conclave/recipes/registration.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::test;
using namespace std::chrono_literals;

TEST_CASE("a handle that goes waits for its handler, and nothing is told afterwards") {
  Cluster cluster(1);
  Client client = cluster.client();
  Client other = cluster.client();
  recipes::Mutex mutex(client, "a", {.ttl = 5s});
  auto taken = mutex.lock();
  REQUIRE(taken);
  auto held = std::make_unique<recipes::Hold>(std::move(*taken));
  std::promise<void> entered;
  std::promise<void> go_on;
  std::atomic<bool> left{false};
  std::atomic<int> later{0};
  held->on_lost([&] {
    entered.set_value();
    go_on.get_future().wait();
    left = true;
  });
  held->on_lost([&] { ++later; });
  REQUIRE(other.lease_revoke(held->guard().lease));
  REQUIRE(entered.get_future().wait_for(20s) == std::future_status::ready);
  std::promise<void> gone;
  std::thread destroyer([&] {
    held.reset();
    if (!left) ++later;
    gone.set_value();
  });
  auto is_gone = gone.get_future();
  CHECK(is_gone.wait_for(100ms) == std::future_status::timeout);
  go_on.set_value();
  destroyer.join();
  CHECK(is_gone.wait_for(0s) == std::future_status::ready);
  const int told = later;
  REQUIRE(client.status());  // the client's thread has been around since
  CHECK(later == told);
}

TEST_CASE("a handle may go within its own handler") {
  Cluster cluster(1);
  Client client = cluster.client();
  Client other = cluster.client();
  recipes::Mutex mutex(client, "a", {.ttl = 5s});
  auto taken = mutex.lock();
  REQUIRE(taken);
  auto held = std::make_unique<recipes::Hold>(std::move(*taken));
  const LeaseId lease = held->guard().lease;
  std::promise<void> gone;
  held->on_lost([&] {
    held.reset();
    gone.set_value();
  });
  REQUIRE(other.lease_revoke(lease));
  CHECK(gone.get_future().wait_for(20s) == std::future_status::ready);

  recipes::Election election(client, "a");
  std::optional<recipes::Observation> observation;
  std::promise<void> seen;
  std::atomic<int> times{0};
  std::mutex made;
  {
    const std::lock_guard lock(made);
    observation.emplace(election.observe([&](const Result<std::optional<recipes::Leader>>&) {
      const std::lock_guard locked(made);
      if (++times > 1) return;
      observation.reset();
      seen.set_value();
    }));
  }
  REQUIRE(seen.get_future().wait_for(20s) == std::future_status::ready);
  REQUIRE(election.campaign("x", {.timeout = 5s}));
  CHECK(times == 1);
}
