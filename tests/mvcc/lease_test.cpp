#include "build.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::mvcc;
using namespace conclave::mvcc::test;

namespace {

milliseconds renewed(World& world, LeaseId id) {
  const std::vector<LeaseId> ids{id};
  return as<LeaseRenewed>(world.run(LeaseRenew{ids})).rows.at(0).ttl;
}

void expire(World& world, const std::vector<LeaseId>& ids) { CHECK_FALSE(world.run(ExpireLeases{ids}).refused()); }

}  // namespace

TEST_CASE("a granted lease is listed with its TTL, what remains of it, owner, note and keys") {
  World world;
  const Response response = world.run(LeaseGrant{LeaseId(7), milliseconds(10'000), "owner", "note"});
  CHECK(as<LeaseGranted>(response).id == LeaseId(7));
  CHECK(as<LeaseGranted>(response).ttl == milliseconds(10'000));
  world.run(put("b", "", LeaseId(7)));
  world.run(put("a", "", LeaseId(7)));
  world.advance(milliseconds(4'000));
  world.run(put("tick", ""));
  const auto info = world.machine().lease(LeaseId(7), true);
  REQUIRE(info);
  CHECK(info->granted == milliseconds(10'000));
  CHECK(info->remaining == milliseconds(6'000));
  CHECK(info->owner == "owner");
  CHECK(info->note == "note");
  CHECK_FALSE(info->session);
  CHECK(info->key_count == 2);
  CHECK(info->keys == std::vector<std::string>{"a", "b"});
  CHECK_FALSE(world.machine().lease(LeaseId(8), false));
}

TEST_CASE("a lease granted without an id gets one that was never used") {
  World world;
  std::set<LeaseId> seen;
  for (int i = 0; i < 20; ++i) {
    const LeaseId id = world.grant();
    CHECK(seen.insert(id).second);
    if (i % 2 == 0) world.run(LeaseRevoke{id});
  }
  // A client has taken the number that would come next.
  const LeaseId next((world.machine().applied().value() + 2) << 16U);
  world.grant(milliseconds(5'000), next);
  CHECK(world.grant() == next.next());
}

TEST_CASE("leases granted in one batch get different ids") {
  World world;
  const Command grant{{}, {}, LeaseGrant{{}, milliseconds(5'000), {}, {}}};
  const ApplyResult& result = world.apply({grant, grant, grant});
  std::set<LeaseId> ids;
  for (const Response& response : result.responses) ids.insert(as<LeaseGranted>(response).id);
  CHECK(ids.size() == 3);
}

TEST_CASE("a chosen lease id that exists is refused") {
  World world;
  world.grant(milliseconds(5'000), LeaseId(7));
  CHECK(errc_of(world.run(LeaseGrant{LeaseId(7), milliseconds(5'000), {}, {}})) == Errc::lease_exists);
}

TEST_CASE("a TTL outside the limits is refused with what is allowed") {
  World world;
  for (const std::int64_t ttl :
       {std::int64_t{0}, std::int64_t{1'999}, std::int64_t{86'400'001}, std::int64_t{-5}, INT64_MAX, INT64_MIN}) {
    const Response response = world.run(LeaseGrant{{}, milliseconds(ttl), {}, {}});
    CHECK(errc_of(response) == Errc::invalid_argument);
    CHECK(context_of(response) == "a TTL of " + std::to_string(ttl) + " ms; allowed are 2000 to 86400000 ms");
    CHECK(errc_of(world.run(SessionOpen{1, milliseconds(ttl), {}, {}})) == Errc::invalid_argument);
  }
  CHECK(world.machine().lease_count() == 0);
}

TEST_CASE("a revoked lease takes its keys with it in one revision") {
  World world;
  const LeaseId lease = world.grant();
  for (const char* key : {"a", "b", "c"}) world.run(put(key, "1", lease));
  world.run(put("other", "1"));
  const Response response = world.run(LeaseRevoke{lease});
  CHECK(as<mvcc::LeaseRevoked>(response).keys_deleted == 3);
  CHECK(response.revision == Revision(5));
  REQUIRE(world.last().events.size() == 1);
  for (const Event& event : world.last().events[0]->events) CHECK(event.cause == EventCause::lease_revoked);
  CHECK(world.machine().key_count() == 1);
  CHECK(world.machine().lease_count() == 0);
  CHECK(world.replays());
  CHECK(errc_of(world.run(LeaseRevoke{lease})) == Errc::lease_not_found);
}

TEST_CASE("a revoked lease without keys makes no revision") {
  World world;
  const LeaseId lease = world.grant();
  CHECK(world.run(LeaseRevoke{lease}).revision.is_zero());
  CHECK(world.last().events.empty());
}

TEST_CASE("an expired lease is one revision of its own with its cause") {
  World world;
  const LeaseId first = world.grant();
  const LeaseId second = world.grant();
  const LeaseId empty = world.grant();
  world.run(put("a", "1", first));
  world.run(put("b", "1", second));
  world.run(put("c", "1", second));
  world.advance(milliseconds(10'000));
  expire(world, {first, second, empty, first, LeaseId(12345)});
  REQUIRE(world.last().events.size() == 2);
  CHECK(world.last().events[0]->revision == Revision(4));
  CHECK(world.last().events[1]->revision == Revision(5));
  CHECK(world.last().events[1]->events.size() == 2);
  for (const auto& batch : world.last().events) {
    for (const Event& event : batch->events) CHECK(event.cause == EventCause::lease_expired);
  }
  CHECK(world.machine().lease_count() == 0);
  CHECK(world.machine().key_count() == 0);
  CHECK(world.replays());
}

TEST_CASE("a lease renewed after its expiry was proposed is not expired") {
  World world;
  const LeaseId lease = world.grant(milliseconds(10'000));
  world.run(put("a", "1", lease));
  world.advance(milliseconds(9'999));
  CHECK(renewed(world, lease) == milliseconds(10'000));
  world.advance(milliseconds(9'999));
  expire(world, {lease});
  CHECK(world.value("a") == "1");
  world.advance(milliseconds(1));
  expire(world, {lease});
  CHECK(world.value("a") == std::nullopt);
}

TEST_CASE("a lease is dead from the first entry stamped at its deadline: not renewed, no key put on it, not revoked") {
  World world;
  const LeaseId lease = world.grant(milliseconds(10'000));
  world.run(put("a", "1", lease));
  world.advance(milliseconds(10'000));
  CHECK(renewed(world, lease) == milliseconds(0));
  CHECK(errc_of(world.run(put("b", "1", lease))) == Errc::lease_not_found);
  PutOp keep_lease = put_of("a", "2");
  keep_lease.ignore_lease = true;
  CHECK(errc_of(world.run(Op{keep_lease})) == Errc::lease_not_found);
  CHECK(errc_of(world.run(LeaseRevoke{lease})) == Errc::lease_not_found);
  CHECK(world.machine().lease(lease, false)->remaining == milliseconds(0));
  CHECK(world.value("a") == "1");
  // Its keys can still be taken off it.
  CHECK_FALSE(world.run(put("a", "mine")).refused());
  expire(world, {lease});
  CHECK(world.value("a") == "mine");
}

TEST_CASE("cluster time does not go back, so a dead lease stays dead under a smaller stamp") {
  World world;
  const LeaseId lease = world.grant(milliseconds(10'000));
  world.advance(milliseconds(10'000));
  world.run(put("tick", ""));
  world.advance(milliseconds(-9'000));
  CHECK(renewed(world, lease) == milliseconds(0));
  CHECK(world.machine().stamp() == cluster_time_from_millis(10'000));
}

TEST_CASE("an entry without commands moves applied index and time") {
  World world;
  world.advance(milliseconds(5));
  world.apply({});
  CHECK(world.machine().applied() == Index(1));
  CHECK(world.machine().stamp() == cluster_time_from_millis(5));
  CHECK(world.last().delta.meta == world.machine().meta());
}

TEST_CASE("a renewal answers for every id in order, also for what does not exist") {
  World world;
  const LeaseId a = world.grant(milliseconds(10'000));
  const LeaseId b = world.grant(milliseconds(20'000));
  const std::vector<LeaseId> ids{b, LeaseId(1), a, b};
  const Response response = world.run(LeaseRenew{ids});
  const auto& rows = as<LeaseRenewed>(response).rows;
  REQUIRE(rows.size() == 4);
  CHECK(rows[0].ttl == milliseconds(20'000));
  CHECK(rows[1].id == LeaseId(1));
  CHECK(rows[1].ttl == milliseconds(0));
  CHECK(rows[2].ttl == milliseconds(10'000));
  CHECK(rows[3].ttl == milliseconds(20'000));
}

TEST_CASE("a key leaves its lease when it is put on another or on none") {
  World world;
  const LeaseId a = world.grant();
  const LeaseId b = world.grant();
  world.run(put("k", "1", a));
  world.run(put("k", "2", b));
  CHECK(world.machine().lease(a, false)->key_count == 0);
  CHECK(world.machine().lease(b, false)->key_count == 1);
  world.run(LeaseRevoke{a});
  CHECK(world.value("k") == "2");
  world.run(put("k", "3"));
  world.run(LeaseRevoke{b});
  CHECK(world.value("k") == "3");
}

TEST_CASE("leases are due in the order of their deadlines") {
  World world;
  const LeaseId late = world.grant(milliseconds(30'000));
  const LeaseId early = world.grant(milliseconds(10'000));
  const LeaseId middle = world.grant(milliseconds(20'000));
  CHECK(world.machine().next_deadline() == cluster_time_from_millis(10'000));
  CHECK(world.machine().leases_due(cluster_time_from_millis(9'999), 10).empty());
  CHECK(world.machine().leases_due(cluster_time_from_millis(20'000), 10) == std::vector{early, middle});
  CHECK(world.machine().leases_due(cluster_time_from_millis(99'000), 2) == std::vector{early, middle});
  world.advance(milliseconds(9'000));
  CHECK(renewed(world, early) == milliseconds(10'000));
  CHECK(world.machine().leases_due(cluster_time_from_millis(19'000), 10) == std::vector{early});
  CHECK(world.machine().leases_due(cluster_time_from_millis(30'000), 10) == std::vector{early, middle, late});
  world.run(LeaseRevoke{early});
  CHECK(world.machine().next_deadline() == cluster_time_from_millis(20'000));
}

TEST_CASE("leases are listed in pages by id") {
  World world;
  CHECK_FALSE(world.machine().next_deadline());
  for (const std::uint64_t id : {5U, 3U, 9U}) world.grant(milliseconds(5'000), LeaseId(id));
  const LeaseListPage page = world.machine().leases(LeaseId(), 2);
  REQUIRE(page.leases.size() == 2);
  CHECK(page.leases[0].id == LeaseId(3));
  CHECK(page.next == LeaseId(9));
  const LeaseListPage rest = world.machine().leases(*page.next, 2);
  CHECK(rest.leases.size() == 1);
  CHECK_FALSE(rest.next);
}

TEST_CASE("older keys under a prefix are counted up to a bound") {
  World world;
  for (const char* key : {"q/b", "q/a", "r", "q/c"}) world.run(put(key, ""));
  CHECK(world.machine().count_older("q/", Revision(4), 10) == 2);
  CHECK(world.machine().count_older("q/", Revision(4), 1) == 1);
  CHECK(world.machine().count_older("q/", Revision(1), 10) == 0);
  CHECK(world.machine().count_older("", Revision(9), 10) == 4);
}
