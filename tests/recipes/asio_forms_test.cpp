#include <asio/awaitable.hpp>
#include <asio/bind_executor.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>

#include "cluster.hpp"
#include "conclave/recipes/asio.hpp"
#include "conclave/test/catch.hpp"

// Once it inlines it, g++ 12 takes the way in which Asio allocates the frames of coroutines for a mismatch.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

using namespace conclave;
using namespace conclave::test;
using namespace std::chrono_literals;

namespace {

const recipes::Wait wait{10s, {}};

recipes::RebootLockOptions machine(std::string id, std::string boot) {
  recipes::RebootLockOptions options;
  options.machine = std::move(id);
  options.boot = std::move(boot);
  options.host = "host";
  return options;
}

asio::awaitable<std::string> count(Client& client) {
  recipes::Counter counter(client, "a");
  auto set = co_await recipes::async_set(counter, 40, wait, asio::use_awaitable);
  if (!set) co_return set.error().message();
  auto sum = co_await recipes::async_add(counter, 2, wait, asio::use_awaitable);
  if (!sum || *sum != 42) co_return "a wrong sum";
  auto got = co_await recipes::async_get(counter, wait, asio::use_awaitable);
  if (!got || *got != 42) co_return "a wrong number";
  recipes::Latch latch(client, "a", 1);
  auto left = co_await recipes::async_count_down(latch, 1, wait, asio::use_awaitable);
  if (!left || *left != 0) co_return "a latch that is not counted down";
  auto open = co_await recipes::async_wait(latch, wait, asio::use_awaitable);
  if (!open) co_return open.error().message();
  auto reset = co_await recipes::async_reset(latch, 2, wait, asio::use_awaitable);
  co_return reset ? "done" : reset.error().message();
}

asio::awaitable<std::string> meet(Client& client) {
  recipes::Barrier barrier(client, "a");
  auto closed = co_await recipes::async_close(barrier, wait, asio::use_awaitable);
  if (!closed) co_return closed.error().message();
  const recipes::Wait short_wait{100ms, {}};
  auto early = co_await recipes::async_wait(barrier, short_wait, asio::use_awaitable);
  if (early || early.error().code != recipes::timed_out) co_return "a closed barrier was passed";
  auto opened = co_await recipes::async_open(barrier, wait, asio::use_awaitable);
  if (!opened) co_return opened.error().message();
  auto passed = co_await recipes::async_wait(barrier, wait, asio::use_awaitable);
  if (!passed) co_return passed.error().message();
  recipes::DoubleBarrier both(client, "a", 1);
  auto inside = co_await recipes::async_enter(both, wait, asio::use_awaitable);
  if (!inside) co_return inside.error().message();
  auto left = co_await recipes::async_leave(both, std::move(*inside), wait, asio::use_awaitable);
  co_return left ? "done" : left.error().message();
}

asio::awaitable<std::string> share(Client& client) {
  recipes::Semaphore semaphore(client, "a");
  auto more = co_await recipes::async_resize(semaphore, 2, wait, asio::use_awaitable);
  if (!more) co_return more.error().message();
  auto held = co_await recipes::async_acquire(semaphore, 2, wait, asio::use_awaitable);
  if (!held) co_return held.error().message();
  auto none = co_await recipes::async_try_acquire(semaphore, 1, wait, asio::use_awaitable);
  if (!none || *none) co_return "a full semaphore had room";
  auto status = co_await recipes::async_status(semaphore, wait, asio::use_awaitable);
  if (!status || status->held != 2) co_return "a wrong status";
  auto released = co_await recipes::async_release(*held, wait, asio::use_awaitable);
  if (!released) co_return released.error().message();
  recipes::Mutex mutex(client, "a");
  auto holders = co_await recipes::async_holders(mutex, wait, asio::use_awaitable);
  if (!holders || !holders->empty()) co_return "a lock that nobody has is held";
  recipes::Election election(client, "a");
  auto leader = co_await recipes::async_leader(election, wait, asio::use_awaitable);
  co_return leader && !*leader ? "done" : "an election that nobody won";
}

asio::awaitable<std::string> reboot(Client& client) {
  recipes::RebootLock before(client, "a", machine("m1", "1"));
  auto more = co_await recipes::async_resize(before, 2, wait, asio::use_awaitable);
  if (!more) co_return more.error().message();
  auto slot = co_await recipes::async_acquire(before, "kernel", {}, wait, asio::use_awaitable);
  if (!slot) co_return slot.error().message();
  auto paused = co_await recipes::async_pause(before, wait, asio::use_awaitable);
  if (!paused) co_return paused.error().message();
  auto resumed = co_await recipes::async_resume(before, wait, asio::use_awaitable);
  if (!resumed) co_return resumed.error().message();
  auto mine = co_await recipes::async_mine(before, wait, asio::use_awaitable);
  if (!mine || !*mine) co_return "a machine forgets its slot";
  auto status = co_await recipes::async_status(before, wait, asio::use_awaitable);
  if (!status || status->slots != 2 || status->holders.size() != 1) co_return "a wrong status";
  recipes::RebootLock after(client, "a", machine("m1", "2"));
  auto released = co_await recipes::async_release(after, wait, asio::use_awaitable);
  if (!released) co_return released.error().message();
  auto evicted = co_await recipes::async_evict(after, "m1", wait, asio::use_awaitable);
  co_return evicted ? "done" : evicted.error().message();
}

template <class Run>
std::string result_of(Run run) {
  Cluster cluster(1);
  Client client = cluster.client();
  asio::io_context io;
  std::string result;
  asio::co_spawn(io, run(client), [&](const std::exception_ptr&, std::string text) { result = std::move(text); });
  io.run_for(30s);
  return result;
}

}  // namespace

TEST_CASE("counters and latches can be awaited") { CHECK(result_of(count) == "done"); }
TEST_CASE("barriers can be awaited") { CHECK(result_of(meet) == "done"); }
TEST_CASE("semaphores, and who holds what, can be awaited") { CHECK(result_of(share) == "done"); }
TEST_CASE("reboot locks can be awaited") { CHECK(result_of(reboot) == "done"); }

TEST_CASE("every function with a callback takes any completion token") {
  Cluster cluster(1);
  Client client = cluster.client();
  recipes::Counter counter(client, "a");
  auto sum = recipes::async(counter, &recipes::Counter::add, std::int64_t{5}, wait, asio::use_future);
  CHECK(*sum.get() == 5);
  std::optional<std::int64_t> told;
  asio::io_context io;
  recipes::async(counter, &recipes::Counter::get, wait,
                 asio::bind_executor(io.get_executor(), [&](Result<std::int64_t> number) { told = number.value_or(-1); }));
  io.run_for(10s);
  CHECK(told == 5);
}
