#include "log_store_contract.hpp"

#include <string>
#include <vector>

#include "conclave/test/catch.hpp"
#include "scenario.hpp"

namespace conclave::contract {
namespace {

using Texts = std::vector<std::string>;

raft::Write entries(std::vector<raft::EntryPtr> list) {
  raft::Write write;
  write.entries = std::move(list);
  return write;
}

raft::Write vote(std::uint64_t term, std::uint64_t member) {
  raft::Write write;
  write.hard_state = raft::HardState{Term(term), MemberId(member)};
  return write;
}

raft::Write replace(std::uint64_t from, std::vector<raft::EntryPtr> list) {
  auto write = entries(std::move(list));
  write.truncate_from = Index(from);
  return write;
}

void durability(const Factory& factory) {
  Member member(factory);
  SECTION("a new log is empty") {
    const auto& found = member.recovered().raft;
    CHECK(found.entries.empty());
    CHECK_FALSE(found.snapshot.has_value());
    CHECK(found.hard_state == raft::HardState{});
    CHECK(found.applied == Index(0));
  }
  SECTION("what was reported durable is there after a crash") {
    member.write(vote(3, 2));
    member.append({entry(3, 1, "one"), entry(3, 2, "two")});
    member.append({entry(4, 3, "three")});
    member.crash();
    member.open();
    CHECK(texts(member.recovered().raft.entries) == Texts{"1/3 one", "2/3 two", "3/4 three"});
    CHECK(member.recovered().raft.hard_state == raft::HardState{Term(3), MemberId(2)});
  }
  SECTION("an orderly end keeps everything that was submitted") {
    for (std::uint64_t i = 1; i <= 20; ++i) member.submit(entries({entry(1, i, std::to_string(i))}));
    member.close();
    member.open();
    CHECK(member.recovered().raft.entries.size() == 20);
  }
  SECTION("a vote without a member is not a vote for member 0") {
    raft::Write write;
    write.hard_state = raft::HardState{Term(7), std::nullopt};
    member.write(std::move(write));
    member.crash();
    member.open();
    CHECK(member.recovered().raft.hard_state == raft::HardState{Term(7), std::nullopt});
  }
  SECTION("an empty write is reported too") { member.write({}); }
  SECTION("a no-op, an empty batch, a large batch and a membership come back as they were") {
    const auto large = std::string(2 << 20, 'x');
    const auto no_op = std::make_shared<raft::Entry>(raft::Entry{{Term(1), Index(1)}, raft::NoOp{}});
    const std::vector<raft::EntryPtr> list{no_op, entry(1, 2, ""), entry(1, 3, large), entry(2, 4, membership_of(3))};
    member.append(list);
    member.crash();
    member.open();
    const auto& found = member.recovered().raft.entries;
    REQUIRE(found.size() == list.size());
    for (std::size_t i = 0; i < list.size(); ++i) CHECK(*found[i] == *list[i]);
  }
}

void order(const Factory& factory) {
  Member member(factory);
  SECTION("many queued writes are all reported, the last by its own id or none") {
    raft::WriteId last;
    for (std::uint64_t i = 1; i <= 200; ++i) last = member.submit(entries({entry(1, i, "e")}));
    member.wait_durable(last);
  }
  SECTION("a crash keeps a prefix of the writes that were not reported") {
    member.append({entry(1, 1, "acknowledged")});
    for (std::uint64_t i = 2; i <= 60; ++i) {
      auto write = entries({entry(1, 2 * i - 2, "a"), entry(1, 2 * i - 1, "b")});
      write.hard_state = raft::HardState{Term(i), MemberId(1)};
      member.submit(std::move(write));
    }
    member.crash();
    member.open();
    const auto& found = member.recovered().raft;
    REQUIRE(!found.entries.empty());
    REQUIRE(found.entries.size() % 2 == 1);  // a write is there as a whole or not at all
    for (std::size_t i = 0; i < found.entries.size(); ++i) CHECK(found.entries[i]->id.index == Index(i + 1));
    const auto writes = (found.entries.size() - 1) / 2;
    CHECK(found.hard_state.term == Term(writes == 0 ? 0 : writes + 1));
  }
  SECTION("a truncation removes the entries from there on, before the write's own are appended") {
    member.append({entry(1, 1, "a"), entry(1, 2, "b"), entry(1, 3, "c")});
    member.write(replace(2, {entry(2, 2, "B")}));
    member.crash();
    member.open();
    CHECK(texts(member.recovered().raft.entries) == Texts{"1/1 a", "2/2 B"});
  }
  SECTION("a truncation alone removes the end, also all of it") {
    member.append({entry(1, 1, "a"), entry(1, 2, "b")});
    member.write(replace(2, {}));
    member.write(replace(1, {}));
    member.append({entry(5, 1, "fresh")});
    member.crash();
    member.open();
    CHECK(texts(member.recovered().raft.entries) == Texts{"1/5 fresh"});
  }
  SECTION("writes that truncate what earlier queued writes append are carried out in order") {
    raft::WriteId last;
    member.submit(entries({entry(1, 1, "a"), entry(1, 2, "b"), entry(1, 3, "c")}));
    member.submit(replace(2, {entry(2, 2, "B"), entry(2, 3, "C"), entry(2, 4, "D")}));
    last = member.submit(replace(4, {entry(3, 4, "E")}));
    member.wait_durable(last);
    member.crash();
    member.open();
    CHECK(texts(member.recovered().raft.entries) == Texts{"1/1 a", "2/2 B", "3/2 C", "4/3 E"});
  }
  SECTION("the log goes on after a restart") {
    member.append({entry(1, 1, "a")});
    member.crash();
    member.open();
    member.append({entry(2, 2, "b")});
    member.close();
    member.open();
    member.append({entry(3, 3, "c")});
    member.crash();
    member.open();
    CHECK(texts(member.recovered().raft.entries) == Texts{"1/1 a", "2/2 b", "3/3 c"});
  }
}

void reading(const Factory& factory) {
  Member member(factory);
  std::vector<raft::EntryPtr> list;
  for (std::uint64_t i = 1; i <= 50; ++i) list.push_back(entry(1, i, std::string(1000, 'x')));
  member.append(list);
  const auto read = [&](std::uint64_t from, std::size_t bytes_max) {
    member.log().read(MemberId(2), Index(from), bytes_max);
    auto answer = member.wait<engine::LogEntries>();
    CHECK(answer.peer == MemberId(2));
    CHECK(answer.from == Index(from));
    return answer.entries;
  };
  SECTION("a read gives entries from the index on, as many as fit") {
    const auto found = read(7, 10'000);
    REQUIRE(found.size() >= 2);
    CHECK(found.size() <= 10);
    for (std::size_t i = 0; i < found.size(); ++i) CHECK(*found[i] == *list[6 + i]);
  }
  SECTION("a read gives at least one entry, whatever the limit") {
    const auto found = read(50, 1);
    REQUIRE(found.size() == 1);
    CHECK(*found[0] == *list[49]);
  }
  SECTION("a read sees a truncation that was reported") {
    member.write(replace(20, {entry(2, 20, "new")}));
    CHECK(read(19, 1 << 20).size() == 2);
    CHECK(texts(read(20, 1 << 20)) == Texts{"20/2 new"});
  }
}

void cutting(const Factory& factory) {
  Member member(factory);
  Driver driver(member);
  for (int i = 1; i <= 30; ++i) driver.put({{"k" + std::to_string(i), "v"}});
  driver.checkpoint();
  const auto check_log = [&](std::uint64_t last) {
    const auto& found = member.recovered().raft;
    const auto base = found.snapshot ? found.snapshot->last : raft::EntryId{};
    CHECK(base.index <= Index(20));
    CHECK(found.applied >= base.index);
    REQUIRE(found.entries.size() == last - base.index.value());
    for (std::size_t i = 0; i < found.entries.size(); ++i) CHECK(found.entries[i]->id.index == base.index.plus(i + 1));
    if (found.snapshot) CHECK(base.term == Term(1));
  };
  SECTION("a cut takes nothing above its index and leaves the log whole") {
    member.log().cut({Term(1), Index(20)});
    driver.put({{"after", "v"}});
    member.crash();
    member.open();
    check_log(31);
    SECTION("and the log goes on after it") {
      driver.restart(30, 31);
      driver.put({{"more", "v"}});
      member.crash();
      member.open();
      check_log(32);
    }
  }
  SECTION("a read of what was cut gives nothing, or entries from there on without a gap") {
    member.log().cut({Term(1), Index(20)});
    driver.put({{"after", "v"}});
    member.log().read(MemberId(2), Index(5), 1 << 20);
    const auto found = member.wait<engine::LogEntries>().entries;
    for (std::size_t i = 0; i < found.size(); ++i) CHECK(found[i]->id.index == Index(5 + i));
    member.log().read(MemberId(2), Index(21), 1 << 20);
    CHECK(member.wait<engine::LogEntries>().entries.size() == 11);
  }
}

void truncating_behind_a_cut(const Factory& factory) {
  Member member(factory);
  Driver driver(member);
  for (int i = 1; i <= 20; ++i) driver.put({{"k" + std::to_string(i), "v"}});
  driver.checkpoint();
  member.append({entry(1, 21, "a"), entry(1, 22, "b")});
  member.log().cut({Term(1), Index(20)});
  member.write({});
  member.write(replace(21, {entry(9, 21, "new")}));
  member.crash();
  member.open();
  const auto& found = member.recovered().raft;
  CHECK(texts(found.entries).back() == "21/9 new");
  if (found.snapshot) CHECK(found.snapshot->last.index.plus(found.entries.size()) == Index(21));
}

void memberships(const Factory& factory) {
  Member member(factory);
  Driver driver(member);
  driver.put({{"k", "v"}});
  driver.change_membership(membership_of(3));
  driver.put({{"k", "v"}});
  driver.put({{"k", "v"}});
  driver.change_membership(membership_of(2));
  driver.checkpoint();
  const auto cut_and_open = [&](std::uint64_t index) {
    member.log().cut({Term(1), Index(index)});
    member.write({});
    member.close();
    member.open();
    const auto& found = member.recovered().raft;
    if (found.snapshot) CHECK(found.snapshot->membership == found.membership);
    return found;
  };
  SECTION("the membership of a log that is cut is the one in force at the cut") {
    const auto found = cut_and_open(4);
    if (found.snapshot && found.snapshot->last.index >= Index(2)) CHECK(found.membership == membership_of(3));
    CHECK(*found.entries.back() == *entry(1, 5, membership_of(2)));
  }
  SECTION("a membership entry at the cut itself counts") {
    const auto found = cut_and_open(5);
    if (found.snapshot && found.snapshot->last.index == Index(5)) CHECK(found.membership == membership_of(2));
  }
}

}  // namespace

void log_store_contract(const Factory& factory) {
  SECTION("durability") { durability(factory); }
  SECTION("order") { order(factory); }
  SECTION("reading") { reading(factory); }
  SECTION("cutting") { cutting(factory); }
  SECTION("a truncation right behind a cut leaves a log that goes on from the cut") { truncating_behind_a_cut(factory); }
  SECTION("memberships") { memberships(factory); }
}

}  // namespace conclave::contract
