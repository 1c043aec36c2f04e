#include "build.hpp"
#include "conclave/test/catch.hpp"
#include "random_commands.hpp"

using namespace conclave;
using namespace conclave::mvcc;
using namespace conclave::mvcc::test;

namespace {

constexpr std::uint64_t greatest = UINT64_MAX;

}  // namespace

TEST_CASE("numbers at their ends are answered or refused, and leave the machine whole") {
  World world;
  world.run(put("a", "1"));
  world.run(put("b", "1"));
  for (const std::uint64_t number : {std::uint64_t{0}, std::uint64_t{1}, greatest - 1, greatest}) {
    RangeOp op = range_of(all());
    op.limit = number;
    op.limit_bytes = number;
    op.min_mod = op.min_create = Revision(number);
    op.max_mod = op.max_create = Revision(number);
    CHECK_FALSE(world.run(Op{op}).refused());
    op = range_of(all());
    op.at = Revision(number);
    (void)world.machine().range(op);
    (void)world.machine().history_needed(Revision(number));
    (void)world.machine().count_older("", Revision(number), number);
    (void)world.machine().leases(LeaseId(number), number);
    CHECK_FALSE(world.run(world.keep().txn({compare(all(), CompareTarget::mod, CompareRelation::less, number)}, {})).refused());
    const std::vector<LeaseId> ids{LeaseId(number), LeaseId(number)};
    CHECK_FALSE(world.run(LeaseRenew{ids}).refused());
    CHECK_FALSE(world.run(ExpireLeases{ids}).refused());
    CHECK(world.run(LeaseRevoke{LeaseId(number)}).refused());
    CHECK(world.run(SessionClose{LeaseId(number)}).refused());
    CHECK(world.run(Compact{Revision(number)}).refused() == (number > 2));
    CHECK(errc_of(world.guarded({{LeaseId(number), "a", Revision(number)}}, put("c", "1"))) == Errc::fenced);
    CHECK(world.in_session(LeaseId(number == 0 ? 5 : number), number, number, put("c", "1")).refused());
  }
  CHECK(world.machine().key_count() == 2);
}

TEST_CASE("a session whose numbers are at their ends stays bounded") {
  World world;
  const LeaseId session = world.open();
  CHECK_FALSE(world.in_session(session, greatest, greatest, put("a", "1")).refused());
  CHECK(world.in_session(session, greatest, 0, put("a", "2")).revision == Revision(1));
  CHECK(errc_of(world.in_session(session, greatest - 1, 0, put("a", "3"))) == Errc::stale_sequence);
  CHECK(errc_of(world.in_session(session, 1, greatest, put("a", "4"))) == Errc::stale_sequence);
  CHECK(world.value("a") == "1");
}

TEST_CASE("leases whose ids are at their ends do not disturb the choice of free ids") {
  World world;
  world.grant(milliseconds(5'000), LeaseId(greatest));
  const std::uint64_t next = world.machine().applied().value() + 3;
  world.grant(milliseconds(5'000), LeaseId(next << 16U));
  world.grant(milliseconds(5'000), LeaseId((next << 16U) + 1));
  CHECK(world.grant() == LeaseId((next << 16U) + 2));
}

TEST_CASE("a stamp at the end of time is survived") {
  World world;
  world.advance(milliseconds(INT64_MAX - 5));
  const LeaseId lease = world.grant(milliseconds(10'000));
  CHECK(world.machine().lease(lease, false)->remaining == milliseconds(5));
  world.advance(milliseconds(5));
  const std::vector<LeaseId> ids{lease};
  CHECK(as<LeaseRenewed>(world.run(LeaseRenew{ids})).rows[0].ttl == milliseconds(0));
  world.run(ExpireLeases{ids});
  CHECK(world.machine().lease_count() == 0);
}

TEST_CASE("inverted, empty and overlapping selections select what they say") {
  World world;
  for (const char* key : {"a", "b", "c"}) world.run(put(key, "1"));
  for (const KeySelector& keys : {span_of("c", "a"), span_of("b", "b"), span_of("z", ""), span_of("", "")}) {
    CHECK(world.machine().range(range_of(keys))->count == 0);
    CHECK(world.machine().range(range_of(keys))->kvs.empty());
    RangeOp backwards = range_of(keys);
    backwards.sort_order = SortOrder::descending;
    CHECK(world.machine().range(backwards)->kvs.empty());
    CHECK(as<DeleteResult>(world.run(erase(keys))).deleted == 0);
  }
  CHECK(world.machine().range(range_of(span_of("", "b")))->count == 1);
  CHECK(world.machine().range(range_of(from("")))->count == 3);
}

TEST_CASE("a batch of many commands on the same key and lease keeps the state whole") {
  World world;
  const LeaseId lease = world.grant();
  std::vector<Command> batch;
  for (int i = 0; i < 2'000; ++i) {
    Command command;
    if (i % 4 == 0) command.body = put("k", "1", lease);
    if (i % 4 == 1) command.body = erase(one("k"));
    if (i % 4 == 2) command.body = put("k", "2");
    if (i % 4 == 3) command.body = SessionOpen{7, milliseconds(5'000), {}, {}};
    batch.push_back(command);
  }
  CHECK(world.apply(batch).events.size() == 1'500);
  CHECK(world.machine().session_count() == 1);
  CHECK(world.replays());
}

TEST_CASE("random requests under tiny limits are answered or refused, never half done") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    MachineConfig config;
    config.history_window_bytes = 2'000;
    config.limits.keys_changed_max = 3;
    config.limits.keys_scanned_max = 8;
    config.limits.txn_operations_max = 6;
    config.limits.txn_depth_max = 2;
    config.limits.lease_keys_max = 2;
    config.limits.response_bytes_max = 900;
    config.limits.quota_bytes = 1'500;
    World world(config);
    RandomCommands draw(seed, world.keep());
    const std::vector<LeaseId> leases{world.grant(milliseconds(80'000'000)), world.grant(milliseconds(80'000'000))};
    std::size_t refusals = 0;
    for (int i = 0; i < 300; ++i) {
      const Revision before = world.revision();
      const Response response = world.run(draw.operation(before.value(), leases, 3));
      refusals += response.refused() ? 1U : 0U;
      if (response.refused()) CHECK(world.revision() == before);
      if (response.refused()) CHECK(world.last().delta.changes.empty());
      CHECK(size_of(response) <= 1'100);
      CHECK(world.machine().data_bytes() <= 1'500);
      for (const LeaseId lease : leases) CHECK(world.machine().lease(lease, false)->key_count <= 2);
    }
    CHECK(refusals > 20);
    CHECK(refusals < 280);
    CHECK(world.replays());
  }
}
