#include "build.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::mvcc;
using namespace conclave::mvcc::test;

namespace {

using Keys = std::vector<std::string>;

Result<RangeResult> read_at(const World& world, KeySelector keys, std::uint64_t revision, const HistoryOverlay* overlay = nullptr) {
  RangeOp op = range_of(keys);
  op.at = Revision(revision);
  return world.machine().range(op, overlay);
}

Keys values(const Result<RangeResult>& result) {
  Keys texts;
  for (const KeyValuePtr& kv : result->kvs) texts.push_back(std::string(kv->key()) + "=" + std::string(kv->value()));
  return texts;
}

void fill(World& world) {
  world.run(put("a", "1"));      // 1
  world.run(put("b", "2"));      // 2
  world.run(put("a", "3"));      // 3
  world.run(erase(one("b")));    // 4
  world.run(put("c", "5"));      // 5
  world.run(erase(prefix("")));  // 6
  world.run(put("b", "7"));      // 7
}

MachineConfig without_window() {
  MachineConfig config;
  config.history_window_bytes = 0;
  return config;
}

}  // namespace

TEST_CASE("a read at an old revision sees the keys as they were") {
  World world;
  fill(world);
  CHECK(values(read_at(world, all(), 1)) == Keys{"a=1"});
  CHECK(values(read_at(world, all(), 2)) == Keys{"a=1", "b=2"});
  CHECK(values(read_at(world, all(), 3)) == Keys{"a=3", "b=2"});
  CHECK(values(read_at(world, all(), 4)) == Keys{"a=3"});
  CHECK(values(read_at(world, all(), 5)) == Keys{"a=3", "c=5"});
  CHECK(values(read_at(world, all(), 6)).empty());
  CHECK(values(read_at(world, all(), 7)) == Keys{"b=7"});
  CHECK(values(read_at(world, one("b"), 3)) == Keys{"b=2"});
  for (std::uint64_t at = 1; at <= 7; ++at) CHECK(read_at(world, all(), at)->count == read_at(world, all(), at)->kvs.size());
}

TEST_CASE("a read of the future or of what was compacted is refused") {
  World world;
  fill(world);
  CHECK(read_at(world, all(), 8).error().code == Errc::future_revision);
  world.run(Compact{Revision(3)});
  CHECK(read_at(world, all(), 2).error().code == Errc::compacted);
  CHECK(values(read_at(world, all(), 3)) == Keys{"a=3", "b=2"});
  CHECK_FALSE(world.machine().history_needed(Revision(2)));
}

TEST_CASE("compaction names a revision that exists, never goes back, and forgets the events below") {
  World world;
  fill(world);
  CHECK(errc_of(world.run(Compact{Revision(8)})) == Errc::future_revision);
  CHECK(as<Compacted>(world.run(Compact{Revision(4)})).revision == Revision(4));
  CHECK(world.last().delta.changes.size() == 1);
  CHECK(std::get<HistoryErase>(world.last().delta.changes[0]).below == Revision(4));
  CHECK(world.machine().compacted() == Revision(4));
  CHECK(world.machine().window_start() == Revision(4));
  CHECK(as<Compacted>(world.run(Compact{Revision(2)})).revision == Revision(4));
  CHECK(world.last().delta.changes.empty());
  CHECK(world.revision() == Revision(7));
  CHECK(world.replays());
}

TEST_CASE("compaction changes no readable revision and no current key") {
  World world;
  fill(world);
  std::vector<Keys> before;
  for (std::uint64_t at = 5; at <= 7; ++at) before.push_back(values(read_at(world, all(), at)));
  world.run(Compact{Revision(5)});
  for (std::uint64_t at = 5; at <= 7; ++at) CHECK(values(read_at(world, all(), at)) == before[at - 5]);
}

