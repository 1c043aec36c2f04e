/// The rules of Ongaro's dissertation about leadership transfer, membership changes and reads; the number in front of a test's name
/// is the section.
#include "conclave/test/catch.hpp"
#include "interaction_bench.hpp"

using namespace conclave;
using namespace conclave::raft;
using namespace conclave::raft::test;

namespace {

using Ids = std::vector<std::uint64_t>;

Result<EntryId> change(Bench& bench, const Ids& voters, const Ids& learners = {}, std::vector<MemberId> promote = {}) {
  return bench.core().propose_membership(bench_records(voters), bench_records(learners), std::move(promote));
}

Ids values(const std::vector<MemberId>& ids) {
  Ids result;
  for (const auto id : ids) result.push_back(id.value());
  return result;
}

void answer_heartbeats(Bench& bench, const Ids& from) {
  for (const auto& [to, heartbeat] : bench.sent<Heartbeat>())
    for (const auto id : from)
      if (id == to) bench.step(to, HeartbeatReply{heartbeat.term, heartbeat.round});
  bench.settle();
}

EntryPtr membership_entry(std::uint64_t term, std::uint64_t index, const Membership& membership) {
  return std::make_shared<const Entry>(Entry{at(term, index), membership});
}

}  // namespace

TEST_CASE("3.10 a leader hands over to a member that has its whole log at once") {
  Bench bench;
  bench.become_established_leader();
  REQUIRE(bench.core().transfer_leadership(MemberId(2)).has_value());
  bench.settle();
  const auto asked = bench.sent<TimeoutNow>();
  REQUIRE(asked.size() == 1);
  CHECK(asked[0].first == 2);
  CHECK(bench.status().transferring == MemberId(2));
}

TEST_CASE("3.10 a leader that hands over refuses proposals") {
  Bench bench;
  bench.become_established_leader();
  REQUIRE(bench.core().transfer_leadership(MemberId(2)).has_value());
  const auto result = bench.core().propose(Bytes("x"));
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().code == Errc::not_leader);
}

TEST_CASE("3.10 a leader brings a lagging member up to date before it hands over") {
  Bench bench;
  bench.become_established_leader();
  (void)bench.core().propose(Bytes("x"));
  bench.settle();
  REQUIRE(bench.core().transfer_leadership(MemberId(2)).has_value());
  bench.settle();
  CHECK(bench.sent<TimeoutNow>().empty());
  bench.acknowledge(2, 2);
  CHECK(bench.sent<TimeoutNow>().size() == 1);
}

TEST_CASE("3.10 a transfer that takes an election timeout is abandoned and proposals are taken again") {
  Bench bench;
  bench.become_established_leader();
  REQUIRE(bench.core().transfer_leadership(MemberId(2)).has_value());
  for (int n = 0; n < 11; ++n) {
    bench.tick();
    bench.settle();
    answer_heartbeats(bench, {2, 3});
  }
  CHECK(bench.core().is_leader());
  CHECK(bench.status().transferring == std::nullopt);
  CHECK(bench.core().propose(Bytes("x")).has_value());
}

TEST_CASE("3.10 only another voter can be handed to") {
  Bench bench({.voters = {1, 2, 3}, .learners = {4}});
  bench.become_established_leader();
  for (const auto to : Ids{1, 4, 9}) {
    const auto result = bench.core().transfer_leadership(MemberId(to));
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().code == Errc::invalid_argument);
  }
  Bench follower;
  CHECK_FALSE(follower.core().transfer_leadership(MemberId(2)).has_value());
}

TEST_CASE("3.10 a member that is asked to campaigns at once without a pre-vote") {
  Bench bench;
  bench.follow(2, 1);
  bench.step(2, TimeoutNow{Term(1)});
  bench.settle();
  CHECK(bench.status().role == Role::candidate);
  const auto requests = bench.sent<VoteRequest>();
  REQUIRE(requests.size() == 2);
  CHECK_FALSE(requests[0].second.pre_vote);
  CHECK(requests[0].second.transfer);
}

