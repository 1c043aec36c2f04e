#include "conclave/recipes/rw_lock.hpp"

#include <future>

#include "cluster.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::test;
using namespace std::chrono_literals;

TEST_CASE("readers share, a writer is alone, and a reader that comes after a waiting writer waits for it") {
  Cluster cluster(1);
  Client client = cluster.client();
  recipes::RwLock lock(client, "a", {.ttl = 30s});
  auto reader = lock.lock_shared();
  auto another = lock.lock_shared();
  REQUIRE(reader);
  REQUIRE(another);
  CHECK_FALSE(*lock.try_lock());
  std::promise<Result<recipes::Hold>> writing;
  auto writer = writing.get_future();
  lock.lock([&](Result<recipes::Hold> held) { writing.set_value(std::move(held)); });
  REQUIRE(await(20s, [&] { return lock.holders()->size() == 3; }));
  CHECK_FALSE(*lock.try_lock_shared());
  std::promise<Result<recipes::Hold>> reading;
  auto late = reading.get_future();
  lock.lock_shared([&](Result<recipes::Hold> held) { reading.set_value(std::move(held)); });
  REQUIRE(await(20s, [&] { return lock.holders()->size() == 4; }));
  REQUIRE(reader->release());
  CHECK(writer.wait_for(200ms) == std::future_status::timeout);
  REQUIRE(another->release());
  auto written = writer.get();
  REQUIRE(written);
  CHECK(late.wait_for(200ms) == std::future_status::timeout);
  REQUIRE(written->release());
  auto read = late.get();
  REQUIRE(read);
  CHECK(read->token() > written->token());
}
