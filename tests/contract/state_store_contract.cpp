#include "state_store_contract.hpp"

#include <string>
#include <vector>

#include "conclave/test/catch.hpp"
#include "scenario.hpp"

namespace conclave::contract {
namespace {

void checkpoints(const Factory& factory) {
  Member member(factory);
  Driver driver(member);
  SECTION("a checkpoint that was reported is there after a crash") {
    for (int i = 1; i <= 40; ++i) driver.put({{"k" + std::to_string(i % 7), std::to_string(i)}, {"same", std::to_string(i)}});
    driver.erase("k3");
    const auto done = driver.checkpoint();
    CHECK(done.applied == raft::EntryId{Term(1), Index(41)});
    member.crash();
    member.open();
    driver.restart(41, 41);
    CHECK(driver.value("same") == "40");
    CHECK(driver.value("k3") == "(none)");
  }
  SECTION("without a checkpoint a crash returns to an earlier consistent state, and the log brings the rest") {
    driver.put({{"a", "1"}});
    driver.checkpoint();
    for (int i = 0; i < 30; ++i) driver.put({{"a", std::string(2000, 'x')}, {"b" + std::to_string(i), "y"}});
    driver.allow_all();
    member.crash();
    member.open();
    driver.restart(1, 31);
    CHECK(driver.applied() == 31);
    CHECK(driver.value("b29") == "y");
  }
  SECTION("nothing beyond the durable index is kept") {
    for (int i = 0; i < 10; ++i) driver.put({{"k", std::to_string(i)}});
    driver.allow(4);
    member.state().checkpoint(1 << 20);
    CHECK(member.wait<engine::CheckpointDone>().applied.index == Index(4));
    member.crash();
    member.open();
    driver.restart(4, 4);
    CHECK(driver.value("k") == "9");  // from the log
  }
  SECTION("a checkpoint with nothing new is reported as well") {
    driver.put({{"k", "v"}});
    CHECK(driver.checkpoint().applied.index == Index(1));
    CHECK(driver.checkpoint().applied.index == Index(1));
  }
  SECTION("an entry that changes no row still moves the applied index") {
    driver.put({{"k", "v"}});
    driver.no_op();
    driver.no_op();
    CHECK(driver.checkpoint().applied.index == Index(3));
    member.crash();
    member.open();
    driver.restart(3, 3);
  }
  SECTION("the store goes on after a restart that replays the log") {
    driver.put({{"k", "1"}});
    driver.checkpoint();
    driver.put({{"k", "2"}});
    for (int round = 0; round < 3; ++round) {
      member.crash();
      member.open();
      driver.restart(1, driver.applied());
      driver.put({{"k", "round " + std::to_string(round)}});
    }
    driver.checkpoint();
    member.crash();
    member.open();
    driver.restart(5, 5);
    CHECK(driver.value("k") == "round 2");
  }
  SECTION("large values are kept") {
    driver.put({{"large", std::string(1 << 20, 'L')}});
    driver.checkpoint();
    member.crash();
    member.open();
    driver.restart(1, 1);
    CHECK(driver.value("large") == std::string(1 << 20, 'L'));
  }
}

engine::HistoryRead read(Member& member, std::uint64_t from, std::uint64_t to, std::size_t bytes_max) {
  member.state().read_history(77, Revision(from), Revision(to), bytes_max);
  auto answer = member.wait<engine::HistoryRead>();
  CHECK(answer.token == 77);
  CHECK(answer.from == Revision(from));
  return answer;
}

std::vector<std::uint64_t> revisions(const engine::HistoryRead& answer) {
  std::vector<std::uint64_t> list;
  for (const auto& batch : answer.batches) list.push_back(batch->revision.value());
  return list;
}

std::vector<std::uint64_t> between(std::uint64_t first, std::uint64_t last) {
  std::vector<std::uint64_t> list;
  for (auto i = first; i <= last; ++i) list.push_back(i);
  return list;
}

void history(const Factory& factory) {
  Member member(factory);
  Driver driver(member);
  // Revisions 1 to 20 in a checkpoint, 21 to 30 allowed, 31 to 40 only handed over. Two revisions an entry.
  for (int i = 1; i <= 10; ++i) driver.put({{"a", std::to_string(i)}, {"b", std::to_string(i)}});
  driver.checkpoint();
  for (int i = 11; i <= 15; ++i) driver.put({{"a", std::to_string(i)}, {"b", std::to_string(i)}});
  driver.allow_all();
  for (int i = 16; i <= 20; ++i) driver.put({{"a", std::to_string(i)}, {"b", std::to_string(i)}});

  SECTION("a read gives every revision of the range once, on disk or not") {
    CHECK(revisions(read(member, 1, 40, 1 << 20)) == between(1, 40));
    CHECK(revisions(read(member, 18, 23, 1 << 20)) == between(18, 23));
    CHECK(revisions(read(member, 40, 99, 1 << 20)) == between(40, 40));
    CHECK(revisions(read(member, 41, 99, 1 << 20)).empty());
  }
  SECTION("a read with a limit gives at least one batch and a start of the range") {
    CHECK(revisions(read(member, 5, 40, 1)) == between(5, 5));
    const auto some = revisions(read(member, 2, 40, 2000));
    REQUIRE(!some.empty());
    CHECK(some == between(2, 1 + some.size()));
    CHECK(some.size() < 39);
  }
  SECTION("an event has the value and the one before") {
    const auto answer = read(member, 3, 3, 1 << 20);
    REQUIRE(answer.batches.size() == 1);
    REQUIRE(answer.batches[0]->events.size() == 1);
    const auto& event = answer.batches[0]->events[0];
    CHECK(event.kv->key() == "a");
    CHECK(event.kv->value() == "2");
    REQUIRE(event.prev != nullptr);
    CHECK(event.prev->value() == "1");
  }
  SECTION("history in a checkpoint is there after a crash") {
    driver.checkpoint();
    member.crash();
    member.open();
    driver.restart(20, 20);
    CHECK(revisions(read(member, 1, 40, 1 << 20)) == between(1, 40));
  }
  SECTION("of an entry with much history each revision is there once, and one in its middle can be the oldest that is kept") {
    std::vector<std::pair<std::string, std::string>> pairs;
    for (int i = 0; i < 60; ++i) pairs.emplace_back("much/" + std::to_string(i % 30), std::string(1000, 'v'));
    driver.put(pairs);  // revisions 41 to 100
    CHECK(revisions(read(member, 1, 100, 1 << 20)) == between(1, 100));
    CHECK(revisions(read(member, 73, 88, 1 << 20)) == between(73, 88));
    driver.checkpoint();
    CHECK(revisions(read(member, 39, 100, 1 << 20)) == between(39, 100));
    driver.compact(77);
    driver.checkpoint();
    member.crash();
    member.open();
    driver.restart(22, 22);
    CHECK(read(member, 76, 100, 1 << 20).compacted);
    CHECK(revisions(read(member, 77, 100, 1 << 20)) == between(77, 100));
  }
  SECTION("what was compacted is told so, the rest is there") {
    driver.compact(25);
    CHECK(read(member, 24, 40, 1 << 20).compacted);
    CHECK(revisions(read(member, 25, 40, 1 << 20)) == between(25, 40));
    driver.checkpoint();
    member.crash();
    member.open();
    driver.restart(21, 21);
    CHECK(read(member, 24, 40, 1 << 20).compacted);
    CHECK(revisions(read(member, 25, 40, 1 << 20)) == between(25, 40));
  }
}

void overlays(const Factory& factory) {
  Member member(factory);
  Driver driver(member);
  driver.put({{"p/a", "1"}, {"p/b", "1"}, {"q", "1"}});  // revisions 1, 2, 3
  driver.put({{"p/a", "2"}, {"q", "2"}});                // 4, 5
  driver.checkpoint();
  driver.put({{"p/c", "1"}, {"p/a", "3"}});  // 6, 7
  driver.erase("p/b");                       // 8
  const auto overlay = [&](mvcc::WatchSpec keys, std::uint64_t at, std::uint64_t until) {
    member.state().read_overlay(9, keys, Revision(at), Revision(until));
    auto answer = member.wait<engine::OverlayRead>();
    CHECK(answer.token == 9);
    CHECK_FALSE(answer.compacted);
    std::vector<std::string> rows;
    for (const auto& [key, kv] : answer.overlay.rows)
      rows.push_back(key + (kv ? "=" + std::string(kv->value()) : " did not exist"));
    return rows;
  };
  mvcc::WatchSpec prefix;
  prefix.kind = mvcc::KeySelector::Kind::prefix;
  prefix.begin = "p/";
  using Rows = std::vector<std::string>;
  SECTION("each key that changed since has the value it had, or none") {
    CHECK(overlay(prefix, 3, 8) == Rows{"p/a=1", "p/b=1", "p/c did not exist"});
    CHECK(overlay(prefix, 4, 8) == Rows{"p/a=2", "p/b=1", "p/c did not exist"});
  }
  SECTION("a change at the revision itself or after the end does not count") {
    CHECK(overlay(prefix, 7, 8) == Rows{"p/b=1"});
    CHECK(overlay(prefix, 3, 6) == Rows{"p/a=1", "p/c did not exist"});
    CHECK(overlay(prefix, 8, 8).empty());
  }
  SECTION("other selectors select") {
    mvcc::WatchSpec single;
    single.begin = "q";
    CHECK(overlay(single, 3, 8) == Rows{"q=1"});
    mvcc::WatchSpec range;
    range.kind = mvcc::KeySelector::Kind::range;
    range.begin = "p/b";
    range.end = "q";
    CHECK(overlay(range, 3, 8) == Rows{"p/b=1", "p/c did not exist"});
    mvcc::WatchSpec from;
    from.kind = mvcc::KeySelector::Kind::from;
    from.begin = "p/c";
    CHECK(overlay(from, 0, 8) == Rows{"p/c did not exist", "q did not exist"});
  }
  SECTION("a revision that was compacted is told so") {
    driver.compact(6);
    member.state().read_overlay(9, prefix, Revision(5), Revision(8));
    CHECK(member.wait<engine::OverlayRead>().compacted);
    CHECK(overlay(prefix, 6, 8) == Rows{"p/a=2", "p/b=1"});
  }
}

}  // namespace

void state_store_contract(const Factory& factory) {
  SECTION("checkpoints") { checkpoints(factory); }
  SECTION("history") { history(factory); }
  SECTION("overlays") { overlays(factory); }
}

}  // namespace conclave::contract