TEST_CASE("3.10 only the leader of the term may ask a member to campaign") {
  Bench bench;
  bench.follow(2, 3);
  bench.step(3, TimeoutNow{Term(3)});
  bench.step(2, TimeoutNow{Term(2)});
  bench.settle();
  CHECK(bench.status().role == Role::follower);
}

TEST_CASE("3.10 voters do not protect their leader from one it asked to campaign") {
  Bench bench;
  bench.follow(2, 1);
  bench.step(3, VoteRequest{Term(2), {}, false, true});
  bench.settle();
  const auto replies = bench.sent<VoteReply>();
  REQUIRE(replies.size() == 1);
  CHECK(replies[0].second.granted);
}

TEST_CASE("4.1 a membership is in force as soon as it is in the log") {
  Bench bench;
  bench.become_established_leader();
  REQUIRE(change(bench, {1, 2, 3, 4}).has_value());
  CHECK(values(bench.core().membership().voters) == Ids{1, 2, 3, 4});
  CHECK_FALSE(bench.core().membership_committed());
  // Two of three are no longer enough: it takes three of four.
  bench.settle();
  bench.acknowledge(2, 2);
  CHECK(bench.status().committed == Index(1));
  bench.acknowledge(3, 2);
  CHECK(bench.status().committed == Index(2));
  CHECK(bench.core().membership_committed());
}

TEST_CASE("4.1 no change starts before the former is committed") {
  Bench bench;
  bench.become_established_leader();
  REQUIRE(change(bench, {1, 2, 3, 4}).has_value());
  const auto second = change(bench, {1, 2, 3, 4, 5});
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().code == Errc::membership_busy);
}

TEST_CASE("4.1 no change starts before an entry of the leader's own term is committed") {
  // Ongaro's correction of 2015: otherwise two leaders' single changes may have majorities that do not overlap.
  Bench bench({.log_terms = {1}, .term = 1});
  bench.become_leader();
  const auto result = change(bench, {1, 2, 3, 4});
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().code == Errc::membership_busy);
}

TEST_CASE("4.1 a follower uses the newest membership in its log, committed or not") {
  Bench bench;
  bench.step(2, AppendRequest{Term(1), {}, {membership_entry(1, 1, bench_membership({1, 2, 3, 4, 5}, {}))}, Index(), {}});
  bench.settle();
  CHECK(values(bench.core().membership().voters) == Ids{1, 2, 3, 4, 5});
}

TEST_CASE("4.1 a membership that is cut from the log is no longer in force") {
  Bench bench;
  bench.step(2, AppendRequest{Term(1), {}, {membership_entry(1, 1, bench_membership({1, 2, 3, 4, 5}, {}))}, Index(), {}});
  bench.step(3, AppendRequest{Term(2), {}, {bench_entry(2, 1)}, Index(), {}});
  bench.settle();
  CHECK(values(bench.core().membership().voters) == Ids{1, 2, 3});
}

TEST_CASE("4.2.1 a learner becomes a voter when it has caught up and not before") {
  Bench bench;
  bench.become_established_leader();
  REQUIRE(change(bench, {1, 2, 3}, {4}, {MemberId(4)}).has_value());
  bench.settle();
  bench.acknowledge(2, 2);
  CHECK(bench.core().membership_committed());
  CHECK(values(bench.core().membership().learners) == Ids{4});
  bench.acknowledge(4, bench.status().last.value());
  for (int n = 0; n < 30 && !bench.core().membership().learners.empty(); ++n) {
    bench.tick();
    bench.settle();
    answer_heartbeats(bench, {2, 3, 4});
    bench.acknowledge(4, bench.status().last.value());
  }
  CHECK(values(bench.core().membership().voters) == Ids{1, 2, 3, 4});
}

TEST_CASE(
    "4.2.2 a leader that is not in the new membership manages it, does not count itself, and steps down when it is committed") {
  Bench bench;
  bench.become_established_leader();
  REQUIRE(change(bench, {2, 3}).has_value());
  bench.settle();
  CHECK(bench.core().is_leader());
  bench.acknowledge(2, 2);
  CHECK(bench.status().committed == Index(1));
  bench.acknowledge(3, 2);
  CHECK(bench.status().committed == Index(2));
  bench.settle();
  CHECK_FALSE(bench.core().is_leader());
}

