#include "conclave/test/catch.hpp"
#include "network.hpp"

using namespace conclave;
using namespace conclave::raft;
using namespace conclave::raft::test;

TEST_CASE("a cluster elects one leader that all follow", "[election]") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Network network({.voters = {1, 2, 3, 4, 5}, .seed = seed});
    const std::uint64_t leader = network.elect();
    for (std::uint64_t id = 1; id <= 5; ++id) CHECK(network.core(id).leader() == MemberId(leader));
  }
}

TEST_CASE("a single voter leads when asked to, and commits once its own disk has the entry", "[election]") {
  Bench bench({.voters = {1}});
  bench.core().campaign();
  bench.take();
  CHECK(!bench.core().is_leader());
  bench.settle();
  CHECK(bench.core().is_leader());
  REQUIRE(bench.core().propose(Bytes("x")));
  bench.take();
  CHECK(bench.status().committed == Index(1));
  bench.settle();
  CHECK(bench.status().applied == Index(2));
  CHECK(bench.core().quorum_confirmed_tick() == bench.core().ticks());
}

TEST_CASE("when the leader dies and its links close, another leads long before the election timeout", "[election]") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    Network network({.voters = {1, 2, 3, 4, 5}, .seed = seed, .configure = [](Config& config) {
                       config.election_timeout_ticks = 100;
                       config.link_closed_campaign_ticks_max = 5;
                     }});
    const std::uint64_t dead = network.elect();
    network.tick(5);
    network.crash(dead);
    for (std::uint64_t id = 1; id <= 5; ++id) {
      if (id != dead) network.core(id).on_link_closed(MemberId(dead));
    }
    INFO("seed " << seed);
    CHECK(network.tick_until([&] { return network.leader() != 0; }, 60));
  }
}

TEST_CASE("a member whose own link to a living leader closed deposes nobody", "[election]") {
  Network network;
  const std::uint64_t leader = network.elect();
  const Term term = network.core(leader).term();
  const std::uint64_t other = leader == 1 ? 2 : 1;
  for (int i = 0; i < 20; ++i) {
    network.core(other).on_link_closed(MemberId(leader));
    network.tick(1);
  }
  CHECK(network.leader() == leader);
  CHECK(network.core(leader).term() == term);
  network.tick(4);
  CHECK(network.core(other).leader() == MemberId(leader));
}

TEST_CASE("a member that comes back from a partition disturbs nobody", "[election]") {
  Network network;
  const std::uint64_t leader = network.elect();
  const Term term = network.core(leader).term();
  const std::uint64_t other = leader == 3 ? 2 : 3;
  network.isolate(other);
  network.tick(200);
  network.heal();
  network.tick(30);
  CHECK(network.leader() == leader);
  CHECK(network.core(other).term() == term);
}

TEST_CASE("a leader alone steps down, and follows the one elected meanwhile", "[election]") {
  Network network;
  const std::uint64_t old = network.elect();
  network.isolate(old);
  REQUIRE(network.tick_until([&] { return network.leader() != old && network.leader() != 0; }));
  network.tick(15);
  CHECK(!network.core(old).is_leader());
  CHECK(!network.core(old).leader());
  network.heal();
  network.tick(10);
  CHECK(network.core(old).leader() == MemberId(network.leader()));
}

TEST_CASE("a leader that can send but hears nobody is replaced", "[election]") {
  Network network;
  const std::uint64_t deaf = network.elect();
  for (std::uint64_t id = 1; id <= 3; ++id) network.cut(id, deaf);
  REQUIRE(network.tick_until([&] { return network.leader() != 0 && network.leader() != deaf; }));
  network.heal();
  network.tick(20);
  CHECK(network.leader() != 0);
}

TEST_CASE("a member that is alone in a higher term brings the cluster there once and then follows", "[election]") {
  Network network;
  const std::uint64_t leader = network.elect();
  const std::uint64_t other = leader == 3 ? 2 : 3;
  network.isolate(other);
  // It was made to campaign without a pre-vote just before it was cut off.
  network.core(other).step(MemberId(leader), TimeoutNow{network.core(other).term()});
  network.tick(3);
  REQUIRE(network.core(other).term() > network.core(leader).term());
  network.heal();
  REQUIRE(network.tick_until([&] { return network.leader() != 0 && network.core(other).leader() == MemberId(network.leader()); }));
  const Term term = network.core(network.leader()).term();
  network.tick(100);
  CHECK(network.core(network.leader()).term() == term);
}

