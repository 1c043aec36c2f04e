#include "conclave/recipes/registration.hpp"

#include <map>
#include <mutex>

#include "cluster.hpp"
#include "conclave/recipes/discovery.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::test;
using namespace std::chrono_literals;

namespace {

const recipes::Wait soon{10s, {}};

std::string states(const std::vector<recipes::ServiceInstance>& instances) {
  std::string text;
  for (const auto& each : instances)
    text += each.id + (each.state == recipes::InstanceState::up         ? "+ "
                       : each.state == recipes::InstanceState::draining ? "~ "
                                                                        : "- ");
  return text;
}

}  // namespace

TEST_CASE("what is registered is discovered, with its metadata and every change of them, until it is deregistered") {
  Cluster cluster(1);
  Client client = cluster.client();
  Client other = cluster.client();
  std::mutex mutex;
  std::vector<std::string> told;
  recipes::Discovery found(other, "mailer", {.on_change = [&](const auto& list) {
                             const std::lock_guard lock(mutex);
                             told.push_back(states(list));
                           }});
  REQUIRE(found.ready(soon));
  CHECK_FALSE(found.pick());
  const recipes::ServiceInstance instance{
      .id = "m1", .address = "10.0.0.7", .port = 2525, .weight = 3, .version = "1.2", .tags = {"eu"}, .meta = {{"rack", "4"}}};
  recipes::Registration registration(client, "mailer", instance);
  REQUIRE(registration.ready(soon));
  CHECK(registration.state() == recipes::RegistrationState::registered);
  REQUIRE(found.sync(soon));
  REQUIRE(found.instances().size() == 1);
  CHECK(found.instances()[0] == instance);
  CHECK(found.pick()->address == "10.0.0.7");

  REQUIRE(registration.drain());
  REQUIRE(found.sync(soon));
  CHECK(states(found.instances()) == "m1~ ");
  CHECK_FALSE(found.pick());
  REQUIRE(registration.resume());
  registration.report_health(false);
  REQUIRE(registration.ready(soon));
  REQUIRE(found.sync(soon));
  CHECK(states(found.instances()) == "m1- ");
  registration.report_health(true);
  auto changed = instance;
  changed.version = "1.3";
  registration.update(changed);
  const auto updated = registration.ready(soon);
  INFO((updated ? std::string() : updated.error().message()));
  REQUIRE(updated);
  REQUIRE(found.sync(soon));
  CHECK(found.pick()->version == "1.3");
  REQUIRE(registration.deregister());
  REQUIRE(found.sync(soon));
  CHECK(found.instances().empty());
  const std::lock_guard lock(mutex);
  CHECK(told.front().empty());
  CHECK(told.back().empty());
  CHECK(std::count(told.begin(), told.end(), "m1~ ") == 1);
}

TEST_CASE("a registration comes back by itself when its lease is lost or its entry is deleted by hand") {
  Cluster cluster(1);
  Client client = cluster.client();
  Client other = cluster.client();
  recipes::Registration registration(client, "s", {.id = "a"}, {.ttl = 3s, .jitter = 200ms});
  REQUIRE(registration.ready(soon));
  const auto row = [&] { return other.get("/conclave/service/s//a")->kv; };
  const auto first = row();
  REQUIRE(first);
  for (int i = 0; i < 3; ++i) {
    const LeaseId lease = row()->lease;
    REQUIRE(other.lease_revoke(lease));
    REQUIRE(await(20s, [&] { return row() && row()->lease != lease; }));
  }
  REQUIRE(other.erase(Keys::one("/conclave/service/s//a")));
  CHECK(await(20s, [&] { return row().has_value(); }));
  CHECK(registration.ready(soon));
}

TEST_CASE("who registers last under an id has it, and who had it before does not fight for it") {
  Cluster cluster(1);
  Client client = cluster.client();
  Client other = cluster.client();
  recipes::Registration old(client, "s", {.id = "a", .version = "old"}, {.ttl = 3s});
  REQUIRE(old.ready(soon));
  recipes::Registration young(other, "s", {.id = "a", .version = "young"}, {.ttl = 3s});
  REQUIRE(young.ready(soon));
  CHECK(await(20s, [&] { return old.state() == recipes::RegistrationState::replaced; }));
  CHECK(old.ready(soon).error().code == Errc::already_exists);
  REQUIRE(old.deregister());
  recipes::Discovery found(client, "s");
  REQUIRE(found.ready(soon));
  CHECK(found.pick()->version == "young");
  CHECK(young.state() == recipes::RegistrationState::registered);
}

TEST_CASE("nothing is registered before it is healthy, and who does not say so again in time is unhealthy") {
  Cluster cluster(1);
  Client client = cluster.client();
  recipes::Registration registration(client, "s", {.id = "a"}, {.ttl = 3s, .healthy = false, .health_within = 500ms});
  recipes::Discovery found(client, "s");
  REQUIRE(found.ready(soon));
  CHECK(registration.ready({.timeout = 300ms}).error().code == recipes::timed_out);
  REQUIRE(found.sync(soon));
  CHECK(found.instances().empty());
  registration.report_health(true);
  REQUIRE(registration.ready(soon));
  REQUIRE(found.sync(soon));
  CHECK(states(found.instances()) == "a+ ");
  CHECK(await(20s, [&] { return states(found.instances()) == "a- "; }));
  registration.report_health(true);
  CHECK(await(20s, [&] { return states(found.instances()) == "a+ "; }));
}

TEST_CASE("the entry of a client that is closed is gone at once") {
  Cluster cluster(1);
  Client client = cluster.client();
  recipes::Discovery found(client, "s");
  {
    Client other = cluster.client();
    recipes::Registration registration(other, "s", {.id = "a"}, {.ttl = 60s});
    REQUIRE(registration.ready(soon));
    REQUIRE(found.sync(soon));
    CHECK(found.instances().size() == 1);
  }
  CHECK(await(20s, [&] { return found.instances().empty(); }));
}

TEST_CASE("instances are picked in turn, or as often as their weights say") {
  Cluster cluster(1);
  Client client = cluster.client();
  recipes::Registration a(client, "s", {.id = "a", .weight = 2, .tags = {"x"}});
  recipes::Registration b(client, "s", {.id = "b", .tags = {"x"}});
  recipes::Registration c(client, "s", {.id = "c", .weight = 0});
  recipes::Discovery by_turn(client, "s");
  recipes::Discovery by_weight(client, "s", {.pick_by = recipes::PickBy::weight});
  recipes::Discovery tagged(client, "s", {.tag = "x"});
  for (auto* each : {&a, &b, &c}) REQUIRE(each->ready(soon));
  for (auto* each : {&by_turn, &by_weight, &tagged}) REQUIRE(each->sync(soon));
  const auto picked = [](recipes::Discovery& from) {
    std::string order;
    for (int i = 0; i < 6; ++i) order += from.pick()->id;
    return order;
  };
  CHECK(picked(by_turn) == "abcabc");
  CHECK(picked(by_weight) == "abaaba");
  CHECK(picked(tagged) == "ababab");
  CHECK(tagged.instances().size() == 2);
}
