#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/use_awaitable.hpp>

#include "cluster.hpp"
#include "conclave/recipes/asio.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::test;
using namespace std::chrono_literals;

namespace {

asio::awaitable<std::string> work(recipes::WorkQueue& queue) {
  const recipes::Wait wait{10s, {}};
  const recipes::PushOptions options;  // not made in the await expression: g++ 12 would destroy it twice
  auto pushed = co_await recipes::async_push(queue, "a", options, wait, asio::use_awaitable);
  if (!pushed) co_return pushed.error().message();
  auto item = co_await recipes::async_take(queue, recipes::TakeOptions{}, wait, asio::use_awaitable);
  if (!item) co_return item.error().message();
  auto rejected = co_await recipes::async_reject(*item, "again", 0ms, wait, asio::use_awaitable);
  if (!rejected) co_return rejected.error().message();
  auto again = co_await recipes::async_try_take(queue, recipes::TakeOptions{}, wait, asio::use_awaitable);
  if (!again || !*again) co_return "what was rejected cannot be taken";
  std::vector<Op> nothing;
  auto done = co_await recipes::async_acknowledge(**again, nothing, wait, asio::use_awaitable);
  if (!done) co_return done.error().message();
  co_return "done";
}

asio::awaitable<std::string> serve(recipes::Registration& registration, recipes::Discovery& found) {
  const recipes::Wait wait{10s, {}};
  auto ready = co_await recipes::async_ready(registration, wait, asio::use_awaitable);
  if (!ready) co_return ready.error().message();
  auto seen = co_await recipes::async_sync(found, wait, asio::use_awaitable);
  if (!seen || found.instances().size() != 1) co_return "what is registered is not found";
  auto drained = co_await recipes::async_drain(registration, wait, asio::use_awaitable);
  if (!drained) co_return drained.error().message();
  auto gone = co_await recipes::async_deregister(registration, wait, asio::use_awaitable);
  if (!gone) co_return gone.error().message();
  co_return "done";
}

}  // namespace

TEST_CASE("queue, registration and discovery can be awaited") {
  Cluster cluster(1);
  Client client = cluster.client();
  recipes::WorkQueue queue(client, "q");
  recipes::Registration registration(client, "s", {.id = "a"});
  recipes::Discovery found(client, "s");
  asio::io_context io;
  std::string worked;
  std::string served;
  asio::co_spawn(
      io, [&]() -> asio::awaitable<void> { worked = co_await work(queue); }, asio::detached);
  asio::co_spawn(
      io, [&]() -> asio::awaitable<void> { served = co_await serve(registration, found); }, asio::detached);
  io.run();
  CHECK(worked == "done");
  CHECK(served == "done");
}