TEST_CASE("4.2.2 a member that is not in the membership in its log starts no election") {
  Bench bench({.voters = {2, 3}});
  bench.tick(100);
  bench.settle();
  CHECK(bench.outbox().empty());
}

TEST_CASE("4.2 a member that is in no membership it knows still votes and stores entries") {
  // The membership that contains it may be the very entry it has not received yet.
  Bench bench({.voters = {2, 3}});
  bench.step(2, VoteRequest{Term(1), {}, false, false});
  bench.step(2, AppendRequest{Term(1), {}, {bench_entry(1, 1)}, Index(), {}});
  bench.settle();
  const auto votes = bench.sent<VoteReply>();
  REQUIRE(votes.size() == 1);
  CHECK(votes[0].second.granted);
  CHECK(bench.sent<AppendReply>().size() == 1);
}

TEST_CASE("4.3 a change of more than one voter goes through a joint membership that is left by itself") {
  Bench bench;
  bench.become_established_leader();
  REQUIRE(change(bench, {1, 4, 5}).has_value());
  bench.settle();
  CHECK(bench.core().membership().is_joint());
  CHECK(values(bench.core().membership().voters) == Ids{1, 4, 5});
  CHECK(values(bench.core().membership().outgoing) == Ids{1, 2, 3});
  bench.acknowledge(4, 2);
  bench.acknowledge(5, 2);
  CHECK(bench.status().committed == Index(1));
  bench.acknowledge(2, 2);
  CHECK(bench.status().committed == Index(2));
  CHECK_FALSE(bench.core().membership().is_joint());
  bench.acknowledge(4, 3);
  CHECK(bench.status().committed == Index(3));
  CHECK(bench.core().membership_committed());
  CHECK(values(bench.core().membership().voters) == Ids{1, 4, 5});
}

TEST_CASE("4.3 while joint a candidate needs both majorities") {
  Membership joint = bench_membership({1, 4, 5}, {});
  joint.outgoing = {MemberId(1), MemberId(2), MemberId(3)};
  joint.members = bench_records({1, 2, 3, 4, 5});
  Bench bench;
  bench.step(2, AppendRequest{Term(1), {}, {membership_entry(1, 1, joint)}, Index(), {}});
  bench.settle();
  bench.tick(30);
  bench.settle();
  for (const auto& [to, request] : bench.sent<VoteRequest>())
    if (request.pre_vote) bench.step(to, VoteReply{request.term, true, true, {}});
  bench.settle();
  const Term term = bench.core().term();
  REQUIRE(bench.status().role == Role::candidate);
  bench.step(4, VoteReply{term, false, true, {}});
  bench.step(5, VoteReply{term, false, true, {}});
  bench.settle();
  CHECK_FALSE(bench.core().is_leader());
  bench.step(3, VoteReply{term, false, true, {}});
  bench.settle();
  CHECK(bench.core().is_leader());
}

TEST_CASE("4 a membership that makes no sense is refused") {
  Bench bench;
  bench.become_established_leader();
  CHECK_FALSE(change(bench, {}).has_value());
  CHECK_FALSE(change(bench, {1, 2, 2}).has_value());
  CHECK_FALSE(change(bench, {1, 2, 3}, {3}).has_value());
  CHECK_FALSE(change(bench, {1, 2, 0}).has_value());
  CHECK_FALSE(change(bench, {1, 2, 3}, {}, {MemberId(9)}).has_value());
  CHECK(values(bench.core().membership().voters) == Ids{1, 2, 3});
  Bench follower;
  const auto refused = change(follower, {1, 2});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Errc::not_leader);
}

TEST_CASE("6.4 a read is granted when a quorum answered a round that was sent after it") {
  Bench bench;
  bench.become_established_leader();
  const auto round = bench.core().begin_read();
  REQUIRE(round.has_value());
  bench.settle();
  CHECK(bench.reads.empty());
  answer_heartbeats(bench, {2});
  REQUIRE(bench.reads.size() == 1);
  CHECK(bench.reads[0].round == *round);
  CHECK(bench.reads[0].index == Index(1));
}

