#include "build.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::mvcc;
using namespace conclave::mvcc::test;

namespace {

MachineConfig with(void (*change)(Limits&)) {
  MachineConfig config;
  change(config.limits);
  return config;
}

/// Refused with this text, and without a trace.
void check_refused(World& world, const Op& op, Errc code, const std::string& text) {
  const Revision before = world.revision();
  const Response response = world.run(op);
  CHECK(errc_of(response) == code);
  if (response.refused()) CHECK(context_of(response) == text);
  CHECK(world.revision() == before);
  CHECK(world.last().events.empty());
  CHECK(world.last().delta.changes.empty());
}

Op nested(World& world, int depth) {
  Op op = world.keep().txn({}, {put("deep", "1")});
  for (int i = 1; i < depth; ++i) op = world.keep().txn({}, {op});
  return op;
}

}  // namespace

TEST_CASE("a key has at least one byte and at most the limit") {
  World world;
  const std::string longest(32 * 1024, 'k');
  const std::string longer = longest + "k";
  check_refused(world, put("", "1"), Errc::invalid_argument, "an empty key; a key has 1 to 32768 bytes");
  check_refused(world, get(""), Errc::invalid_argument, "an empty key; a key has 1 to 32768 bytes");
  check_refused(world, erase(one("")), Errc::invalid_argument, "an empty key; a key has 1 to 32768 bytes");
  check_refused(world, put(longer, "1"), Errc::too_large, "a key of 32769 bytes; the limit is 32768");
  check_refused(world, range(prefix(longer)), Errc::too_large, "a prefix of 32769 bytes; the limit is 32768");
  check_refused(world, range(span_of("a", longer)), Errc::too_large, "the end of a range of 32769 bytes; the limit is 32768");
  check_refused(world, world.keep().txn({exists("")}, {}), Errc::invalid_argument, "an empty key; a key has 1 to 32768 bytes");
  PutOp sequence = put_of(longest, "1");
  sequence.sequence = true;
  check_refused(world, Op{sequence}, Errc::too_large, "a key with its sequence number of 32792 bytes; the limit is 32768");
  CHECK_FALSE(world.run(put(longest, "1")).refused());
  CHECK_FALSE(world.machine().range(range_of(one(""))).has_value());
}

TEST_CASE("a value has at most the limit") {
  World world(with([](Limits& limits) { limits.value_bytes_max = 10; }));
  CHECK_FALSE(world.run(put("a", "0123456789")).refused());
  check_refused(world, put("a", "0123456789x"), Errc::too_large, "a value of 11 bytes; the limit is 10");
}

TEST_CASE("operations are counted in all branches and nested transactions together") {
  World world;
  const std::vector<Op> many(63, get("a"));
  // One for the transaction itself, 63 in each branch, one nested.
  CHECK_FALSE(world.run(world.keep().txn({}, many, many)).refused());
  std::vector<Op> more = many;
  more.push_back(world.keep().txn({}, {get("a")}));
  check_refused(world, world.keep().txn({}, many, more), Errc::too_large, "more operations than the limit of 128");
}

TEST_CASE("compares are counted in all nested transactions together") {
  World world;
  const std::vector<Compare> half(64, missing("a"));
  CHECK_FALSE(world.run(world.keep().txn(half, {world.keep().txn(half, {})})).refused());
  const Op third = world.keep().txn({missing("a")}, {});
  check_refused(world, world.keep().txn(half, {world.keep().txn(half, {third})}), Errc::too_large,
                "129 compares; the limit is 128");
}

