#include "conclave/recipes/work_queue.hpp"

#include <future>
#include <map>
#include <thread>

#include "cluster.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::test;
using namespace std::chrono_literals;

namespace {
const recipes::Wait soon{10s, {}};
}

TEST_CASE("items come by priority, then in the order in which they were pushed") {
  Cluster cluster(1);
  Client client = cluster.client();
  recipes::WorkQueue queue(client, "q", {.ttl = 3s, .owner = "me"});
  for (const char* body : {"a", "b", "c"}) REQUIRE(queue.push(body));
  REQUIRE(queue.push("urgent", {.id = "u", .priority = 9}));
  std::string order;
  for (int i = 0; i < 4; ++i) {
    auto item = queue.take({}, soon);
    REQUIRE(item);
    CHECK(item->is_held());
    CHECK(item->attempt() == 1);
    CHECK(item->pushed_by() == "me");
    order += item->body() + " ";
    REQUIRE(item->acknowledge());
    CHECK_FALSE(item->is_held());
  }
  CHECK(order == "urgent a b c ");
  const auto none = queue.try_take();
  REQUIRE(none);
  CHECK_FALSE(*none);
  CHECK(client.range(RangeOp{.keys = Keys::prefix("/conclave/queue/q//item/")})->count == 0);
  CHECK(client.range(RangeOp{.keys = Keys::prefix("/conclave/queue/q//held/")})->count == 0);
}

TEST_CASE("an item whose id is in the queue already is not pushed again, until it is done") {
  Cluster cluster(1);
  Client client = cluster.client();
  recipes::WorkQueue queue(client, "q");
  CHECK(queue.push("a", {.id = "x"})->is_new);
  CHECK_FALSE(queue.push("b", {.id = "x"})->is_new);
  CHECK_FALSE(queue.push("b", {.id = "x", .delay = 2s})->is_new);
  auto item = queue.take({}, soon);
  CHECK_FALSE(queue.push("b", {.id = "x"})->is_new);
  CHECK(item->body() == "a");
  REQUIRE(item->acknowledge());
  CHECK(queue.push("b", {.id = "x"})->is_new);
  CHECK(queue.push("b", {.id = "a/b"}).error().code == Errc::invalid_argument);
}

TEST_CASE("a rejected item keeps its place, tells why, and is dead after its last attempt") {
  Cluster cluster(1);
  Client client = cluster.client();
  recipes::WorkQueue queue(client, "q");
  REQUIRE(queue.push("a", {.id = "a", .attempts_max = 2}));
  REQUIRE(queue.push("b", {.id = "b"}));
  auto item = queue.take({}, soon);
  REQUIRE(item->reject("not today"));
  item = queue.take({}, soon);
  CHECK(item->id() == "a");
  CHECK(item->attempt() == 2);
  REQUIRE(item->reject("nor tomorrow", 5s));  // its last attempt: no delay any more
  const auto counts = queue.counts();
  CHECK(counts->ready == 1);
  CHECK(counts->dead == 1);
  CHECK(counts->first->id == "b");
  const auto dead = queue.list(recipes::ItemState::dead);
  REQUIRE(dead->items.size() == 1);
  CHECK(dead->items[0].error == "nor tomorrow");
  CHECK(dead->items[0].attempts == 2);
  CHECK(*queue.revive("a"));
  CHECK_FALSE(*queue.revive("a"));
  CHECK(queue.counts()->ready == 2);
  item = queue.take({}, soon);
  CHECK(item->id() == "b");
  item = queue.take({}, soon);
  CHECK(item->body() == "a");
  CHECK(item->attempt() == 1);
}

TEST_CASE("a delayed item is handed out after its delay and not before") {
  Cluster cluster(1);
  Client client = cluster.client();
  recipes::WorkQueue queue(client, "q");
  const auto start = std::chrono::steady_clock::now();
  REQUIRE(queue.push("later", {.delay = 2s}));
  CHECK(queue.counts()->delayed == 1);
  CHECK(queue.list(recipes::ItemState::delayed)->items.at(0).state == recipes::ItemState::delayed);
  auto item = queue.take({}, soon);
  REQUIRE(item);
  CHECK(std::chrono::steady_clock::now() - start >= 1900ms);
  CHECK(item->body() == "later");
  const auto again = std::chrono::steady_clock::now();
  REQUIRE(item->reject("later still", 2s));
  CHECK(queue.counts()->delayed == 1);
  item = queue.take({}, soon);
  REQUIRE(item);
  CHECK(item->attempt() == 2);
  CHECK(std::chrono::steady_clock::now() - again >= 1900ms);
}

