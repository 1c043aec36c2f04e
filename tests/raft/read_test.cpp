#include "conclave/test/catch.hpp"
#include "network.hpp"

using namespace conclave;
using namespace conclave::raft;
using namespace conclave::raft::test;

TEST_CASE("all reads that wait share one round and one exchange of heartbeats", "[read]") {
  Network network;
  Core& core = network.core(network.elect());
  network.sent.clear();
  const auto first = core.begin_read();
  const auto second = core.begin_read();
  REQUIRE(first);
  REQUIRE(second);
  CHECK(*first == *second);
  network.run();
  REQUIRE(network.reads.size() == 1);
  CHECK(network.reads[0].second.index == core.status().committed);
  const auto third = core.begin_read();
  REQUIRE(third);
  CHECK(*third != *first);
}

TEST_CASE("a leader that was deposed without knowing grants no read", "[read]") {
  Network network;
  const std::uint64_t old = network.elect();
  network.isolate(old);
  const auto round = network.core(old).begin_read();
  REQUIRE(round);
  network.run();
  REQUIRE(network.tick_until([&] { return network.leader() != old && network.leader() != 0; }));
  network.elect();
  network.propose("newer");
  network.heal();
  network.tick(20);
  CHECK(network.reads.empty());
  CHECK(network.reads_lost == std::vector{*round});
}

TEST_CASE("answers to an earlier round confirm no later read", "[read]") {
  Bench bench;
  bench.become_established_leader();
  bench.tick(1);
  bench.take();
  const auto before = bench.sent<Heartbeat>();
  REQUIRE(bench.core().begin_read());
  bench.take();
  const auto after = bench.sent<Heartbeat>();
  REQUIRE(!before.empty());
  REQUIRE(!after.empty());
  bench.step(2, HeartbeatReply{bench.core().term(), before[0].second.round});
  bench.take();
  CHECK(bench.reads.empty());
  bench.step(2, HeartbeatReply{bench.core().term(), after[0].second.round + 1});
  bench.take();
  CHECK(bench.reads.empty());
  bench.step(2, HeartbeatReply{bench.core().term(), after[0].second.round});
  bench.take();
  CHECK(bench.reads.size() == 1);
}

TEST_CASE("reads are granted in a cluster that loses messages", "[read]") {
  Network network;
  const std::uint64_t leader = network.elect();
  network.faults.loss = 300;
  int asked = 0;
  for (int i = 0; i < 20; ++i) {
    if (network.leader() == leader && network.core(leader).begin_read()) ++asked;
    network.tick();
  }
  network.faults.loss = 0;
  network.tick(10);
  CHECK(network.reads.size() + network.reads_lost.size() == static_cast<std::size_t>(asked));
}