TEST_CASE("transactions nest to the limit and no deeper, however deep the request") {
  World world;
  CHECK_FALSE(world.run(nested(world, 4)).refused());
  check_refused(world, nested(world, 5), Errc::too_large, "transactions nested deeper than the limit of 4");
  check_refused(world, nested(world, 100'000), Errc::too_large, "transactions nested deeper than the limit of 4");
}

TEST_CASE("a command that would change too many keys changes none") {
  World world(with([](Limits& limits) { limits.keys_changed_max = 3; }));
  for (const char* key : {"a", "b", "c", "d"}) world.run(put(key, "1"));
  check_refused(world, erase(all()), Errc::too_large, "more keys to change than the limit of 3");
  check_refused(world, world.keep().txn({}, {put("x", ""), erase(span_of("a", "d"))}), Errc::too_large,
                "more keys to change than the limit of 3");
  CHECK(world.machine().key_count() == 4);
  CHECK(as<DeleteResult>(world.run(erase(span_of("a", "d")))).deleted == 3);
}

TEST_CASE("a command looks at a bounded number of keys in all its operations and compares together") {
  World world(with([](Limits& limits) { limits.keys_scanned_max = 5; }));
  for (const char* key : {"a", "b", "c"}) world.run(put(key, "1"));
  Keep& keep = world.keep();
  CHECK_FALSE(
      world.run(keep.txn({compare(all(), CompareTarget::version, CompareRelation::equal, 1)}, {get("a"), get("b")})).refused());
  check_refused(world, keep.txn({}, {range(all()), range(all())}), Errc::too_large, "more keys to look at than the limit of 5");
  check_refused(world, keep.txn({}, {put("x", ""), range(all()), erase(all())}), Errc::too_large,
                "more keys to look at than the limit of 5");
  CHECK(world.machine().key_count() == 3);
}

TEST_CASE("a range that stands alone gives what it may look at and says where it goes on; a sorted one cannot") {
  World world(with([](Limits& limits) { limits.keys_scanned_max = 3; }));
  for (const char* key : {"a", "b", "c", "d"}) world.run(put(key, "1"));
  const Response response = world.run(range(all()));
  CHECK(as<RangeResult>(response).kvs.size() == 3);
  CHECK(as<RangeResult>(response).more);
  CHECK(as<RangeResult>(response).next_key == "d");
  CHECK(as<RangeResult>(response).count == 4);
  RangeOp sorted = range_of(all());
  sorted.sort_target = SortTarget::mod;
  check_refused(world, Op{sorted}, Errc::too_large, "more keys to look at than the limit of 3");
  RangeOp last = range_of(all());
  last.sort_order = SortOrder::descending;
  last.limit = 2;
  CHECK(keys_of(as<RangeResult>(world.run(Op{last}))) == std::vector<std::string>{"d", "c"});
  RangeOp count = range_of(all());
  count.count_only = true;
  CHECK(as<RangeResult>(world.run(Op{count})).count == 4);
}

TEST_CASE("the answer is bounded: a range that stands alone is cut, a transaction is refused whole") {
  World world(with([](Limits& limits) { limits.response_bytes_max = 1'500; }));
  const std::string value(400, 'v');
  for (const char* key : {"a", "b", "c", "d"}) world.run(put(key, value));
  const Response page = world.run(range(all()));
  CHECK(as<RangeResult>(page).kvs.size() == 2);
  CHECK(as<RangeResult>(page).next_key == "c");
  CHECK(size_of(page) <= 1'500);
  CHECK(world.machine().range(range_of(all()))->kvs.size() == 2);
  const std::string text = "an answer of more bytes than the limit of 1500";
  check_refused(world, world.keep().txn({}, {put("x", ""), range(all())}), Errc::too_large, text);
  check_refused(world, erase(all(), true), Errc::too_large, text);
  RangeOp keys = range_of(all());
  keys.keys_only = true;
  CHECK_FALSE(world.run(world.keep().txn({}, {Op{keys}})).refused());
  CHECK(as<DeleteResult>(world.run(erase(all()))).deleted == 4);
}

TEST_CASE("a lease holds a bounded number of keys") {
  World world(with([](Limits& limits) { limits.lease_keys_max = 2; }));
  const LeaseId lease = world.grant(milliseconds(5'000), LeaseId(9));
  world.run(put("a", "1", lease));
  world.run(put("b", "1", lease));
  check_refused(world, put("c", "1", lease), Errc::too_large, "lease 9 has 2 keys; the limit is 2");
  CHECK_FALSE(world.run(put("a", "2", lease)).refused());
  world.run(put("b", "2"));
  CHECK_FALSE(world.run(put("c", "1", lease)).refused());
}

TEST_CASE("over the quota only what adds data is refused") {
  World world(with([](Limits& limits) { limits.quota_bytes = 2 * KeyValue::overhead_bytes + 100; }));
  const std::string value(90, 'v');
  CHECK_FALSE(world.run(put("a", value)).refused());
  CHECK_FALSE(world.run(put("b", "1")).refused());
  const Response response = world.run(put("c", "1"));
  CHECK(errc_of(response) == Errc::no_space);
  CHECK(context_of(response) == "the data would take 383 bytes; the quota is 292");
  CHECK(world.machine().get("c") == nullptr);
  CHECK_FALSE(world.run(put("a", std::string(89, 'w'))).refused());
  CHECK_FALSE(world.run(world.keep().txn({}, {erase(one("a")), put("c", "1")})).refused());
  CHECK_FALSE(world.run(get("c")).refused());
  CHECK_FALSE(world.run(Compact{Revision(1)}).refused());
  CHECK_FALSE(world.run(erase(one("c"))).refused());
  CHECK_FALSE(world.run(put("d", "1")).refused());
}

TEST_CASE("leases, their owners and notes, renewals and expiries are bounded") {
  World world(with([](Limits& limits) {
    limits.leases_max = 2;
    limits.renew_ids_max = 3;
    limits.expire_ids_max = 3;
  }));
  const std::string owner(257, 'o');
  const std::string note(1025, 'n');
  CHECK(context_of(world.run(LeaseGrant{{}, milliseconds(5'000), owner, {}})) == "an owner name of 257 bytes; the limit is 256");
  CHECK(context_of(world.run(SessionOpen{1, milliseconds(5'000), {}, note})) == "a note of 1025 bytes; the limit is 1024");
  world.grant();
  world.open();
  CHECK(context_of(world.run(LeaseGrant{{}, milliseconds(5'000), {}, {}})) == "there are 2 leases; the limit is 2");
  CHECK(errc_of(world.run(SessionOpen{2, milliseconds(5'000), {}, {}})) == Errc::too_large);
  const std::vector<LeaseId> ids(4, LeaseId(1));
  CHECK(context_of(world.run(LeaseRenew{ids})) == "4 leases to renew; the limit is 3");
  CHECK(context_of(world.run(ExpireLeases{ids})) == "4 leases to expire; the limit is 3");
}

TEST_CASE("a refused text stays short and printable whatever the key holds") {
  World world;
  const std::string key = std::string("\x01\"\\") + std::string(30'000, '\xff');
  PutOp op = put_of(key, "");
  op.ignore_value = true;
  const std::string text = context_of(world.run(Op{op}));
  CHECK(text.size() < 400);
  CHECK(text.starts_with("the key \"\\x01\\x22\\x5c\\xff"));
  CHECK(text.ends_with("...\" does not exist"));
}

TEST_CASE("bytes that do not decode are refused alike by all, and not remembered") {
  World world;
  const LeaseId session = world.open();
  CHECK(errc_of(world.in_session(session, 1, 1, Undecodable{Errc::unsupported})) == Errc::unsupported);
  CHECK_FALSE(world.in_session(session, 1, 1, put("a", "1")).refused());
}

TEST_CASE("the machine version goes up only, and a batch above it is refused whole") {
  Machine machine;
  const Command command{{}, {}, put("a", "1")};
  const Command lower{{}, {}, SetMachineVersion{MachineVersion(0)}};
  const Command same{{}, {}, SetMachineVersion{MachineVersion(1)}};
  const std::vector<Command> commands{lower, same, command};
  const ApplyResult result = machine.apply(Index(1), Term(1), Batch{MachineVersion(1), {}, commands});
  CHECK(errc_of(result.responses[0]) == Errc::invalid_argument);
  CHECK(std::holds_alternative<Done>(result.responses[1].body));
  CHECK_FALSE(result.responses[2].refused());
  const Command raise{{}, {}, SetMachineVersion{MachineVersion(7)}};
  (void)machine.apply(Index(2), Term(1), Batch{MachineVersion(1), {}, {&raise, 1}});
  CHECK(machine.meta().machine_version == MachineVersion(7));
}
