/// News of a commit: an append without entries that only tells how far the log is committed.
#include "conclave/test/catch.hpp"
#include "interaction_bench.hpp"

using namespace conclave;
using namespace conclave::raft;
using namespace conclave::raft::test;

namespace {

AppendRequest news(Term term, EntryId previous, std::uint64_t commit) {
  return {.term = term, .previous = previous, .entries = {}, .commit = Index(commit), .stamp = {}, .news_only = true};
}

}  // namespace

TEST_CASE("a leader tells of a commit by news that want no answer") {
  Bench bench({.voters = {1, 2, 3}});
  bench.become_established_leader();
  bench.settle();
  const auto id = bench.core().propose(Bytes("x"));
  REQUIRE(id.has_value());
  bench.settle();
  bench.forget_sent();
  bench.step(2, AppendReply{bench.core().term(), true, id->index, {}});
  bench.settle();
  const auto sent = bench.sent<AppendRequest>();
  REQUIRE_FALSE(sent.empty());
  for (const auto& [to, message] : sent) {
    CHECK(message.entries.empty());
    CHECK(message.news_only);
    CHECK(message.commit == id->index);
  }
}

TEST_CASE("a patient follower hears of a commit with the next entries or heartbeat, and at once when it is patient no more") {
  Bench bench({.voters = {1, 2, 3}});
  bench.become_established_leader();
  bench.core().set_patient(MemberId(2), true);
  const auto commit_one = [&] {
    const auto id = bench.core().propose(Bytes("x"));
    REQUIRE(id.has_value());
    bench.settle();
    bench.forget_sent();
    bench.step(3, AppendReply{bench.core().term(), true, id->index, {}});
    bench.step(2, AppendReply{bench.core().term(), true, id->index, {}});
    bench.settle();
    return id->index;
  };
  const auto told = [&](std::uint64_t peer) {
    Index commit;
    for (const auto& [to, message] : bench.sent<AppendRequest>())
      if (to == peer) commit = std::max(commit, message.commit);
    return commit;
  };

  const Index first = commit_one();
  CHECK(told(3) == first);
  CHECK(told(2) == Index(0));
  REQUIRE(bench.core().propose(Bytes("y")).has_value());
  bench.settle();
  CHECK(told(2) == first);  // with the entry

  const Index second = commit_one();
  CHECK(told(2) == Index(0));
  bench.tick();
  bench.settle();
  Index by_heartbeat;
  for (const auto& [to, message] : bench.sent<Heartbeat>())
    if (to == 2) by_heartbeat = message.commit;
  CHECK(by_heartbeat == second);

  const Index third = commit_one();
  CHECK(told(2) == Index(0));
  bench.core().set_patient(MemberId(2), false);
  bench.settle();
  CHECK(told(2) == third);
}

TEST_CASE("a follower takes news that fit without an answer, and refuses others") {
  Bench bench({.log_terms = {1, 1, 2}, .term = 2});
  bench.step(2, news(Term(2), at(2, 3), 3));
  bench.settle();
  CHECK(bench.status().committed == Index(3));
  CHECK(bench.sent<AppendReply>().empty());
  bench.step(2, news(Term(2), at(2, 5), 5));
  bench.settle();
  const auto answers = bench.sent<AppendReply>();
  REQUIRE(answers.size() == 1);
  CHECK_FALSE(answers.front().second.accepted);
}

TEST_CASE("entries are answered also when they call themselves news") {
  Bench bench({.log_terms = {1}, .term = 1});
  auto request = news(Term(1), at(1, 1), 1);
  request.entries = {bench_entry(1, 2)};
  bench.step(2, std::move(request));
  bench.settle();
  const auto answers = bench.sent<AppendReply>();
  REQUIRE_FALSE(answers.empty());
  CHECK(answers.back().second.accepted);
  CHECK(answers.back().second.last == Index(2));
}
