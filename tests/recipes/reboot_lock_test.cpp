#include "conclave/recipes/reboot_lock.hpp"

#include <future>

#include "cluster.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::test;
using namespace std::chrono_literals;

namespace {

recipes::RebootLock machine(Client& client, const std::string& id, const std::string& boot = "boot-1") {
  recipes::RebootLockOptions options;
  options.machine = id;
  options.boot = boot;
  options.host = "host-of-" + id;
  return {client, "group", options};
}

}  // namespace

TEST_CASE("a slot outlives the process and is given back only after the reboot") {
  Cluster cluster(3);
  {
    Client client = cluster.client();
    recipes::RebootLock lock = machine(client, "m1");
    const auto slot = lock.acquire("kernel", std::chrono::system_clock::now() - 1s);
    REQUIRE(slot);
    CHECK(slot->guard.lease.is_zero());
    CHECK(client.put("data", "x", {}, {.timeout = {}, .guards = {slot->guard}}));
    const auto early = lock.release();
    REQUIRE_FALSE(early);
    CHECK(early.error().code == Errc::invalid_argument);
  }
  Client client = cluster.client();
  recipes::RebootLock again = machine(client, "m1");  // the process died before the reboot
  const auto mine = again.mine();
  REQUIRE(mine);
  REQUIRE(*mine);
  CHECK_FALSE((*mine)->has_rebooted);
  CHECK((*mine)->is_overdue);
  CHECK(again.acquire("again")->token() == (*mine)->token());

  recipes::RebootLock other = machine(client, "m2");
  const auto refused = other.acquire("kernel", {}, {.timeout = 300ms});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == recipes::timed_out);
  std::promise<Result<recipes::RebootSlot>> promise;
  auto next = promise.get_future();
  other.acquire([&](Result<recipes::RebootSlot> slot) { promise.set_value(std::move(slot)); }, "kernel");
  REQUIRE(await(20s, [&] { return again.status()->waiters.size() == 1; }));

  recipes::RebootLock rebooted = machine(client, "m1", "boot-2");
  CHECK((*rebooted.mine())->has_rebooted);
  REQUIRE(rebooted.release());
  CHECK_FALSE(*rebooted.mine());
  const auto slot = next.get();
  REQUIRE(slot);
  CHECK(slot->token() > (*mine)->token());
  const auto status = again.status();
  REQUIRE(status->holders.size() == 1);
  CHECK(status->holders.front().machine == "m2");
  CHECK(status->holders.front().host == "host-of-m2");
  CHECK(status->holders.front().reason == "kernel");
  const auto fenced = client.put("data", "y", {}, {.timeout = {}, .guards = {(*mine)->guard}});
  REQUIRE_FALSE(fenced);
  CHECK(fenced.error().code == Errc::fenced);
}

TEST_CASE("an operator pauses a group, changes its budget and evicts a machine") {
  Cluster cluster(1);
  Client client = cluster.client();
  recipes::RebootLock one = machine(client, "m1");
  recipes::RebootLock two = machine(client, "m2");
  recipes::RebootLock three = machine(client, "m3");
  REQUIRE(one.pause());
  CHECK_FALSE(one.acquire("x", {}, {.timeout = 200ms}));
  CHECK(one.status()->paused);
  REQUIRE(one.resume());
  REQUIRE(one.resize(2));
  REQUIRE(one.acquire("x"));
  REQUIRE(two.acquire("x"));
  CHECK_FALSE(three.acquire("x", {}, {.timeout = 200ms}));
  REQUIRE(one.resize(1));
  CHECK(one.status()->over_committed == 1);
  REQUIRE(one.evict("m1"));
  CHECK_FALSE(three.acquire("x", {}, {.timeout = 200ms}));
  REQUIRE(one.evict("m2"));
  REQUIRE(one.evict("nobody"));
  REQUIRE(three.acquire("x", {}, {.timeout = 5s}));
}

TEST_CASE("who has no machine id looks at a group and changes it, and takes nothing") {
  Cluster cluster(1);
  Client client = cluster.client();
  recipes::RebootLock nobody = machine(client, "no id");
  recipes::RebootLock one = machine(client, "m1");
  REQUIRE(nobody.resize(2));
  REQUIRE(nobody.pause());
  CHECK(one.status()->paused);
  REQUIRE(nobody.resume());
  REQUIRE(one.acquire("x"));
  CHECK(nobody.status()->holders.size() == 1);
  REQUIRE(nobody.evict("m1"));
  CHECK(nobody.acquire("x").error().code == Errc::invalid_argument);
  CHECK(nobody.mine().error().code == Errc::invalid_argument);
  CHECK(nobody.release().error().code == Errc::invalid_argument);
}