TEST_CASE("the greatest stamp anybody heard reaches the next leader with its votes", "[election]") {
  Network network;
  const std::uint64_t first = network.elect();
  network.core(first).set_stamp(Stamp(500));
  network.tick(4);
  network.crash(first);
  const std::uint64_t second = network.elect();
  CHECK(second != first);
  CHECK(network.core(second).stamp() == Stamp(500));
  network.core(second).set_stamp(Stamp(10));
  CHECK(network.core(second).stamp() == Stamp(500));
}

TEST_CASE("a follower's time is that of the leader whose log holds all of its own, also when another said more", "[election]") {
  Bench bench;
  bench.step(
      2, AppendRequest{.term = Term(1), .previous = {}, .entries = {bench_entry(1, 1)}, .commit = Index(), .stamp = Stamp(100)});
  CHECK(bench.core().stamp() == Stamp(100));
  bench.step(2,
             Heartbeat{.term = Term(1), .commit = Index(), .round = 1, .stamp = Stamp(900)});  // a leader that loses its majority
  CHECK(bench.core().stamp() == Stamp(900));
  // The next leader did not hear of 900. Until its log is known to hold ours, its time is not ours.
  bench.step(3, Heartbeat{.term = Term(2), .commit = Index(), .round = 1, .stamp = Stamp(950)});
  CHECK(bench.core().stamp() == Stamp(900));
  bench.step(3, AppendRequest{
                    .term = Term(2), .previous = at(1, 1), .entries = {bench_entry(2, 2)}, .commit = Index(), .stamp = Stamp(310)});
  CHECK(bench.core().stamp() == Stamp(310));
  bench.step(3, Heartbeat{.term = Term(2), .commit = Index(), .round = 2, .stamp = Stamp(320)});
  CHECK(bench.core().stamp() == Stamp(320));
}

TEST_CASE("a candidate goes on from what voters heard of the leader of its last entry, and of no other", "[election]") {
  Bench bench({.log_terms = {1, 2}, .term = 2});
  bench.become_candidate();
  const Term term = bench.core().term();
  bench.step(2, VoteReply{.term = term, .granted = false, .stamp = Stamp(900), .stamp_term = Term(1)});
  CHECK(bench.core().stamp() == Stamp());
  bench.step(3, VoteReply{.term = term, .granted = true, .stamp = Stamp(320), .stamp_term = Term(2)});
  CHECK(bench.core().stamp() == Stamp(320));
  bench.settle();
  REQUIRE(bench.core().is_leader());
  bench.step(2, VoteReply{.term = term, .granted = true, .stamp = Stamp(800), .stamp_term = Term(2)});
  CHECK(bench.core().stamp() == Stamp(320));  // too late: its clock has begun
}

TEST_CASE("a leader knows the tick of the newest heartbeat round that a quorum answered", "[election]") {
  Network network;
  const std::uint64_t leader = network.elect();
  network.tick(10);
  const std::uint64_t confirmed = network.core(leader).quorum_confirmed_tick();
  CHECK(network.core(leader).ticks() - confirmed <= 2);
  network.isolate(leader);
  network.tick(5);
  CHECK(network.core(leader).quorum_confirmed_tick() - confirmed <= 2);
  CHECK(network.core(leader).ticks() - network.core(leader).quorum_confirmed_tick() >= 3);
}

TEST_CASE("a configuration with a limit of zero or of a member zero is refused", "[election]") {
  CHECK(bench_config(1).validate());
  CHECK(!bench_config(0).validate());
  Config config = bench_config(1);
  config.write_bytes_max = 0;
  CHECK(!config.validate());
  config = bench_config(1);
  config.election_timeout_ticks = 2 * config.heartbeat_ticks;
  CHECK(!config.validate());
}
