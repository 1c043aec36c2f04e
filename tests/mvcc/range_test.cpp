#include "build.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::mvcc;
using namespace conclave::mvcc::test;

namespace {

using Keys = std::vector<std::string>;

void fill(World& world) {
  world.run(put("b", "3"));  // 1
  world.run(put("a", "1"));  // 2
  world.run(put("c", "2"));  // 3
  world.run(put("a", "2"));  // 4: version 2
  world.run(put("d", "0"));  // 5
}

Keys sorted(const World& world, SortTarget target, SortOrder order) {
  RangeOp op = range_of(all());
  op.sort_target = target;
  op.sort_order = order;
  return keys_of(*world.machine().range(op));
}

}  // namespace

TEST_CASE("a range selects one key, a half-open span, a prefix, or all from a key on") {
  World world;
  for (const char* key : {"a", "ab", "abc", "b", "c"}) world.run(put(key, key));
  const Machine& machine = world.machine();
  CHECK(keys_of(*machine.range(range_of(one("ab")))) == Keys{"ab"});
  CHECK(keys_of(*machine.range(range_of(one("x")))).empty());
  CHECK(keys_of(*machine.range(range_of(span_of("ab", "c")))) == Keys{"ab", "abc", "b"});
  CHECK(keys_of(*machine.range(range_of(span_of("c", "ab")))).empty());
  CHECK(keys_of(*machine.range(range_of(prefix("ab")))) == Keys{"ab", "abc"});
  CHECK(keys_of(*machine.range(range_of(all()))).size() == 5);
  CHECK(keys_of(*machine.range(range_of(from("abd")))) == Keys{"b", "c"});
}

TEST_CASE("a prefix of 0xff bytes ends where the keys end") {
  World world;
  world.run(put("\xff\xff", "1"));
  world.run(put("\xff\xff\xff", "2"));
  world.run(put("\xfe", "3"));
  CHECK(keys_of(*world.machine().range(range_of(prefix("\xff\xff")))).size() == 2);
}

TEST_CASE("a limited range says that there is more, where it goes on, and how many there are in all") {
  World world;
  fill(world);
  RangeOp op = range_of(all());
  op.limit = 2;
  RangeResult page = *world.machine().range(op);
  CHECK(keys_of(page) == Keys{"a", "b"});
  CHECK(page.more);
  CHECK(page.next_key == "c");
  CHECK(page.count == 4);
  op.keys = from(page.next_key);
  const RangeResult rest = *world.machine().range(op);
  CHECK(keys_of(rest) == Keys{"c", "d"});
  CHECK_FALSE(rest.more);
  CHECK(rest.next_key.empty());
  CHECK(rest.count == 2);
}

TEST_CASE("a range limited by bytes gives at least one row and never more than fit") {
  World world;
  fill(world);
  RangeOp op = range_of(all());
  for (const auto& [bytes, rows] :
       std::vector<std::pair<std::uint64_t, std::size_t>>{{1, 1}, {2, 1}, {3, 1}, {4, 2}, {7, 3}, {8, 4}}) {
    op.limit_bytes = bytes;
    const RangeResult page = *world.machine().range(op);
    CHECK(page.kvs.size() == rows);
    CHECK(page.more == (rows < 4));
  }
  op.keys_only = true;
  op.limit_bytes = 3;
  CHECK(world.machine().range(op)->kvs.size() == 3);
  CHECK(world.machine().range(op)->keys_only);
}

TEST_CASE("count only gives no rows") {
  World world;
  fill(world);
  RangeOp op = range_of(span_of("a", "c"));
  op.count_only = true;
  const RangeResult result = *world.machine().range(op);
  CHECK(result.count == 2);
  CHECK(result.kvs.empty());
  CHECK_FALSE(result.more);
  op.min_create = Revision(2);
  CHECK(world.machine().range(op)->count == 1);
}