TEST_CASE("the window holds the newest event batches within its bytes") {
  World world;
  fill(world);
  CHECK(world.machine().window_start() == Revision(1));
  const auto batches = world.machine().events_from(Revision(3), 2);
  REQUIRE(batches.size() == 2);
  CHECK(batches[0]->revision == Revision(3));
  CHECK(batches[1]->revision == Revision(4));
  CHECK(world.machine().events_from(Revision(8), 10).empty());

  MachineConfig small;
  small.history_window_bytes = 5'000;
  World bounded(small);
  for (int i = 0; i < 100; ++i) {
    bounded.run(put("k", std::string(100, 'x')));
    CHECK(bounded.machine().window_bytes() <= 5'000);
  }
  CHECK(bounded.machine().window_start() > Revision(80));
  CHECK(bounded.machine().window_start() < Revision(100));
}

TEST_CASE("an empty window starts behind the newest revision") {
  World world(without_window());
  CHECK(world.machine().window_start() == Revision(1));
  fill(world);
  CHECK(world.machine().window_start() == Revision(8));
  CHECK(world.machine().events_from(Revision(8), 10).empty());
  CHECK(world.machine().window_bytes() == 0);
}

TEST_CASE("a revision below the window needs history, and cannot be read without") {
  World world(without_window());
  fill(world);
  CHECK(world.machine().history_needed(Revision(6)));
  CHECK_FALSE(world.machine().history_needed(Revision(7)));
  CHECK_FALSE(world.machine().history_needed(Revision(8)));
  CHECK_FALSE(world.machine().history_needed(Revision()));
  CHECK(read_at(world, all(), 6).error().code == Errc::unsupported);
  const Op txn = world.keep().txn({}, {Op{[] {
                                    RangeOp op = range_of(all());
                                    op.at = Revision(5);
                                    return op;
                                  }()}});
  CHECK(world.machine().read_txn(std::get<TxnOp>(txn.body)).error().code == Errc::unsupported);
}

TEST_CASE("an overlay gives back what history in memory has lost") {
  World world(without_window());
  fill(world);
  const auto kv = [](ByteView key, ByteView value) {
    return make_key_value(key, value, KeyValue::Versions{Revision(1), Revision(1), 1, {}});
  };
  // As of revision 3: a and b existed, c did not; all three changed since.
  const HistoryOverlay overlay{{{"a", kv("a", "3")}, {"b", kv("b", "2")}, {"c", nullptr}}};
  CHECK(values(read_at(world, all(), 3, &overlay)) == Keys{"a=3", "b=2"});
  CHECK(read_at(world, all(), 3, &overlay)->count == 2);
  CHECK(values(read_at(world, from("b"), 3, &overlay)) == Keys{"b=2"});
  CHECK(read_at(world, from("b"), 3, &overlay)->count == 1);
  CHECK(values(read_at(world, one("c"), 3, &overlay)).empty());
}

TEST_CASE("a page of an old revision goes on at its next key") {
  World world;
  for (const char* key : {"a", "b", "c", "d"}) world.run(put(key, key));
  world.run(erase(one("b")));
  world.run(put("bb", "new"));
  RangeOp op = range_of(all());
  op.at = Revision(4);
  op.limit = 2;
  const RangeResult page = *world.machine().range(op);
  CHECK(keys_of(page) == Keys{"a", "b"});
  CHECK(page.next_key == "c");
  CHECK(page.count == 4);
  op.keys = from(page.next_key);
  CHECK(keys_of(*world.machine().range(op)) == Keys{"c", "d"});
  CHECK(world.machine().range(op)->count == 2);
}

TEST_CASE("each entry that changed keys writes one history row with all its event batches") {
  World world;
  const Command one_put{{}, {}, put("a", "1")};
  const Command other_put{{}, {}, put("b", "1")};
  const Command read{{}, {}, get("a")};
  const ApplyResult& result = world.apply({one_put, read, other_put});
  REQUIRE(result.events.size() == 2);
  std::vector<HistoryRow> rows;
  for (const Change& change : result.delta.changes) {
    if (const auto* row = std::get_if<HistoryRow>(&change)) rows.push_back(*row);
  }
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].last == Revision(2));
  CHECK(rows[0].batches == result.events);
  world.apply({read});
  CHECK(world.last().delta.changes.empty());
}

TEST_CASE("a restart from rows keeps the window as far as it fits and has no gap") {
  World world;
  fill(world);
  world.run(Compact{Revision(2)});
  const Machine same = world.rows().restored(world.config());
  CHECK(same.window_start() == Revision(2));
  CHECK(same.window_bytes() == world.machine().window_bytes());
  const Machine none = world.rows().restored(without_window());
  CHECK(none.window_start() == Revision(8));
  CHECK(none.state_hash() == same.state_hash());
}
