#include "build.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::mvcc;
using namespace conclave::mvcc::test;

TEST_CASE("a put makes one revision and counts the key's versions from its creation") {
  World world;
  CHECK(world.run(put("a", "1")).revision == Revision(1));
  CHECK(world.run(put("a", "2")).revision == Revision(2));
  const KeyValuePtr kv = world.machine().get("a");
  CHECK(kv->create_revision() == Revision(1));
  CHECK(kv->mod_revision() == Revision(2));
  CHECK(kv->version() == 2);

  world.run(erase(one("a")));
  CHECK(world.machine().get("a") == nullptr);
  world.run(put("a", "3"));
  CHECK(world.machine().get("a")->create_revision() == Revision(4));
  CHECK(world.machine().get("a")->version() == 1);
}

TEST_CASE("a put gives the previous value only where asked for") {
  World world;
  world.run(put("a", "1"));
  PutOp op = put_of("a", "2");
  CHECK(as<PutResult>(world.run(Op{op})).prev == nullptr);
  op.want_previous = true;
  CHECK(as<PutResult>(world.run(Op{op})).prev->value() == "2");
}

TEST_CASE("a put that ignores the value keeps it and needs the key to exist") {
  World world;
  const LeaseId lease = world.grant();
  PutOp op = put_of("a", "", lease);
  op.ignore_value = true;
  CHECK(errc_of(world.run(Op{op})) == Errc::key_not_found);
  world.run(put("a", "1"));
  world.run(Op{op});
  CHECK(world.value("a") == "1");
  CHECK(world.machine().get("a")->lease() == lease);
  CHECK(world.machine().get("a")->version() == 2);
}

TEST_CASE("a put that ignores the lease keeps it and needs the key to exist") {
  World world;
  const LeaseId lease = world.grant();
  PutOp op = put_of("a", "2");
  op.ignore_lease = true;
  CHECK(errc_of(world.run(Op{op})) == Errc::key_not_found);
  world.run(put("a", "1", lease));
  world.run(Op{op});
  CHECK(world.value("a") == "2");
  CHECK(world.machine().get("a")->lease() == lease);
}

TEST_CASE("a value beside ignore_value and a lease beside ignore_lease are refused") {
  World world;
  const LeaseId lease = world.grant();
  world.run(put("a", "1"));
  PutOp op = put_of("a", "2");
  op.ignore_value = true;
  CHECK(errc_of(world.run(Op{op})) == Errc::invalid_argument);
  op = put_of("a", "2", lease);
  op.ignore_lease = true;
  CHECK(errc_of(world.run(Op{op})) == Errc::invalid_argument);
  CHECK(world.value("a") == "1");
}

TEST_CASE("a sequence put completes its key with twenty digits of the revision and three of the operation") {
  World world;
  world.run(put("x", ""));
  PutOp op = put_of("job/", "work");
  op.sequence = true;
  CHECK(as<PutResult>(world.run(Op{op})).key == "job/00000000000000000002-000");
  CHECK(world.value("job/00000000000000000002-000") == "work");

  const Response both = world.run(world.keep().txn({}, {get("x"), Op{op}, world.keep().txn({}, {Op{op}})}));
  const TxnResult& outer = as<TxnResult>(both);
  CHECK(std::get<PutResult>(outer.results[1].body).key == "job/00000000000000000003-001");
  const TxnResult& inner = std::get<TxnResult>(outer.results[2].body);
  CHECK(std::get<PutResult>(inner.results[0].body).key == "job/00000000000000000003-002");
}

TEST_CASE("a delete range removes what it selects in one revision and says what it was") {
  World world;
  for (const char* key : {"a", "b", "c", "d"}) world.run(put(key, key));
  const Response response = world.run(erase(span_of("b", "d"), true));
  CHECK(as<DeleteResult>(response).deleted == 2);
  CHECK(keys_of(as<DeleteResult>(response).prev) == std::vector<std::string>{"b", "c"});
  CHECK(response.revision == Revision(5));
  REQUIRE(world.last().events.size() == 1);
  const EventBatch& batch = *world.last().events[0];
  CHECK(batch.revision == Revision(5));
  REQUIRE(batch.events.size() == 2);
  CHECK(batch.events[0].kind == EventKind::erase);
  CHECK(batch.events[0].cause == EventCause::request);
  CHECK(batch.events[0].kv->mod_revision() == Revision(5));
  CHECK(batch.events[0].kv->create_revision().is_zero());
  CHECK(batch.events[0].kv->value().empty());
  CHECK(batch.events[0].prev->value() == "b");
}

TEST_CASE("a command that changes nothing makes no revision and no event") {
  World world;
  world.run(put("a", "1"));
  CHECK(world.run(erase(one("b"))).revision == Revision(1));
  CHECK(world.last().events.empty());
  CHECK(world.run(world.keep().txn({}, {get("a"), get("b")})).revision == Revision(1));
  CHECK(world.last().events.empty());
}

TEST_CASE("events tell a creation from a change and carry what was before") {
  World world;
  world.run(put("a", "1"));
  CHECK(world.last().events.at(0)->events.at(0).is_create());
  CHECK(world.last().events.at(0)->events.at(0).prev == nullptr);
  world.run(put("a", "2"));
  CHECK_FALSE(world.last().events.at(0)->events.at(0).is_create());
  CHECK(world.last().events.at(0)->events.at(0).prev->value() == "1");
}

TEST_CASE("keys may hold any bytes and sort as unsigned bytes") {
  World world;
  const std::string zero("a\0b", 3);
  world.run(put("a\xff", "high"));
  world.run(put(zero, "zero"));
  world.run(put("a", "short"));
  const RangeResult result = *world.machine().range(range_of(all()));
  CHECK(keys_of(result) == std::vector<std::string>{"a", zero, "a\xff"});
}

TEST_CASE("the current data is counted and a restart from rows gives the same state") {
  World world;
  CHECK(world.machine().data_bytes() == 0);
  world.run(put("a", "12345"));
  CHECK(world.machine().data_bytes() == KeyValue::overhead_bytes + 6);
  world.run(put("a", "1"));
  CHECK(world.machine().data_bytes() == KeyValue::overhead_bytes + 2);
  CHECK(world.replays());
  world.run(erase(one("a")));
  CHECK(world.machine().data_bytes() == 0);
  CHECK(world.machine().key_count() == 0);
  CHECK(world.replays());
}
