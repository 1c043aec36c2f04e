#include "build.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::mvcc;
using namespace conclave::mvcc::test;

namespace {

KeyValuePtr kv(ByteView key, std::uint64_t create, std::uint64_t mod, std::uint64_t version, LeaseId lease = {}) {
  return make_key_value(key, "v", KeyValue::Versions{Revision(create), Revision(mod), version, lease});
}

MetaRow meta() {
  MetaRow row;
  row.applied = Index(9);
  row.revision = Revision(5);
  return row;
}

LeaseRow session_row(std::uint64_t id) {
  LeaseRow row;
  row.id = LeaseId(id);
  row.ttl = milliseconds(5'000);
  row.session = true;
  row.first_outstanding = RequestSeq(10);
  return row;
}

bool corrupt(std::vector<Row> rows) {
  Machine machine;
  for (Row& row : rows) {
    const auto restored = machine.restore(std::move(row));
    if (!restored.has_value()) return restored.error().code == Errc::corruption;
  }
  const auto finished = machine.finish_restore();
  return !finished.has_value() && finished.error().code == Errc::corruption;
}

EventBatchPtr batch(std::uint64_t revision) {
  auto made = std::make_shared<EventBatch>();
  made->revision = Revision(revision);
  made->events.push_back({EventKind::put, EventCause::request, kv("a", revision, revision, 1), nullptr});
  return made;
}

}  // namespace

TEST_CASE("a machine without rows starts empty") {
  Machine machine;
  CHECK(machine.finish_restore().has_value());
  CHECK(machine.state_hash() == Machine().state_hash());
}

TEST_CASE("rows may come in any order") {
  const auto response = std::make_shared<const Response>(Response{Revision(1), Done{}});
  const std::vector<Row> rows = {
      KeyRow{kv("a", 1, 2, 2, LeaseId(7))}, OutcomeRow{LeaseId(7), RequestSeq(10), response}, session_row(7), meta(),
      HistoryRow{Revision(5), {batch(5)}},  HistoryRow{Revision(4), {batch(3), batch(4)}}};
  std::optional<std::uint64_t> hash;
  std::vector<std::size_t> order{0, 1, 2, 3, 4, 5};
  do {
    Machine machine;
    for (const std::size_t i : order) REQUIRE(machine.restore(rows[i]).has_value());
    REQUIRE(machine.finish_restore().has_value());
    if (!hash) hash = machine.state_hash();
    CHECK(machine.state_hash() == *hash);
    CHECK(machine.window_start() == Revision(3));
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("every row of a machine makes an equal machine") {
  World world;
  const LeaseId session = world.open(5);
  world.in_session(session, 3, 2, put("a", "1", session));
  world.run(put("b", "1"));
  world.run(erase(one("b")));
  Machine copy;
  world.machine().for_each_row([&](const Row& row) { REQUIRE(copy.restore(row).has_value()); });
  REQUIRE(copy.finish_restore().has_value());
  copy.check_invariants();
  CHECK(copy.state_hash() == world.machine().state_hash());
  CHECK(copy.meta() == world.machine().meta());
  CHECK(copy.window_start() == world.machine().window_start());
  CHECK(copy.data_bytes() == world.machine().data_bytes());
  CHECK(copy.lease(session, true)->keys == std::vector<std::string>{"a"});
}

TEST_CASE("rows that contradict each other are corruption") {
  const auto response = std::make_shared<const Response>(Response{Revision(1), Done{}});
  LeaseRow lease = session_row(7);
  lease.session = false;
  MetaRow compacted = meta();
  compacted.compacted = Revision(6);
  CHECK_FALSE(corrupt({meta(), KeyRow{kv("a", 1, 1, 1)}}));
  CHECK(corrupt({KeyRow{kv("a", 1, 1, 1)}}));
  CHECK(corrupt({meta(), meta()}));
  CHECK(corrupt({compacted}));
  CHECK(corrupt({meta(), KeyRow{nullptr}}));
  CHECK(corrupt({meta(), KeyRow{kv("", 1, 1, 1)}}));
  CHECK(corrupt({meta(), KeyRow{kv("a", 1, 1, 1)}, KeyRow{kv("a", 1, 2, 2)}}));
  CHECK(corrupt({meta(), KeyRow{kv("a", 0, 1, 1)}}));
  CHECK(corrupt({meta(), KeyRow{kv("a", 2, 1, 1)}}));
  CHECK(corrupt({meta(), KeyRow{kv("a", 1, 6, 1)}}));
  CHECK(corrupt({meta(), KeyRow{kv("a", 1, 1, 0)}}));
  CHECK(corrupt({meta(), KeyRow{kv("a", 1, 1, 1, LeaseId(7))}}));
  CHECK(corrupt({meta(), session_row(0)}));
  CHECK(corrupt({meta(), session_row(7), session_row(7)}));
  CHECK(corrupt({meta(), OutcomeRow{LeaseId(7), RequestSeq(10), response}}));
  CHECK(corrupt({meta(), lease, OutcomeRow{LeaseId(7), RequestSeq(10), response}}));
  CHECK(corrupt({meta(), session_row(7), OutcomeRow{LeaseId(7), RequestSeq(10), nullptr}}));
  CHECK(corrupt({meta(), session_row(7), OutcomeRow{LeaseId(7), RequestSeq(9), response}}));
  CHECK(corrupt({meta(), session_row(7), OutcomeRow{LeaseId(7), RequestSeq(2000), response}}));
  CHECK(corrupt({meta(), HistoryRow{Revision(6), {batch(6)}}}));
  CHECK(corrupt({meta(), HistoryRow{Revision(5), {batch(5)}}, HistoryRow{Revision(5), {batch(5)}}}));
  CHECK(corrupt({meta(), HistoryRow{Revision(5), {nullptr}}}));
  CHECK(corrupt({meta(), HistoryRow{Revision(5), {std::make_shared<EventBatch>()}}}));
}

TEST_CASE("history with a gap is a window only from the gap on") {
  Machine machine;
  REQUIRE(machine.restore(meta()).has_value());
  for (const std::uint64_t revision : {1U, 2U, 4U, 5U}) {
    REQUIRE(machine.restore(HistoryRow{Revision(revision), {batch(revision)}}).has_value());
  }
  REQUIRE(machine.finish_restore().has_value());
  CHECK(machine.window_start() == Revision(4));
  CHECK(machine.history_needed(Revision(2)));
}

TEST_CASE("the state hash tells states apart and not the ways to them") {
  const auto hash_after = [](const std::vector<Op>& ops) {
    World world;
    for (const Op& op : ops) world.run(op);
    return world.machine().state_hash();
  };
  CHECK(hash_after({put("a", "1")}) == hash_after({put("a", "1")}));
  CHECK(hash_after({put("a", "1")}) != hash_after({put("a", "2")}));
  CHECK(hash_after({put("ab", "1")}) != hash_after({put("a", "b1")}));
  CHECK(hash_after({put("a", "12345678")}) != hash_after({put("a", "1234567\0")}));
  MachineConfig small;
  small.history_window_bytes = 0;
  World with_window;
  World without(small);
  for (World* world : {&with_window, &without}) world->run(put("a", "1"));
  CHECK(with_window.machine().state_hash() == without.machine().state_hash());
}
