#include "conclave/recipes/asio.hpp"

#include <asio/awaitable.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/bind_executor.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/use_awaitable.hpp>

#include "cluster.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::test;
using namespace std::chrono_literals;

namespace {

asio::awaitable<std::string> use(recipes::Mutex& mutex, recipes::Election& election) {
  const recipes::Wait wait{10s, {}};
  auto lock = co_await recipes::async_lock(mutex, wait, asio::use_awaitable);
  if (!lock) co_return lock.error().message();
  auto second = co_await recipes::async_try_lock(mutex, wait, asio::use_awaitable);
  if (!second || *second) co_return "a lock that is held was taken";
  auto released = co_await recipes::async_release(*lock, wait, asio::use_awaitable);
  if (!released) co_return released.error().message();
  auto lead = co_await recipes::async_campaign(election, "v", wait, asio::use_awaitable);
  if (!lead) co_return lead.error().message();
  auto said = co_await recipes::async_proclaim(*lead, "w", wait, asio::use_awaitable);
  if (!said) co_return said.error().message();
  co_return "done";
}

}  // namespace

TEST_CASE("recipes can be awaited") {
  Cluster cluster(1);
  Client client = cluster.client();
  recipes::Mutex mutex(client, "a", {});
  recipes::Election election(client, "a", {});
  asio::io_context io;
  std::string result;
  asio::co_spawn(io, use(mutex, election), [&](const std::exception_ptr&, std::string text) { result = std::move(text); });
  io.run_for(30s);
  CHECK(result == "done");
}

TEST_CASE("a wait is called off by the token's cancellation slot") {
  Cluster cluster(1);
  Client client = cluster.client();
  recipes::Mutex mutex(client, "a", {});
  auto held = mutex.lock();
  REQUIRE(held);
  asio::io_context io;
  asio::cancellation_signal signal;
  std::optional<Errc> why;
  auto handler =
      asio::bind_executor(io.get_executor(), [&](Result<recipes::Hold> lock) { why = lock ? Errc{} : lock.error().code; });
  recipes::async_lock(mutex, {}, asio::bind_cancellation_slot(signal.slot(), std::move(handler)));
  REQUIRE(await(20s, [&] { return mutex.holders()->size() == 2; }));
  signal.emit(asio::cancellation_type::terminal);
  io.run_for(10s);
  CHECK(why == recipes::called_off);
}
