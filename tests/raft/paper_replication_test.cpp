/// The rules of Ongaro's dissertation about the log, commitment, crashes and the leader's disk; the number in front of a test's
/// name is the section.
#include "conclave/test/catch.hpp"
#include "interaction_bench.hpp"

using namespace conclave;
using namespace conclave::raft;
using namespace conclave::raft::test;

namespace {

AppendRequest append(std::uint64_t term, EntryId previous, std::vector<EntryPtr> entries, std::uint64_t commit = 0) {
  return {Term(term), previous, std::move(entries), Index(commit), {}};
}

std::vector<std::uint64_t> terms_of(Bench& bench) {
  std::vector<std::uint64_t> terms;
  for (Index index(1); index <= bench.status().last; index = index.next()) terms.push_back(bench.core().term_at(index)->value());
  return terms;
}

using Terms = std::vector<std::uint64_t>;

/// The last entry that was sent to `to`, of those sent since the last call.
Index last_sent(Bench& bench, std::uint64_t to) {
  Index last;
  for (const auto& [receiver, message] : bench.sent<AppendRequest>())
    if (receiver == to && !message.entries.empty()) last = std::max(last, message.entries.back()->id.index);
  return last;
}

}  // namespace

TEST_CASE("3.5 a leader appends a proposal and sends it to all at once") {
  Bench bench({.voters = {1, 2, 3}, .learners = {4}});
  bench.become_established_leader();
  bench.step(4, AppendReply{bench.core().term(), true, Index(1), {}});
  bench.settle();
  bench.forget_sent();
  const auto id = bench.core().propose(Bytes("x"));
  REQUIRE(id.has_value());
  CHECK(*id == EntryId{bench.core().term(), Index(2)});
  bench.take();
  const auto appends = bench.sent<AppendRequest>();
  REQUIRE(appends.size() == 3);
  for (const auto& [to, message] : appends) {
    CHECK(message.previous == EntryId{bench.core().term(), Index(1)});
    REQUIRE(message.entries.size() == 1);
    CHECK(message.entries[0]->id == *id);
  }
}

TEST_CASE("3.5 a member that does not lead refuses proposals definitely") {
  Bench bench;
  const auto result = bench.core().propose(Bytes("x"));
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().code == Errc::not_leader);
}

TEST_CASE("3.5 an entry is committed when a majority stored it and not before") {
  Bench bench({.voters = {1, 2, 3, 4, 5}});
  bench.become_established_leader();
  (void)bench.core().propose(Bytes("x"));
  bench.settle();
  bench.acknowledge(2, 2);
  CHECK(bench.status().committed == Index(1));
  bench.acknowledge(2, 2);
  CHECK(bench.status().committed == Index(1));
  bench.acknowledge(3, 2);
  CHECK(bench.status().committed == Index(2));
  REQUIRE(bench.applied.size() == 2);
}

TEST_CASE("3.5 a learner's acknowledgement commits nothing") {
  Bench bench({.voters = {1, 2, 3}, .learners = {4}});
  bench.become_established_leader();
  (void)bench.core().propose(Bytes("x"));
  bench.settle();
  bench.acknowledge(4, 2);
  CHECK(bench.status().committed == Index(1));
}

TEST_CASE("3.5 followers learn from the leader what is committed and apply it in order") {
  Bench bench;
  bench.step(2, append(1, {}, {bench_entry(1, 1), bench_entry(1, 2), bench_entry(1, 3)}, 2));
  bench.settle();
  CHECK(bench.status().committed == Index(2));
  REQUIRE(bench.applied.size() == 2);
  CHECK(bench.applied[0]->id.index == Index(1));
  CHECK(bench.applied[1]->id.index == Index(2));
}

TEST_CASE("3.5 a follower commits no further than what this append made it equal to its leader") {
  // The follower's entry 2 is of an older term and may be wrong; an empty append up to 1 with commit 2 proves nothing about it.
  Bench bench({.log_terms = {1, 1}, .term = 1});
  bench.step(2, append(3, at(1, 1), {}, 2));
  bench.settle();
  CHECK(bench.status().committed == Index(1));
}

TEST_CASE("3.5 a follower refuses an append whose previous entry it does not have") {
  Bench bench({.log_terms = {1, 2}, .term = 2});
  bench.step(2, append(3, at(2, 3), {bench_entry(3, 4)}));
  bench.step(2, append(3, at(3, 2), {bench_entry(3, 3)}));
  bench.settle();
  CHECK(terms_of(bench) == Terms{1, 2});
  const auto replies = bench.sent<AppendReply>();
  REQUIRE(replies.size() == 2);
  CHECK_FALSE(replies[0].second.accepted);
  CHECK(replies[0].second.last == Index(3));
  CHECK_FALSE(replies[1].second.accepted);
  CHECK(replies[1].second.last == Index(2));
}

TEST_CASE("3.5 a follower deletes an entry that conflicts and all that follow it") {
  Bench bench({.log_terms = {1, 1, 2, 2}, .term = 2});
  bench.step(2, append(3, at(1, 2), {bench_entry(3, 3)}));
  bench.settle();
  CHECK(terms_of(bench) == Terms{1, 1, 3});
  REQUIRE(bench.writes.size() >= 1);
  CHECK(bench.member().disk().last() == at(3, 3));
}

TEST_CASE("3.5 an append of entries the follower has already deletes nothing") {
  // A delayed message must not take back what a later one brought and what was acknowledged.
  Bench bench({.log_terms = {1, 1, 1}, .term = 1});
  bench.step(2, append(1, {}, {bench_entry(1, 1)}));
  bench.settle();
  CHECK(terms_of(bench) == Terms{1, 1, 1});
  const auto replies = bench.sent<AppendReply>();
  REQUIRE(replies.size() == 1);
  CHECK(replies[0].second.accepted);
  CHECK(replies[0].second.last == Index(1));
}

