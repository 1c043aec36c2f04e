#include <algorithm>

#include "cluster.hpp"
#include "conclave/locksmith/groups.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::locksmith;
using namespace conclave::test;

namespace {

Claim claim_of(const std::string& id) {
  Claim claim;
  claim.machine = id;
  claim.by = "fleetlock";
  return claim;
}

std::size_t taken_away(Group& group) {
  const auto entries = group.history();
  REQUIRE(entries);
  return static_cast<std::size_t>(
      std::count_if(entries->begin(), entries->end(), [](const Entry& entry) { return entry.deed == Deed::auto_released; }));
}

}  // namespace

TEST_CASE("machines without a daemon lose their slots no faster than the policy allows, until they are heard of or forgotten") {
  Cluster cluster(1);
  Client client = cluster.client();
  Group group(client);
  for (const auto& [name, value] : {std::pair("slots", "2"), std::pair("deadline", "1s"), std::pair("auto_release", "2s")})
    REQUIRE(group.set(name, value, "anna"));
  REQUIRE(group.lock(claim_of("dead-1"), {.timeout = 5s})->slot);
  REQUIRE(group.lock(claim_of("dead-2"), {.timeout = 5s})->slot);
  REQUIRE(group.lock(claim_of("next-1"), {.timeout = 20s})->slot);
  CHECK(taken_away(group) == 1);
  CHECK_FALSE(group.lock(claim_of("next-2"), {.timeout = 3s})->slot);
  CHECK(taken_away(group) == 1);
  REQUIRE(group.status());
  CHECK(group.status()->unknown_lost == 1);

  SECTION("it asks for a slot again") {
    REQUIRE(group.evict("next-1", "anna"));
    const auto status = group.status();
    const std::string back = slot_of(*status, "dead-1") == nullptr ? "dead-1" : "dead-2";
    REQUIRE(group.lock(claim_of(back), {.timeout = 20s})->slot);
  }
  SECTION("it is forgotten") {
    for (const char* const id : {"dead-1", "dead-2"}) (void)group.forget(id, "anna");
  }
  CHECK(group.status()->unknown_lost == 0);
}
