#include "build.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::mvcc;
using namespace conclave::mvcc::test;

namespace {

bool holds(World& world, const Compare& compare) {
  const Op txn = world.keep().txn({compare}, {});
  return world.machine().read_txn(std::get<TxnOp>(txn.body))->succeeded;
}

using enum CompareRelation;

}  // namespace

TEST_CASE("a compare looks at version, create, mod and lease of the key with every relation") {
  World world;
  world.run(put("x", ""));
  const LeaseId lease = world.grant(milliseconds(5000), LeaseId(77));
  world.run(put("a", "1"));
  world.run(put("a", "2", lease));
  const std::vector<std::pair<CompareTarget, std::uint64_t>> numbers = {
      {CompareTarget::version, 2}, {CompareTarget::create, 2}, {CompareTarget::mod, 3}, {CompareTarget::lease, 77}};
  for (const auto& [target, number] : numbers) {
    CHECK(holds(world, compare(one("a"), target, equal, number)));
    CHECK_FALSE(holds(world, compare(one("a"), target, equal, number + 1)));
    CHECK(holds(world, compare(one("a"), target, not_equal, number + 1)));
    CHECK_FALSE(holds(world, compare(one("a"), target, not_equal, number)));
    CHECK(holds(world, compare(one("a"), target, less, number + 1)));
    CHECK_FALSE(holds(world, compare(one("a"), target, less, number)));
    CHECK(holds(world, compare(one("a"), target, greater, number - 1)));
    CHECK_FALSE(holds(world, compare(one("a"), target, greater, number)));
  }
}

TEST_CASE("a compare of values compares unsigned bytes") {
  World world;
  world.run(put("a", "m\x80"));
  CHECK(holds(world, value_is("a", equal, "m\x80")));
  CHECK(holds(world, value_is("a", not_equal, "m")));
  CHECK(holds(world, value_is("a", greater, "m\x7f")));
  CHECK(holds(world, value_is("a", less, "m\x81")));
}

TEST_CASE("a missing key has version, create, mod and lease 0, and no compare of its value holds") {
  World world;
  for (const auto target : {CompareTarget::version, CompareTarget::create, CompareTarget::mod, CompareTarget::lease}) {
    CHECK(holds(world, compare(one("a"), target, equal, 0)));
    CHECK(holds(world, compare(one("a"), target, less, 1)));
    CHECK_FALSE(holds(world, compare(one("a"), target, greater, 0)));
  }
  for (const auto relation : {equal, not_equal, less, greater}) CHECK_FALSE(holds(world, value_is("a", relation, "")));
  CHECK(holds(world, missing("a")));
  CHECK_FALSE(holds(world, exists("a")));
}

TEST_CASE("a compare over a range holds if it holds for every key in it") {
  World world;
  world.run(put("a/1", "x"));
  world.run(put("a/2", "x"));
  world.run(put("b", "y"));
  CHECK(holds(world, {prefix("a/"), CompareTarget::value, equal, 0, "x"}));
  CHECK_FALSE(holds(world, {all(), CompareTarget::value, equal, 0, "x"}));
  CHECK(holds(world, compare(all(), CompareTarget::existence, equal, 1)));
  CHECK_FALSE(holds(world, compare(all(), CompareTarget::existence, equal, 0)));
  CHECK(holds(world, compare(from("b"), CompareTarget::mod, equal, 3)));
  CHECK(holds(world, compare(span_of("a/", "a/2"), CompareTarget::create, equal, 1)));
}

TEST_CASE("a compare over a range without keys behaves as for one missing key") {
  World world;
  world.run(put("b", "y"));
  CHECK(holds(world, compare(prefix("a/"), CompareTarget::existence, equal, 0)));
  CHECK_FALSE(holds(world, compare(prefix("a/"), CompareTarget::existence, equal, 1)));
  CHECK(holds(world, compare(prefix("a/"), CompareTarget::version, equal, 0)));
  CHECK_FALSE(holds(world, {prefix("a/"), CompareTarget::value, not_equal, 0, "x"}));
  CHECK(holds(world, compare(span_of("z", "a"), CompareTarget::existence, equal, 0)));
}
