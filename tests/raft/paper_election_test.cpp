/// The rules of Ongaro's dissertation about terms and elections; the number in front of a test's name is the section.
#include <set>

#include "conclave/test/catch.hpp"
#include "interaction_bench.hpp"

using namespace conclave;
using namespace conclave::raft;
using namespace conclave::raft::test;

namespace {

VoteRequest vote_request(std::uint64_t term, EntryId last) { return {Term(term), last, false, false}; }
VoteRequest pre_vote_request(std::uint64_t term, EntryId last) { return {Term(term), last, true, false}; }

/// A bench that has not heard from a leader for a minimal election timeout, so that it may vote.
Bench lonely(const BenchOptions& options = {}) { return Bench(options); }

}  // namespace

TEST_CASE("3.3 a member starts as a follower") {
  Bench bench;
  CHECK(bench.status().role == Role::follower);
  CHECK(bench.status().leader == std::nullopt);
}

TEST_CASE("3.3 a message of a newer term makes anybody a follower of that term") {
  const bool as_leader = GENERATE(false, true);
  Bench bench;
  if (as_leader)
    bench.become_leader();
  else
    bench.become_candidate();
  bench.step(2, AppendRequest{Term(9), {}, {}, Index(), {}});
  bench.settle();
  CHECK(bench.status().role == Role::follower);
  CHECK(bench.core().term() == Term(9));
  CHECK(bench.core().leader() == MemberId(2));
}

TEST_CASE("3.3 a message of an older term changes nothing") {
  Bench bench({.term = 5});
  bench.step(2, AppendRequest{Term(4), {}, {bench_entry(4, 1)}, Index(1), {}});
  bench.step(2, Heartbeat{Term(4), Index(1), 1, {}});
  bench.settle();
  CHECK(bench.core().term() == Term(5));
  CHECK(bench.core().leader() == std::nullopt);
  CHECK(bench.status().last == Index(0));
  CHECK(bench.applied.empty());
}

TEST_CASE("3.3 a leader of an older term is told the newer one") {
  Bench bench({.term = 5});
  bench.step(2, Heartbeat{Term(4), Index(), 1, {}});
  bench.settle();
  REQUIRE(bench.outbox().size() == 1);
  CHECK(term_of(bench.outbox().front().message) == Term(5));
}

TEST_CASE("3.4 a follower that hears nothing for an election timeout starts an election") {
  Bench bench;
  bench.tick(2 * bench.member().config().election_timeout_ticks);
  bench.settle();
  CHECK(bench.status().role == Role::pre_candidate);
  CHECK(bench.sent<VoteRequest>().size() == 2);
}

TEST_CASE("3.4 a follower that hears from its leader starts no election") {
  Bench bench;
  for (std::uint64_t round = 1; round < 50; ++round) {
    bench.step(2, Heartbeat{Term(1), Index(), round, {}});
    bench.tick(3);
  }
  bench.settle();
  CHECK(bench.status().role == Role::follower);
  CHECK(bench.core().term() == Term(1));
}

TEST_CASE("3.4 a candidate counts up its term, votes for itself and asks all other voters") {
  Bench bench({.term = 3});
  bench.become_candidate();
  CHECK(bench.status().role == Role::candidate);
  CHECK(bench.core().term() == Term(4));
  CHECK(bench.status().vote == MemberId(1));
  const auto requests = bench.sent<VoteRequest>();
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].second.term == Term(4));
  CHECK_FALSE(requests[0].second.pre_vote);
}

TEST_CASE("3.4 a candidate leads with the votes of a majority and with no less") {
  Bench bench({.voters = {1, 2, 3, 4, 5}});
  bench.become_candidate();
  bench.step(2, VoteReply{bench.core().term(), false, true, {}});
  bench.step(2, VoteReply{bench.core().term(), false, true, {}});
  bench.settle();
  CHECK(bench.status().role == Role::candidate);
  bench.step(3, VoteReply{bench.core().term(), false, true, {}});
  bench.settle();
  CHECK(bench.core().is_leader());
}