TEST_CASE("6.4 a read does not join a round that was sent already") {
  Bench bench;
  bench.become_established_leader();
  const auto first = bench.core().begin_read();
  const auto shared = bench.core().begin_read();
  CHECK(*first == *shared);
  bench.settle();
  const auto second = bench.core().begin_read();
  CHECK(*first < *second);
  const auto sent_before = bench.sent<Heartbeat>();
  REQUIRE_FALSE(sent_before.empty());
  bench.step(2, HeartbeatReply{sent_before[0].second.term, sent_before[0].second.round});
  bench.settle();
  for (const auto& grant : bench.reads) CHECK(grant.round != *second);
}

TEST_CASE("6.4 the index of a read is the commit index when its round started") {
  Bench bench;
  bench.become_established_leader();
  (void)bench.core().propose(Bytes("x"));
  bench.settle();
  bench.acknowledge(2, 2);
  (void)bench.core().begin_read();
  bench.settle();
  answer_heartbeats(bench, {3});
  REQUIRE(bench.reads.size() == 1);
  CHECK(bench.reads[0].index == Index(2));
}

TEST_CASE("6.4 a read waits until the leader's first entry of its term is committed") {
  Bench bench({.log_terms = {1}, .term = 1});
  bench.become_leader();
  bench.forget_sent();
  const auto round = bench.core().begin_read();
  if (round.has_value()) {
    bench.settle();
    answer_heartbeats(bench, {2, 3});
    CHECK(bench.reads.empty());
  }
  bench.acknowledge(2, 2);
  bench.tick();
  bench.settle();
  answer_heartbeats(bench, {2, 3});
  bench.tick();
  bench.settle();
  answer_heartbeats(bench, {2, 3});
  REQUIRE(bench.reads.size() == 1);
  CHECK(bench.reads[0].index >= Index(2));
}

TEST_CASE("6.4 a read of a leader that steps down is lost and never granted") {
  Bench bench;
  bench.become_established_leader();
  const auto round = bench.core().begin_read();
  bench.settle();
  const auto heartbeats = bench.sent<Heartbeat>();
  bench.step(3, Heartbeat{bench.core().term().next(), Index(), 1, {}});
  for (const auto& [to, heartbeat] : heartbeats) bench.step(to, HeartbeatReply{heartbeat.term, heartbeat.round});
  bench.settle();
  CHECK(bench.reads.empty());
  REQUIRE(bench.reads_lost.size() == 1);
  CHECK(bench.reads_lost[0] == *round);
}

TEST_CASE("6.4 a single member grants reads by itself") {
  Bench bench({.voters = {1}});
  bench.core().campaign();
  bench.settle();
  REQUIRE(bench.core().begin_read().has_value());
  bench.settle();
  REQUIRE(bench.reads.size() == 1);
  CHECK(bench.reads[0].index == Index(1));
}

TEST_CASE("6.4 a member that does not lead starts no read") {
  Bench bench;
  const auto round = bench.core().begin_read();
  REQUIRE_FALSE(round.has_value());
  CHECK(round.error().code == Errc::not_leader);
}

TEST_CASE("6.4 while joint a read needs both majorities") {
  Bench bench;
  bench.become_established_leader();
  REQUIRE(change(bench, {1, 4, 5}).has_value());
  bench.settle();
  bench.forget_sent();
  (void)bench.core().begin_read();
  bench.settle();
  const auto heartbeats = bench.sent<Heartbeat>();
  const auto answer = [&](std::uint64_t from) {
    for (const auto& [to, heartbeat] : heartbeats)
      if (to == from) bench.step(to, HeartbeatReply{heartbeat.term, heartbeat.round});
    bench.settle();
  };
  answer(2);
  answer(3);
  CHECK(bench.reads.empty());
  answer(4);
  CHECK(bench.reads.size() == 1);
}
