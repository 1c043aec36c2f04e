#include "conclave/test/catch.hpp"
#include "network.hpp"

using namespace conclave;
using namespace conclave::raft;
using namespace conclave::raft::test;

namespace {

std::uint64_t other_than(std::uint64_t id) { return id == 1 ? 2 : 1; }

}  // namespace

TEST_CASE("leadership goes to whom it is given without waiting for a timeout", "[transfer]") {
  Network network;
  const std::uint64_t leader = network.elect();
  const std::uint64_t target = other_than(leader);
  REQUIRE(network.core(leader).transfer_leadership(MemberId(target)));
  network.run();
  CHECK(network.leader() == target);
  CHECK(!network.core(leader).is_leader());
}

TEST_CASE("a target that lags gets what it lacks first", "[transfer]") {
  Network network;
  const std::uint64_t leader = network.elect();
  const std::uint64_t target = other_than(leader);
  network.isolate(target);
  EntryId last;
  for (int i = 0; i < 10; ++i) last = network.propose(std::to_string(i));
  REQUIRE(network.core(leader).transfer_leadership(MemberId(target)));
  network.run();
  CHECK(network.leader() == leader);
  CHECK(network.core(leader).propose(Bytes("x")).error().code == Errc::not_leader);
  network.heal();
  REQUIRE(network.tick_until([&] { return network.leader() == target; }, 8));
  CHECK(network.core(target).term_at(last.index) == last.term);
}

TEST_CASE("a transfer to a member that does not answer is given up and proposals are taken again", "[transfer]") {
  Network network;
  const std::uint64_t leader = network.elect();
  const std::uint64_t target = other_than(leader);
  network.crash(target);
  network.propose("x");
  REQUIRE(network.core(leader).transfer_leadership(MemberId(target)));
  network.tick(12);
  CHECK(!network.status(leader).transferring);
  CHECK(network.leader() == leader);
  CHECK(network.core(leader).propose(Bytes("y")));
}

TEST_CASE("leadership is not given to oneself, to a learner or to a stranger", "[transfer]") {
  Network network({.voters = {1, 2, 3}, .learners = {4}});
  const std::uint64_t leader = network.elect();
  for (const std::uint64_t id : {leader, std::uint64_t{4}, std::uint64_t{9}}) {
    CHECK(network.core(leader).transfer_leadership(MemberId(id)).error().code == Errc::invalid_argument);
  }
  CHECK(network.core(4).transfer_leadership(MemberId(leader)).error().code == Errc::not_leader);
}