TEST_CASE("3.4 a vote of another term or for a pre-vote does not count") {
  Bench bench({.term = 3});
  bench.become_candidate();
  bench.step(2, VoteReply{Term(3), false, true, {}});
  bench.step(3, VoteReply{Term(4), true, true, {}});
  bench.settle();
  CHECK_FALSE(bench.core().is_leader());
}

TEST_CASE("3.4 a vote of somebody who is no voter does not count") {
  Bench bench({.voters = {1, 2, 3}, .learners = {4}});
  bench.become_candidate();
  bench.step(4, VoteReply{bench.core().term(), false, true, {}});
  bench.step(77, VoteReply{bench.core().term(), false, true, {}});
  bench.settle();
  CHECK_FALSE(bench.core().is_leader());
}

TEST_CASE("3.4 a voter votes once a term, for the first who asks") {
  Bench bench = lonely();
  bench.step(2, vote_request(1, {}));
  bench.step(3, vote_request(1, {}));
  bench.settle();
  const auto replies = bench.sent<VoteReply>();
  REQUIRE(replies.size() == 2);
  for (const auto& [to, reply] : replies) CHECK(reply.granted == (to == 2));
}

TEST_CASE("3.4 a voter repeats its vote for the same candidate") {
  Bench bench = lonely();
  bench.step(2, vote_request(1, {}));
  bench.settle();
  bench.step(2, vote_request(1, {}));
  bench.settle();
  const auto replies = bench.sent<VoteReply>();
  REQUIRE(replies.size() == 2);
  CHECK(replies[0].second.granted);
  CHECK(replies[1].second.granted);
}

TEST_CASE("3.4 a candidate that hears the leader of its term follows it") {
  Bench bench;
  bench.become_candidate();
  const Term term = bench.core().term();
  bench.step(2, AppendRequest{term, {}, {}, Index(), {}});
  bench.settle();
  CHECK(bench.status().role == Role::follower);
  CHECK(bench.core().leader() == MemberId(2));
  CHECK(bench.core().term() == term);
}

TEST_CASE("3.4 a candidate without a majority tries again after another timeout") {
  Bench bench;
  bench.become_candidate();
  bench.forget_sent();
  bench.tick(2 * bench.member().config().election_timeout_ticks);
  bench.settle();
  CHECK_FALSE(bench.sent<VoteRequest>().empty());
}

TEST_CASE("3.4 election timeouts are drawn at random from one to two timeouts") {
  std::set<int> drawn;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Bench bench({.seed = seed});
    int ticks = 0;
    while (bench.status().role == Role::follower && ticks < 100) {
      bench.tick();
      ++ticks;
    }
    drawn.insert(ticks);
  }
  CHECK(*drawn.begin() >= 10);
  CHECK(*drawn.rbegin() <= 20);
  CHECK(drawn.size() >= 7);
}

TEST_CASE("3.4 a leader sends heartbeats to everybody at every interval") {
  Bench bench({.voters = {1, 2, 3}, .learners = {4}});
  bench.become_established_leader();
  bench.forget_sent();
  bench.tick();
  bench.settle();
  std::set<std::uint64_t> receivers;
  for (const auto& [to, heartbeat] : bench.sent<Heartbeat>()) receivers.insert(to);
  CHECK(receivers == std::set<std::uint64_t>{2, 3, 4});
}

TEST_CASE("3.4 a single member leads without asking") {
  Bench bench({.voters = {1}});
  bench.core().campaign();
  bench.settle();
  CHECK(bench.core().is_leader());
  CHECK(bench.status().committed == Index(1));
}

TEST_CASE("3.4 a learner starts no election") {
  Bench bench({.voters = {2, 3}, .learners = {1}});
  bench.tick(100);
  bench.core().campaign();
  bench.settle();
  CHECK(bench.outbox().empty());
  CHECK(bench.core().term() == Term(0));
}

