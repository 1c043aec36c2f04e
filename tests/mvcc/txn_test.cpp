#include "build.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::mvcc;
using namespace conclave::mvcc::test;

TEST_CASE("a transaction takes its first branch only if all compares hold") {
  World world;
  world.run(put("a", "1"));
  Keep& keep = world.keep();
  const Response both = world.run(keep.txn({exists("a"), missing("b")}, {put("x", "then")}, {put("x", "else")}));
  CHECK(as<TxnResult>(both).succeeded);
  CHECK(world.value("x") == "then");
  const Response one_fails = world.run(keep.txn({exists("a"), exists("b")}, {put("x", "then")}, {put("x", "else")}));
  CHECK_FALSE(as<TxnResult>(one_fails).succeeded);
  CHECK(world.value("x") == "else");
}

TEST_CASE("an empty transaction succeeds and changes nothing") {
  World world;
  const Response response = world.run(Op{TxnOp{}});
  CHECK(as<TxnResult>(response).succeeded);
  CHECK(as<TxnResult>(response).results.empty());
  CHECK(world.revision().is_zero());
}

TEST_CASE("all changes of a transaction share one revision and one event batch in the order of its operations") {
  World world;
  world.run(put("c", "old"));
  Keep& keep = world.keep();
  world.run(keep.txn({}, {put("b", "1"), keep.txn({}, {put("a", "2")}), erase(one("c"))}));
  CHECK(world.revision() == Revision(2));
  REQUIRE(world.last().events.size() == 1);
  const EventBatch& batch = *world.last().events[0];
  REQUIRE(batch.events.size() == 3);
  CHECK(batch.events[0].kv->key() == "b");
  CHECK(batch.events[1].kv->key() == "a");
  CHECK(batch.events[2].kv->key() == "c");
  CHECK(batch.events[2].kind == EventKind::erase);
  for (const Event& event : batch.events) CHECK(event.kv->mod_revision() == Revision(2));
}

TEST_CASE("operations of a transaction see the effects of the ones before them") {
  World world;
  world.run(put("a", "1"));
  Keep& keep = world.keep();
  const Response response = world.run(keep.txn({}, {put("b", "2"), range(all()), erase(one("a")), range(all())}));
  const TxnResult& result = as<TxnResult>(response);
  CHECK(keys_of(std::get<RangeResult>(result.results[1].body)) == std::vector<std::string>{"a", "b"});
  CHECK(keys_of(std::get<RangeResult>(result.results[3].body)) == std::vector<std::string>{"b"});
}

TEST_CASE("compares of a nested transaction see the state before the command") {
  World world;
  Keep& keep = world.keep();
  const Op nested = keep.txn({exists("a")}, {put("x", "seen")}, {put("x", "not seen")});
  const Response response = world.run(keep.txn({}, {put("a", "1"), nested}));
  CHECK_FALSE(std::get<TxnResult>(as<TxnResult>(response).results[1].body).succeeded);
  CHECK(world.value("x") == "not seen");
}

TEST_CASE("branches of several nested transactions are decided each by its own compares") {
  World world;
  world.run(put("a", "1"));
  Keep& keep = world.keep();
  const Op deep = keep.txn({exists("a")}, {put("3", "yes")}, {put("3", "no")});
  const Op first = keep.txn({missing("a")}, {put("1", "yes")}, {put("1", "no"), deep});
  const Op second = keep.txn({exists("a")}, {put("2", "yes")}, {put("2", "no")});
  world.run(keep.txn({missing("b")}, {first, second}));
  CHECK(world.value("1") == "no");
  CHECK(world.value("2") == "yes");
  CHECK(world.value("3") == "yes");
}

