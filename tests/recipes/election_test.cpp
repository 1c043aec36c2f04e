#include "conclave/recipes/election.hpp"

#include <future>
#include <mutex>

#include "cluster.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::test;
using namespace std::chrono_literals;

TEST_CASE("candidates lead one after the other, and an observer sees each of them and what it proclaims") {
  Cluster cluster(3);
  Client client = cluster.client();
  Client other = cluster.client();
  recipes::Election mine(client, "a", {.ttl = 10s, .owner = "one"});
  recipes::Election theirs(other, "a", {.ttl = 10s, .owner = "two"});
  std::mutex mutex;
  std::vector<std::string> seen;
  const auto count = [&] {
    const std::lock_guard lock(mutex);
    return seen.size();
  };
  const recipes::Observation observation = mine.observe([&](const auto& leader) {
    const std::lock_guard lock(mutex);
    seen.push_back(!leader ? leader.error().message() : *leader ? (*leader)->owner + "=" + (*leader)->value : std::string("none"));
  });
  RangeOp candidates;
  candidates.keys = Keys::prefix("/conclave/election/a//");
  REQUIRE(await(20s, [&] { return count() == 1; }));
  auto first = mine.campaign("v1");
  REQUIRE(first);
  CHECK(first->is_leader());
  CHECK(first->is_leader_until() > std::chrono::steady_clock::now() + 5s);
  std::promise<Result<recipes::Leadership>> promise;
  auto next = promise.get_future();
  theirs.campaign(std::string("bin\xff"), [&](Result<recipes::Leadership> won) { promise.set_value(std::move(won)); });
  REQUIRE(await(20s, [&] { return client.range(candidates)->kvs.size() == 2; }));
  REQUIRE(first->proclaim("v2"));
  const auto leader = theirs.leader();
  REQUIRE(leader);
  REQUIRE(*leader);
  CHECK((*leader)->owner == "one");
  CHECK((*leader)->value == "v2");
  REQUIRE(first->resign());
  auto second = next.get();
  REQUIRE(second);
  CHECK(second->token() > (*leader)->token);
  REQUIRE(second->resign());
  REQUIRE(await(20s, [&] { return count() == 5; }));
  const std::lock_guard lock(mutex);
  CHECK(seen == std::vector<std::string>{"none", "one=v1", "one=v2", "two=bin\xff", "none"});
}

TEST_CASE("who lost the leadership proclaims nothing") {
  Cluster cluster(1);
  Client client = cluster.client();
  recipes::Election election(client, "a", {.ttl = 10s});
  auto lead = election.campaign("x");
  REQUIRE(lead);
  REQUIRE(client.erase(Keys::one(lead->guard().key)));
  const auto proclaimed = lead->proclaim("y");
  REQUIRE_FALSE(proclaimed);
  CHECK(proclaimed.error().code == Errc::fenced);
}