TEST_CASE("the item of a worker that was lost comes back by itself, and the worker is fenced") {
  Cluster cluster(1);
  Client client = cluster.client();
  Client other = cluster.client();
  recipes::WorkQueue queue(client, "q", {.ttl = 3s, .owner = "one"});
  recipes::WorkQueue theirs(other, "q", {.ttl = 3s, .owner = "other"});
  REQUIRE(queue.push("work"));
  auto item = queue.take({}, soon);
  REQUIRE(item);
  CHECK(queue.list(recipes::ItemState::taken)->items.at(0).taken_by == "one");
  std::promise<void> lost;
  item->on_lost([&] { lost.set_value(); });
  const Guard guard = item->guard();
  REQUIRE(client.put("result", "early", {}, {.timeout = {}, .guards = {guard}}));
  std::promise<Result<recipes::WorkItem>> promise;
  auto taken = promise.get_future();
  theirs.take(
      {}, [&](Result<recipes::WorkItem> got) { promise.set_value(std::move(got)); }, soon);
  REQUIRE(other.lease_revoke(guard.lease));
  auto second = taken.get();
  REQUIRE(second);
  CHECK(second->body() == "work");
  CHECK(second->attempt() == 2);
  CHECK(lost.get_future().wait_for(20s) == std::future_status::ready);
  CHECK_FALSE(item->is_held());
  CHECK(item->acknowledge().error().code == Errc::fenced);
  CHECK(client.put("result", "late", {}, {.timeout = {}, .guards = {guard}}).error().code == Errc::fenced);
  PutOp effect;
  effect.key = "result";
  effect.value = "done";
  REQUIRE(second->acknowledge({effect}));
  CHECK(client.get("result")->kv->value == "done");
}

TEST_CASE("an item is given back when its time is over, unless that is extended") {
  Cluster cluster(1);
  Client client = cluster.client();
  recipes::WorkQueue queue(client, "q");
  REQUIRE(queue.push("work"));
  auto item = queue.take({.hold_for = 300ms}, soon);
  REQUIRE(item);
  item->extend(1500ms);
  const auto start = std::chrono::steady_clock::now();
  auto second = queue.take({.hold_for = 10s}, soon);
  REQUIRE(second);
  CHECK(std::chrono::steady_clock::now() - start > 1400ms);
  CHECK_FALSE(item->is_held());
  CHECK(second->attempt() == 2);
  CHECK(item->acknowledge().error().code == Errc::fenced);
  CHECK(second->acknowledge());
}

TEST_CASE("of many consumers that wait one is woken for each item") {
  constexpr int consumers = 12;
  Cluster cluster(1);
  std::vector<Client> clients;
  std::vector<std::unique_ptr<recipes::WorkQueue>> queues;
  std::vector<std::future<Result<recipes::WorkItem>>> waiting;
  for (int i = 0; i < consumers; ++i) clients.push_back(cluster.client());
  for (auto& client : clients) {
    queues.push_back(std::make_unique<recipes::WorkQueue>(client, "q"));
    auto promise = std::make_shared<std::promise<Result<recipes::WorkItem>>>();
    waiting.push_back(promise->get_future());
    queues.back()->take(
        {}, [promise](Result<recipes::WorkItem> item) { promise->set_value(std::move(item)); }, soon);
  }
  Client client = cluster.client();
  recipes::WorkQueue queue(client, "q");
  const auto in_line = [&] { return client.range(RangeOp{.keys = Keys::prefix("/conclave/queue/q//line/")})->count; };
  REQUIRE(await(20s, [&] { return in_line() == consumers; }));
  const auto before = client.status();
  for (int i = 0; i < consumers; ++i) {
    REQUIRE(queue.push(std::to_string(i)));
    REQUIRE(await(20s, [&] { return in_line() == static_cast<std::uint64_t>(consumers - 1 - i); }));
  }
  // One write for each push and one for each take.
  CHECK(client.status()->revision.minus(before->revision) == 2 * consumers);
  std::map<std::string, int> got;
  for (auto& each : waiting) {
    auto item = each.get();
    REQUIRE(item);
    ++got[item->body()];
    CHECK(item->acknowledge());
  }
  CHECK(got.size() == consumers);
}

TEST_CASE("a take that is called off leaves nothing behind") {
  Cluster cluster(1);
  Client client = cluster.client();
  Client other = cluster.client();
  recipes::WorkQueue queue(client, "q");
  const auto late = queue.take({}, {.timeout = 200ms});
  REQUIRE_FALSE(late);
  CHECK(late.error().code == recipes::timed_out);
  CHECK(await(20s, [&] { return other.range(RangeOp{.keys = Keys::prefix("/conclave/queue/q//line/")})->count == 0; }));
  REQUIRE(queue.push("a"));
  CHECK(queue.take({}, soon));
}
