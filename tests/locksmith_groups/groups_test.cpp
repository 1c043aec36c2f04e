#include "conclave/locksmith/groups.hpp"

#include <algorithm>
#include <future>

#include "cluster.hpp"
#include "conclave/locksmith/zones.hpp"
#include "conclave/recipes/reboot_lock.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::locksmith;
using namespace conclave::test;
using namespace std::chrono_literals;

namespace {

Claim machine(const std::string& id, std::int64_t priority = 0) {
  Claim claim;
  claim.machine = id;
  claim.boot = "boot-1";
  claim.host = "host-of-" + id;
  claim.reason = "kernel";
  claim.by = "test";
  claim.priority = priority;
  return claim;
}

std::future<Result<Attempt>> wait_for_slot(Group& group, Claim claim) {
  auto promise = std::make_shared<std::promise<Result<Attempt>>>();
  auto future = promise->get_future();
  group.lock([promise](Result<Attempt> attempt) { promise->set_value(std::move(attempt)); }, std::move(claim));
  return future;
}

std::vector<std::string> deeds(Group& group) {
  std::vector<std::string> names;
  const auto entries = group.history();
  REQUIRE(entries);
  for (const Entry& entry : *entries) names.push_back(std::string(name_of(entry.deed)) + " " + entry.machine);
  return names;
}

}  // namespace

TEST_CASE("looking at a group writes nothing") {
  Cluster cluster(1);
  Client client = cluster.client();
  Group group(client);
  const auto first = group.status();
  REQUIRE(first);
  CHECK(first->policy == Policy{});
  CHECK(first->policy_revision.is_zero());
  CHECK(list_groups(client)->empty());
  CHECK(group.history()->empty());
  CHECK(group.status()->revision == first->revision);
}

TEST_CASE("slots are given in the order of arrival, to each machine once, and the history tells of it") {
  Cluster cluster(3);
  Client client = cluster.client();
  Group group(client, "web");
  REQUIRE(group.set_max(2, "anna"));
  const auto first = group.lock(machine("a"), {.timeout = 5s});
  REQUIRE(first);
  REQUIRE(first->slot);
  CHECK_FALSE(first->had_it);
  CHECK(first->slot->claim.deadline > first->slot->claim.at);
  const auto again = group.lock(machine("a"), {.timeout = 5s});
  CHECK(again->had_it);
  CHECK(again->slot->token == first->slot->token);
  REQUIRE(group.lock(machine("b"), {.timeout = 0ms})->slot);
  const auto full = group.lock(machine("c"), {.timeout = 0ms});
  REQUIRE(full);
  CHECK_FALSE(full->slot);
  CHECK(full->why_not == "2 of 2 slots are taken, by host-of-a, host-of-b");
  auto third = wait_for_slot(group, machine("c"));
  REQUIRE(await(5s, [&] { return group.status()->waiters.size() == 1; }));
  auto fourth = wait_for_slot(group, machine("d"));
  REQUIRE(await(5s, [&] { return group.status()->waiters.size() == 2; }));
  CHECK(*group.unlock("a", "anna"));
  CHECK_FALSE(*group.unlock("a", "anna"));
  REQUIRE(third.get()->slot);
  CHECK(*group.evict("b", "anna"));
  REQUIRE(fourth.get()->slot);
  CHECK(deeds(group) == std::vector<std::string>{"changed ", "took a", "took b", "unlocked a", "took c", "evicted b", "took d"});
  CHECK(*list_groups(client) == std::vector<std::string>{"web"});
}

TEST_CASE("a paused group gives no slot until it is resumed, a smaller one none until enough came back") {
  Cluster cluster(1);
  Client client = cluster.client();
  Group group(client);
  REQUIRE(group.pause("anna", "holidays"));
  auto waiting = wait_for_slot(group, machine("a"));
  REQUIRE(await(5s, [&] { return group.status()->waiters.size() == 1; }));
  CHECK(explain(*group.status(), 0) == "the group is paused by anna: holidays");
  REQUIRE(group.resume("anna"));
  REQUIRE(waiting.get()->slot);
  REQUIRE(group.set_max(0, "anna"));
  CHECK(over_committed(*group.status()) == 1);
  CHECK_FALSE(group.lock(machine("b"), {.timeout = 100ms})->slot);
}