TEST_CASE("3.6.1 a voter refuses a candidate whose log is less up to date than its own") {
  const bool pre_vote = GENERATE(false, true);
  struct Case {
    std::vector<std::uint64_t> log;
    EntryId candidate;
    bool granted;
  };
  const Case cases[] = {
      {{1}, at(1, 1), true},    {{1}, at(1, 2), true},  {{1, 1}, at(1, 1), false}, {{1}, at(2, 1), true},     {{1}, at(2, 2), true},
      {{1, 1}, at(2, 1), true}, {{2}, at(1, 1), false}, {{2}, at(1, 2), false},    {{2, 2}, at(1, 9), false},
  };
  for (const auto& each : cases) {
    Bench bench({.log_terms = each.log, .term = 2});
    bench.step(2, pre_vote ? pre_vote_request(3, each.candidate) : vote_request(3, each.candidate));
    bench.settle();
    const auto replies = bench.sent<VoteReply>();
    REQUIRE(replies.size() == 1);
    CHECK(replies[0].second.granted == each.granted);
    CHECK(replies[0].second.pre_vote == pre_vote);
  }
}

TEST_CASE("3.8 a vote does not leave before it is durable") {
  Bench bench = lonely();
  bench.step(2, vote_request(1, {}));
  bench.take();
  CHECK(bench.sent<VoteReply>().empty());
  REQUIRE(bench.writes.size() == 1);
  CHECK(bench.writes[0].hard_state == HardState{Term(1), MemberId(2)});
  bench.finish_writes();
  CHECK(bench.sent<VoteReply>().size() == 1);
}

TEST_CASE("3.8 a vote request does not leave before the candidate's own vote is durable") {
  Bench bench;
  bench.core().campaign();
  bench.settle();
  for (const auto& [to, request] : bench.sent<VoteRequest>()) bench.step(to, VoteReply{request.term, true, true, {}});
  bench.take();
  CHECK(bench.sent<VoteRequest>().empty());
  bench.finish_writes();
  CHECK(bench.sent<VoteRequest>().size() == 2);
}

TEST_CASE("3.8 a member does not vote again in a term after a restart") {
  Bench bench({.term = 4, .vote = 2});
  bench.step(3, vote_request(4, {}));
  bench.settle();
  const auto replies = bench.sent<VoteReply>();
  REQUIRE(replies.size() == 1);
  CHECK_FALSE(replies[0].second.granted);
}

TEST_CASE("3.8 a candidate counts its own vote only when it is durable") {
  Bench bench;
  bench.core().campaign();
  bench.settle();
  for (const auto& [to, request] : bench.sent<VoteRequest>()) bench.step(to, VoteReply{request.term, true, true, {}});
  bench.take();
  // Nobody can know of the request yet; a forged or repeated vote must not help.
  bench.step(2, VoteReply{bench.core().term(), false, true, {}});
  bench.take();
  CHECK_FALSE(bench.core().is_leader());
}

TEST_CASE("3.9 a configuration whose election timeout does not exceed the heartbeats by far is refused") {
  Config config = bench_config(1);
  CHECK(config.validate().has_value());
  config.heartbeat_ticks = 5;
  CHECK_FALSE(config.validate().has_value());
  config = bench_config(1);
  config.heartbeat_ticks = 0;
  CHECK_FALSE(config.validate().has_value());
  config = bench_config(0);
  CHECK_FALSE(config.validate().has_value());
}

TEST_CASE("4.2.3 a voter that heard from a leader within an election timeout refuses everybody") {
  Bench bench;
  bench.follow(2, 1);
  bench.step(3, vote_request(7, at(9, 9)));
  bench.step(3, pre_vote_request(7, at(9, 9)));
  bench.settle();
  CHECK(bench.core().term() == Term(1));
  for (const auto& [to, reply] : bench.sent<VoteReply>()) CHECK_FALSE(reply.granted);
}