TEST_CASE("3.5 a leader steps back until the logs agree and sends the rest from there") {
  Bench bench({.log_terms = {1, 1, 2}, .term = 2});
  bench.become_leader();
  bench.forget_sent();
  bench.step(2, AppendReply{bench.core().term(), false, Index(3), at(1, 1)});
  bench.settle();
  const auto appends = bench.sent<AppendRequest>();
  REQUIRE(appends.size() == 1);
  CHECK(appends[0].second.previous == at(1, 1));
  CHECK(appends[0].second.entries.size() == 3);
}

TEST_CASE("3.5 a refusal that was overtaken by an acknowledgement changes nothing") {
  Bench bench({.log_terms = {1, 1, 2}, .term = 2});
  bench.become_leader();
  bench.acknowledge(2, 4);
  bench.forget_sent();
  bench.step(2, AppendReply{bench.core().term(), false, Index(3), at(1, 1)});
  bench.settle();
  CHECK(bench.sent<AppendRequest>().empty());
}

TEST_CASE("3.5 an acknowledgement beyond the leader's log is not believed") {
  Bench bench;
  bench.become_established_leader();
  bench.step(2, AppendReply{bench.core().term(), true, Index(1000), {}});
  bench.step(3, AppendReply{bench.core().term(), true, Index(1000), {}});
  bench.settle();
  CHECK(bench.status().committed <= bench.status().last);
  CHECK(bench.status().committed == Index(1));
}

TEST_CASE("3.6.2 a leader commits entries of older terms only together with one of its own") {
  Bench bench({.log_terms = {1, 2}, .term = 2});
  bench.become_leader();
  bench.acknowledge(2, 2);
  CHECK(bench.status().committed == Index(0));
  bench.acknowledge(2, 3);
  CHECK(bench.status().committed == Index(3));
}

TEST_CASE("3.6.2 a new leader appends an entry of its own term at once") {
  Bench bench({.log_terms = {1, 2}, .term = 2});
  bench.become_leader();
  CHECK(terms_of(bench) == Terms{1, 2, 3});
  CHECK(last_sent(bench, 2) == Index(3));
}

TEST_CASE("3.8 an acknowledgement does not leave before the entries are durable") {
  Bench bench;
  bench.follow(2, 1);
  bench.step(2, append(1, {}, {bench_entry(1, 1)}));
  bench.take();
  CHECK(bench.sent<AppendReply>().empty());
  bench.finish_writes();
  const auto replies = bench.sent<AppendReply>();
  REQUIRE(replies.size() == 1);
  CHECK(replies[0].second.accepted);
  CHECK(replies[0].second.last == Index(1));
}

TEST_CASE("3.8 an acknowledgement waits also when the entries are a repetition of some that are not durable") {
  Bench bench;
  bench.follow(2, 1);
  bench.step(2, append(1, {}, {bench_entry(1, 1)}));
  bench.take();
  bench.step(2, append(1, {}, {bench_entry(1, 1)}));
  bench.take();
  CHECK(bench.sent<AppendReply>().empty());
  bench.settle();
  CHECK(bench.sent<AppendReply>().size() == 2);
}

TEST_CASE("3.8 what was committed before a restart is applied again from the checkpoint") {
  Bench bench({.log_terms = {1, 1}, .term = 1});
  CHECK(bench.applied.empty());
  bench.step(2, append(1, at(1, 2), {}, 2));
  bench.settle();
  CHECK(bench.applied.size() == 2);
}

TEST_CASE("10.2.1 a leader sends entries before its own disk has them") {
  Bench bench;
  bench.become_established_leader();
  (void)bench.core().propose(Bytes("x"));
  bench.take();
  CHECK(bench.member().writes().size() == 1);
  CHECK(last_sent(bench, 2) == Index(2));
}

TEST_CASE("10.2.1 a majority of followers commits without the leader's disk") {
  Bench bench;
  bench.become_established_leader();
  (void)bench.core().propose(Bytes("x"));
  bench.take();
  bench.step(2, AppendReply{bench.core().term(), true, Index(2), {}});
  bench.take();
  CHECK(bench.status().committed == Index(1));
  bench.step(3, AppendReply{bench.core().term(), true, Index(2), {}});
  bench.take();
  CHECK(bench.status().committed == Index(2));
  CHECK(bench.status().durable == Index(1));
  CHECK(bench.applied.size() == 2);
}

TEST_CASE("10.2.1 a leader counts itself only when its own write is durable") {
  Bench bench;
  bench.become_established_leader();
  (void)bench.core().propose(Bytes("x"));
  bench.take();
  bench.step(2, AppendReply{bench.core().term(), true, Index(2), {}});
  bench.take();
  CHECK(bench.status().committed == Index(1));
  bench.finish_writes();
  CHECK(bench.status().committed == Index(2));
}

TEST_CASE("10.2.2 a leader sends more entries without waiting for the answer to the former") {
  Bench bench;
  bench.become_established_leader();
  for (std::uint64_t n = 2; n < 10; ++n) {
    (void)bench.core().propose(Bytes("x"));
    bench.take();
    CHECK(last_sent(bench, 2) == Index(n));
  }
}

TEST_CASE("10.2.2 the window of unanswered appends is bounded") {
  Bench bench;
  bench.become_established_leader();
  bench.forget_sent();
  for (int n = 0; n < 200; ++n) {
    (void)bench.core().propose(Bytes("x"));
    bench.take();
  }
  std::size_t to_two = 0;
  for (const auto& [to, message] : bench.sent<AppendRequest>()) to_two += to == 2 ? 1 : 0;
  CHECK(to_two == bench.member().config().inflight_messages_max);
}