TEST_CASE("a key changed twice in one transaction is refused and nothing happens") {
  World world;
  world.run(put("a", "1"));
  const LeaseId lease = world.grant();
  world.run(put("l", "1", lease));
  Keep& keep = world.keep();
  const std::vector<std::vector<Op>> twice = {
      {put("b", "1"), put("b", "2")},
      {put("b", "1", lease), erase(all())},
      {erase(prefix("a")), put("a", "2")},
      {put("l", "2"), keep.txn({}, {put("l", "3")})},
  };
  for (const auto& ops : twice) {
    CHECK(errc_of(world.run(keep.txn({}, ops))) == Errc::duplicate_key);
    CHECK(world.revision() == Revision(2));
    CHECK(world.last().events.empty());
    CHECK(world.value("a") == "1");
    CHECK(world.value("b") == std::nullopt);
    CHECK(world.machine().get("l")->lease() == lease);
    CHECK(world.machine().lease(lease, true)->keys == std::vector<std::string>{"l"});
  }
  CHECK(world.replays());
}

TEST_CASE("a delete that finds nothing does not count as a change of a key") {
  World world;
  Keep& keep = world.keep();
  CHECK_FALSE(world.run(keep.txn({}, {erase(one("a")), put("a", "1")})).refused());
  CHECK_FALSE(world.run(keep.txn({}, {erase(one("a")), erase(one("a"))})).refused());
  CHECK(world.revision() == Revision(2));
}

TEST_CASE("one refused operation undoes the whole transaction") {
  World world;
  const LeaseId lease = world.grant();
  world.run(put("a", "1", lease));
  world.run(put("b", "1"));
  Keep& keep = world.keep();
  PutOp keep_value = put_of("missing", "");
  keep_value.ignore_value = true;
  const std::uint64_t bytes = world.machine().data_bytes();
  CHECK(errc_of(world.run(keep.txn({}, {put("c", "1", lease), put("a", "2"), erase(one("b")), Op{keep_value}}))) ==
        Errc::key_not_found);
  CHECK(world.value("a") == "1");
  CHECK(world.machine().get("a")->lease() == lease);
  CHECK(world.value("b") == "1");
  CHECK(world.value("c") == std::nullopt);
  CHECK(world.machine().data_bytes() == bytes);
  CHECK(world.revision() == Revision(2));
  CHECK(world.machine().lease(lease, true)->keys == std::vector<std::string>{"a"});
  CHECK(world.replays());
}

TEST_CASE("a command may not read at a revision, because members remember differently many") {
  World world;
  world.run(put("a", "1"));
  RangeOp old = range_of(one("a"));
  old.at = Revision(1);
  CHECK(errc_of(world.run(Op{old})) == Errc::invalid_argument);
  CHECK(errc_of(world.run(world.keep().txn({}, {Op{old}}))) == Errc::invalid_argument);
}

TEST_CASE("a transaction of reads needs no log, may nest and may read at old revisions") {
  World world;
  world.run(put("a", "1"));
  world.run(put("a", "2"));
  Keep& keep = world.keep();
  RangeOp old = range_of(one("a"));
  old.at = Revision(1);
  const Op txn = keep.txn({value_is("a", CompareRelation::equal, "2")}, {get("a"), keep.txn({missing("a")}, {}, {Op{old}})});
  const Result<TxnResult> result = world.machine().read_txn(std::get<TxnOp>(txn.body));
  REQUIRE(result.has_value());
  CHECK(result->succeeded);
  CHECK(std::get<RangeResult>(result->results[0].body).kvs.at(0)->value() == "2");
  const TxnResult& nested = std::get<TxnResult>(result->results[1].body);
  CHECK_FALSE(nested.succeeded);
  CHECK(std::get<RangeResult>(nested.results[0].body).kvs.at(0)->value() == "1");
}

TEST_CASE("a transaction of reads refuses an operation that writes, also in a branch that is not taken") {
  World world;
  Keep& keep = world.keep();
  const Op writes = keep.txn({}, {get("a")}, {keep.txn({}, {put("a", "1")})});
  const Result<TxnResult> result = world.machine().read_txn(std::get<TxnOp>(writes.body));
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().code == Errc::invalid_argument);
}