TEST_CASE("4.2.3 a leader whose quorum answers refuses everybody") {
  Bench bench;
  bench.become_established_leader();
  const Term term = bench.core().term();
  bench.step(3, vote_request(70, at(9, 9)));
  bench.settle();
  CHECK(bench.core().is_leader());
  CHECK(bench.core().term() == term);
}

TEST_CASE("4.2.3 a voter that has not heard from its leader for an election timeout votes") {
  Bench bench;
  bench.follow(2, 1);
  bench.tick(bench.member().config().election_timeout_ticks);
  bench.forget_sent();
  bench.step(3, vote_request(7, {}));
  bench.settle();
  const auto replies = bench.sent<VoteReply>();
  REQUIRE_FALSE(replies.empty());
  CHECK(replies.back().second.granted);
}

TEST_CASE("6.2 a leader that hears from no quorum for an election timeout steps down") {
  Bench bench;
  bench.become_established_leader();
  const Term term = bench.core().term();
  bench.tick(2 * bench.member().config().election_timeout_ticks + 1);
  bench.settle();
  CHECK_FALSE(bench.core().is_leader());
  CHECK(bench.core().term() == term);
}

TEST_CASE("6.2 a leader that hears from a quorum goes on leading") {
  Bench bench;
  bench.become_established_leader();
  for (int n = 0; n < 100; ++n) {
    bench.tick();
    bench.settle();
    for (const auto& [to, heartbeat] : bench.sent<Heartbeat>())
      if (to == 2) bench.step(to, HeartbeatReply{heartbeat.term, heartbeat.round});
  }
  bench.settle();
  CHECK(bench.core().is_leader());
}

TEST_CASE("9.6 a pre-vote changes no term, neither the candidate's nor the voter's") {
  Bench bench({.term = 3});
  bench.core().campaign();
  bench.settle();
  CHECK(bench.status().role == Role::pre_candidate);
  CHECK(bench.core().term() == Term(3));
  const auto requests = bench.sent<VoteRequest>();
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].second.pre_vote);
  CHECK(requests[0].second.term == Term(4));

  Bench voter({.term = 3});
  voter.step(2, pre_vote_request(8, {}));
  voter.settle();
  CHECK(voter.core().term() == Term(3));
  CHECK(voter.status().vote == std::nullopt);
  const auto replies = voter.sent<VoteReply>();
  REQUIRE(replies.size() == 1);
  CHECK(replies[0].second.granted);
  CHECK(replies[0].second.term == Term(8));
}

TEST_CASE("9.6 pre-votes may be granted to several candidates of one term") {
  Bench bench({.term = 3, .vote = 1});
  bench.step(2, pre_vote_request(4, {}));
  bench.step(3, pre_vote_request(4, {}));
  bench.settle();
  const auto replies = bench.sent<VoteReply>();
  REQUIRE(replies.size() == 2);
  CHECK(replies[0].second.granted);
  CHECK(replies[1].second.granted);
}

TEST_CASE("9.6 without a majority of pre-votes nobody becomes a candidate, however long it lasts") {
  Bench bench({.term = 3});
  bench.tick(500);
  bench.settle();
  CHECK(bench.core().term() == Term(3));
  CHECK(bench.writes.empty());
}

TEST_CASE("9.6 a refused pre-vote of a newer term teaches that term") {
  Bench bench({.term = 3});
  bench.core().campaign();
  bench.settle();
  bench.step(2, VoteReply{Term(9), true, false, {}});
  bench.settle();
  CHECK(bench.core().term() == Term(9));
  CHECK(bench.status().role == Role::follower);
}

TEST_CASE("9.6 pre-votes do not make a candidate of one that follows a leader again") {
  Bench bench({.term = 3});
  bench.core().campaign();
  bench.settle();
  bench.step(2, Heartbeat{Term(3), Index(), 1, {}});
  bench.step(3, VoteReply{Term(4), true, true, {}});
  bench.settle();
  CHECK(bench.status().role == Role::follower);
  CHECK(bench.core().term() == Term(3));
}
