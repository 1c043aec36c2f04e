#include <algorithm>

#include "bench.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::engine;
using namespace conclave::engine::test;

namespace {

std::string name_of(std::size_t node) { return "n" + std::to_string(node + 1); }

bool acknowledged(Bench& bench, std::size_t node, RequestId request) {
  const ReplyBody* reply = bench.reply(node, request);
  return reply != nullptr && std::holds_alternative<Acknowledged>(*reply);
}

const raft::Membership& membership(Bench& bench, std::size_t node) { return bench[node].engine->core().membership(); }

}  // namespace

TEST_CASE("a member is removed by name when that is committed, and its silence stops nobody") {
  Bench bench(3);
  const std::size_t leader = bench.elect();
  const std::size_t other = (leader + 1) % 3;
  const RequestId removed = bench.ask(leader, MemberRemoveRequest{name_of(other)});
  bench.run(milliseconds(100));
  CHECK(acknowledged(bench, leader, removed));
  CHECK(membership(bench, leader).voters.size() == 2);
  bench[other].cut_off = true;
  const RequestId put = bench.write(leader, "put a 1");
  bench.run(milliseconds(100));
  CHECK(bench.response(leader, put) != nullptr);
}

TEST_CASE("a member that is added learns before it votes, whoever leads") {
  Bench bench(3);
  const std::size_t leader = bench.elect();
  const RequestId added = bench.ask(leader, MemberAddRequest{"n4", "10.0.0.4:7401"});
  const RequestId again = bench.ask(leader, MemberAddRequest{"n4", "10.0.0.4:7401"});
  bench.run(milliseconds(100));
  CHECK(acknowledged(bench, leader, added));
  CHECK(acknowledged(bench, leader, again));
  CHECK(membership(bench, leader).voters.size() == 3);
  REQUIRE(membership(bench, leader).learners.size() == 1);
  bench.run(seconds(5));  // it never answers
  CHECK(membership(bench, leader).learners.size() == 1);
}

TEST_CASE("changes that cannot be are refused with a reason") {
  Bench bench(3);
  const std::size_t leader = bench.elect();
  const std::size_t follower = (leader + 1) % 3;
  const auto refused = [&](ClientBody body) {
    const RequestId request = bench.ask(leader, std::move(body));
    bench.settle();
    return bench.refusal(leader, request);
  };
  CHECK(refused(MemberAddRequest{"", "10.0.0.4:7401"}) == Errc::invalid_argument);
  CHECK(refused(MemberAddRequest{"n4", "10.0.0.4"}) == Errc::invalid_argument);
  CHECK(refused(MemberAddRequest{"n4", "10.0.0.4:70000"}) == Errc::invalid_argument);
  CHECK(refused(MemberAddRequest{name_of(follower), "10.0.0.4:7401"}) == Errc::already_exists);
  CHECK(refused(MemberRemoveRequest{"n9"}) == Errc::invalid_argument);
  CHECK(refused(MemberRemoveRequest{name_of(leader)}) == Errc::invalid_argument);
  const RequestId elsewhere = bench.ask(follower, MemberRemoveRequest{name_of(leader)});
  bench.settle();
  CHECK(bench.refusal(follower, elsewhere) == Errc::not_leader);
}

TEST_CASE("a member is not removed when those that answer would be no majority without it") {
  Bench bench(3);
  const std::size_t leader = bench.elect();
  bench[(leader + 1) % 3].cut_off = true;
  bench.run(milliseconds(1500));
  REQUIRE(bench[leader].engine->core().is_leader());
  const RequestId removed = bench.ask(leader, MemberRemoveRequest{name_of((leader + 2) % 3)});
  bench.settle();
  CHECK(bench.refusal(leader, removed) == Errc::invalid_argument);
  const RequestId silent = bench.ask(leader, MemberRemoveRequest{name_of((leader + 1) % 3)});
  bench.run(milliseconds(100));
  CHECK(acknowledged(bench, leader, silent));
}

TEST_CASE("what a member tells of itself is recorded, also when it comes before its link is told of") {
  Bench bench(3);
  const std::size_t leader = bench.elect();
  bench.ask(leader, MemberAddRequest{"n4", "10.0.0.4:7401"});
  bench.run(milliseconds(100));
  REQUIRE(membership(bench, leader).learners.size() == 1);
  const MemberId added = membership(bench, leader).learners.front();
  Engine& engine = *bench[leader].engine;
  engine.deliver(PeerSaid{added, MemberNews{mvcc::machine_version_max, false, "10.0.0.4:7400", false, {}, "10.0.0.4:7402"}});
  engine.deliver(PeerConnected{added, Incarnation(400)});
  bench.run(milliseconds(100));
  const auto& members = membership(bench, leader).members;
  const auto record = std::ranges::find(members, added, &raft::Member::id);
  REQUIRE(record != members.end());
  CHECK(record->incarnation == Incarnation(400));
  CHECK(record->client_address == "10.0.0.4:7400");
  CHECK(record->http_address == "10.0.0.4:7402");
}