TEST_CASE("a range is sorted by key, version, create, mod or value, and ties by key") {
  World world;
  fill(world);
  using enum SortTarget;
  using enum SortOrder;
  CHECK(sorted(world, key, ascending) == Keys{"a", "b", "c", "d"});
  CHECK(sorted(world, key, descending) == Keys{"d", "c", "b", "a"});
  CHECK(sorted(world, version, ascending) == Keys{"b", "c", "d", "a"});
  CHECK(sorted(world, version, descending) == Keys{"a", "b", "c", "d"});
  CHECK(sorted(world, create, ascending) == Keys{"b", "a", "c", "d"});
  CHECK(sorted(world, create, descending) == Keys{"d", "c", "a", "b"});
  CHECK(sorted(world, mod, ascending) == Keys{"b", "c", "a", "d"});
  CHECK(sorted(world, mod, descending) == Keys{"d", "a", "c", "b"});
  CHECK(sorted(world, value, ascending) == Keys{"d", "a", "c", "b"});
  CHECK(sorted(world, value, descending) == Keys{"b", "a", "c", "d"});
}

TEST_CASE("a sorted range is limited after it is sorted") {
  World world;
  fill(world);
  RangeOp op = range_of(all());
  op.sort_target = SortTarget::create;
  op.limit = 1;
  const RangeResult oldest = *world.machine().range(op);
  CHECK(keys_of(oldest) == Keys{"b"});
  CHECK(oldest.more);
  CHECK(oldest.count == 4);
  CHECK(oldest.next_key.empty());
  op.sort_target = SortTarget::key;
  op.sort_order = SortOrder::descending;
  const RangeResult last = *world.machine().range(op);
  CHECK(keys_of(last) == Keys{"d"});
  CHECK(last.more);
  CHECK(last.count == 4);
}

TEST_CASE("filters by mod and create revision are inclusive, and the count counts what passes them") {
  World world;
  fill(world);
  RangeOp op = range_of(all());
  op.min_mod = Revision(3);
  op.max_mod = Revision(4);
  RangeResult result = *world.machine().range(op);
  CHECK(keys_of(result) == Keys{"a", "c"});
  CHECK(result.count == 2);
  op.limit = 1;
  result = *world.machine().range(op);
  CHECK(keys_of(result) == Keys{"a"});
  CHECK(result.more);
  CHECK(result.next_key == "c");
  CHECK(result.count == 2);
  op = range_of(all());
  op.min_create = Revision(2);
  op.max_create = Revision(3);
  CHECK(keys_of(*world.machine().range(op)) == Keys{"a", "c"});
  op.sort_order = SortOrder::descending;
  CHECK(keys_of(*world.machine().range(op)) == Keys{"c", "a"});
}

TEST_CASE("a range in a command answers as a read does") {
  World world;
  fill(world);
  RangeOp op = range_of(prefix(""));
  op.limit = 3;
  const RangeResult& result = as<RangeResult>(world.run(Op{op}));
  CHECK(keys_of(result) == Keys{"a", "b", "c"});
  CHECK(result.next_key == "d");
}

TEST_CASE("many thousand keys put and deleted in any order stay in order and are counted right") {
  MachineConfig config;
  config.history_window_bytes = 100'000;
  Machine machine(config);
  std::set<std::string> expected;
  Prng random(11);
  Index index;
  for (int round = 0; round < 20'000; ++round) {
    // First mostly growth, then mostly removal.
    const std::string key = std::to_string(random.below(6'000));
    const bool grow = random.chance(round < 10'000 ? 9 : 2, 10);
    const Op op = grow ? put(key, "v") : erase(one(key));
    const Command command{{}, {}, op};
    index = index.next();
    (void)machine.apply(index, Term(1), Batch{MachineVersion(1), {}, {&command, 1}});
    if (grow) {
      expected.insert(key);
    } else {
      expected.erase(key);
    }
    if (round % 1'000 != 0) continue;
    machine.check_invariants();
    const std::string low = std::to_string(random.below(6'000));
    const std::string high = std::to_string(random.below(6'000));
    RangeOp count = range_of(span_of(low, high));
    count.count_only = true;
    const std::size_t wanted =
        low < high ? static_cast<std::size_t>(std::distance(expected.lower_bound(low), expected.lower_bound(high))) : 0;
    CHECK(machine.range(count)->count == wanted);
    CHECK(keys_of(*machine.range(range_of(all()))) == Keys(expected.begin(), expected.end()));
  }
}
