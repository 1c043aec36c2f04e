#include "conclave/recipes/barrier.hpp"

#include <atomic>
#include <future>
#include <thread>

#include "cluster.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::test;
using namespace std::chrono_literals;

TEST_CASE("a barrier holds everybody up until it is opened") {
  Cluster cluster(1);
  Client client = cluster.client();
  recipes::Barrier barrier(client, "a");
  CHECK(barrier.wait({.timeout = 5s}));
  REQUIRE(barrier.close());
  REQUIRE(barrier.close());
  const auto late = barrier.wait({.timeout = 100ms});
  REQUIRE_FALSE(late);
  CHECK(late.error().code == recipes::timed_out);
  std::promise<Result<void>> promise;
  auto waits = promise.get_future();
  barrier.wait([&](Result<void> opened) { promise.set_value(std::move(opened)); });
  REQUIRE(barrier.open());
  CHECK(waits.get());
}

TEST_CASE("many add to a counter and nothing is lost") {
  Cluster cluster(3);
  std::vector<std::thread> threads;
  std::atomic<int> added{0};
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      Client client = cluster.client();
      recipes::Counter counter(client, "a", 100);
      for (int n = 0; n < 25; ++n) added += counter.add(1) ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(added == 100);
  Client client = cluster.client();
  recipes::Counter counter(client, "a");
  CHECK(*counter.get() == 200);
  CHECK(*counter.add(-300) == -100);
  REQUIRE(counter.set(std::numeric_limits<std::int64_t>::max()));
  CHECK(counter.add(1).error().code == Errc::invalid_argument);
}

TEST_CASE("a latch opens when it was counted down") {
  Cluster cluster(1);
  Client client = cluster.client();
  recipes::Latch latch(client, "a", 2);
  CHECK_FALSE(latch.wait({.timeout = 100ms}));
  CHECK(*latch.count_down() == 1);
  std::promise<Result<void>> promise;
  auto waits = promise.get_future();
  latch.wait([&](Result<void> opened) { promise.set_value(std::move(opened)); });
  CHECK(*latch.count_down(5) == 0);
  CHECK(waits.get());
  CHECK(latch.wait());
  REQUIRE(latch.reset(1));
  CHECK_FALSE(latch.wait({.timeout = 100ms}));
}

TEST_CASE("a double barrier lets nobody in before all came, nor out before all went") {
  Cluster cluster(1);
  constexpr int parties = 3;
  std::atomic<int> came{0};
  std::atomic<int> going{0};
  std::atomic<int> right{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < parties; ++i) {
    threads.emplace_back([&] {
      Client client = cluster.client();
      recipes::DoubleBarrier barrier(client, "a", parties);
      ++came;
      auto inside = barrier.enter({.timeout = 20s});
      if (!inside || came != parties) return;
      ++going;
      if (barrier.leave(std::move(*inside), {.timeout = 20s}) && going == parties) ++right;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(right == parties);
  Client client = cluster.client();
  recipes::DoubleBarrier barrier(client, "a", 2);
  const auto alone = barrier.enter({.timeout = 200ms});
  REQUIRE_FALSE(alone);
  CHECK(alone.error().code == recipes::timed_out);
}