TEST_CASE("the higher priority comes first where the policy says so, and slots are spaced") {
  Cluster cluster(1);
  Client client = cluster.client();
  Group group(client);
  REQUIRE(group.set("order", "priority", "anna"));
  REQUIRE(group.set("spacing", "2s", "anna"));
  REQUIRE(group.set_max(5, "anna"));
  const auto begin = std::chrono::steady_clock::now();
  REQUIRE(group.lock(machine("a"), {.timeout = 5s})->slot);
  auto low = wait_for_slot(group, machine("low", 1));
  auto high = wait_for_slot(group, machine("high", 2));
  REQUIRE(await(5s, [&] { return group.status()->waiters.size() == 2; }));
  CHECK(group.status()->is_resting);
  REQUIRE(high.get()->slot);
  CHECK(std::chrono::steady_clock::now() - begin >= 1900ms);
  const auto meanwhile = group.status();
  CHECK(slot_of(*meanwhile, "low") == nullptr);
  REQUIRE(low.get()->slot);
  CHECK(std::chrono::steady_clock::now() - begin >= 3800ms);
}

TEST_CASE("a dead holder's slot is taken away only where the policy says so") {
  Cluster cluster(1);
  Client client = cluster.client();
  Group group(client);
  REQUIRE(group.set("deadline", "1s", "anna"));
  REQUIRE(group.set("auto_release", "2s", "anna"));
  REQUIRE(group.lock(machine("dead"), {.timeout = 5s})->slot);
  const auto taken = group.lock(machine("next"), {.timeout = 20s});
  REQUIRE(taken);
  INFO(taken->why_not);
  REQUIRE(taken->slot);
  CHECK(deeds(group).at(3) == "auto-released dead");
}

TEST_CASE("what cannot be done to a group is refused with a reason") {
  Cluster cluster(1);
  Client client = cluster.client();
  Group group(client);
  CHECK(group.set("zone", "Europe/Atlantis", "anna").error().context ==
        "zone: 'Europe/Atlantis' is no time zone that this machine knows");
  CHECK(group.lock(machine("a b")).error().code == Errc::invalid_argument);
  CHECK(Group(client, "a//b").status().error().code == Errc::invalid_argument);
  REQUIRE(client.put("/conclave/reboot/default", "{\"slots\": \"many\"}"));
  CHECK(state_of(*group.status(), 0) == GroupState::broken);
  CHECK(group.lock(machine("a"), {.timeout = 1s}).error().context.find("'many' is neither") != std::string::npos);
  CHECK_FALSE(group.set_max(1, "anna"));
  REQUIRE(group.replace(Policy{}, "anna"));
  REQUIRE(group.lock(machine("a"), {.timeout = 1s})->slot);
  CHECK(group.forget("a", "anna").error().context == "a has a slot; evict it first");
}

TEST_CASE("a plain reboot lock and a group share slots, and neither spoils the other's record") {
  Cluster cluster(1);
  Client client = cluster.client();
  Group group(client, "web");
  REQUIRE(group.set("deadline", "5m", "anna"));
  recipes::RebootLockOptions options;
  options.machine = "plain";
  options.boot = "boot-1";
  recipes::RebootLock plain(client, "web", options);
  REQUIRE(plain.acquire("kernel", {}, {.timeout = 5s}));
  CHECK(group.lock(machine("m"), {.timeout = 0ms})->why_not.starts_with("1 of 1 slots are taken"));
  REQUIRE(plain.resize(2));
  const auto status = group.status();
  CHECK(status->policy.slots == Amount{Amount::Kind::absolute, 2});
  CHECK(status->policy.deadline == 5min);
  REQUIRE(group.lock(machine("m"), {.timeout = 5s})->slot);
  CHECK(plain.status()->holders.size() == 2);
}

TEST_CASE("groups are listed whatever their names begin with") {
  Cluster cluster(1);
  Client client = cluster.client();
  const std::vector<std::string> names{"a", "a-1", "a.b", "a/b", "a0", "b"};
  for (const std::string& name : names) {
    Group group(client, name);
    REQUIRE(group.lock(machine("m"), {.timeout = 5s})->slot);
  }
  auto listed = *list_groups(client);
  std::sort(listed.begin(), listed.end());
  CHECK(listed == names);
}

TEST_CASE("a zone's clocks are those of the zone database") {
  const auto berlin = load_zone("Europe/Berlin");
  REQUIRE(berlin);
  CHECK((*berlin)(1'774'746'000 - 1) == 3600);
  CHECK((*berlin)(1'774'746'000) == 7200);
  const auto apia = load_zone("Pacific/Apia");  // which had no 30 December 2011
  REQUIRE(apia);
  const std::vector<Window> windows{*parse_window("12:00", "1h")};
  const WallMillis skipped = 1'325'239'200'000;  // the end of the 29th there
  CHECK(is_open(windows, *apia, next_opening(windows, *apia, skipped)));
  for (const char* const name : {"", "../../etc/passwd", "/etc/localtime", "file:/etc/passwd", "Nowhere/Land"})
    CHECK_FALSE(load_zone(name));
}
