#include "conclave/test/catch.hpp"
#include "network.hpp"

using namespace conclave;
using namespace conclave::raft;
using namespace conclave::raft::test;

TEST_CASE("a proposal is applied by all members within one exchange and the next commit", "[replication]") {
  Network network;
  network.elect();
  const EntryId id = network.propose("x");
  CHECK(network.all_applied({1, 2, 3}, id));
}

TEST_CASE("an append that was lost is noticed by heartbeats and sent again", "[replication]") {
  Network network;
  const std::uint64_t leader = network.elect();
  network.faults.loss = 1000;
  const auto id = network.core(leader).propose(Bytes("x"));
  REQUIRE(id);
  network.run();
  network.faults.loss = 0;
  CHECK(network.tick_until([&] { return network.all_applied({1, 2, 3}, *id); }, 9));
}

TEST_CASE("a follower that was away is brought up to date from the log store", "[replication]") {
  Network network({.configure = [](Config& config) {
    config.memory_log_bytes_max = 1;
    config.append_entries_max = 4;
  }});
  const std::uint64_t leader = network.elect();
  const std::uint64_t away = leader == 3 ? 2 : 3;
  network.isolate(away);
  EntryId last;
  for (int i = 0; i < 50; ++i) last = network.propose("entry " + std::to_string(i));
  network.heal();
  CHECK(network.tick_until([&] { return network.all_applied({1, 2, 3}, last); }, 30));
  CHECK(network.snapshot_chunks == 0);
}

TEST_CASE("a follower whose log diverged for many entries is repaired with a probe for each term", "[replication]") {
  Bench bench({.log_terms = {1, 1, 1, 4, 4, 5, 5, 6, 6, 6}, .term = 6});
  bench.become_leader();
  bench.forget_sent();
  // The follower's log: 1 1 1 2 2 2 3 3 3 3 3. It refuses the end, then agrees after one more try.
  const auto hint_for = [](const AppendRequest& m) {
    const std::vector<std::uint64_t> terms = {0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3};
    std::uint64_t index = std::min<std::uint64_t>(m.previous.index.value(), terms.size() - 1);
    while (terms[index] > m.previous.term.value()) --index;
    return at(terms[index], index);
  };
  AppendRequest probe{Term(7), at(6, 10), {}, Index(), {}};
  int refusals = 0;
  while (probe.previous.index > Index(3)) {
    bench.step(2, AppendReply{Term(7), false, probe.previous.index, hint_for(probe)});
    bench.take();
    const auto sent = bench.sent<AppendRequest>();
    REQUIRE(!sent.empty());
    probe = sent.back().second;
    ++refusals;
  }
  CHECK(probe.previous == at(1, 3));
  CHECK(refusals <= 2);
}

TEST_CASE("an own proposal is lost when another entry is committed at its index, also after stepping down", "[replication]") {
  Network network;
  const std::uint64_t old = network.elect();
  network.isolate(old);
  const auto mine = network.core(old).propose(Bytes("mine"));
  REQUIRE(mine);
  network.run();
  REQUIRE(network.tick_until([&] { return network.leader() != old && network.leader() != 0; }));
  network.elect();
  network.tick(20);
  CHECK(network.lost.empty());
  network.heal();
  REQUIRE(network.tick_until([&] { return !network.lost.empty(); }, 40));
  CHECK(network.lost == std::vector{*mine});
}

TEST_CASE("proposals beyond the uncommitted bytes are refused, and taken again when there is room", "[replication]") {
  Network network({.configure = [](Config& config) { config.uncommitted_bytes_max = 500; }});
  const std::uint64_t leader = network.elect();
  network.isolate(leader);
  int taken = 0;
  while (network.core(leader).propose(Bytes(std::string(100, 'x')))) ++taken;
  CHECK(taken >= 1);
  CHECK(taken < 5);
  CHECK(network.core(leader).propose(Bytes(std::string(100, 'x'))).error().code == Errc::overloaded);
  network.heal();
  REQUIRE(network.tick_until([&] { return network.status(leader).committed == network.status(leader).last; }, 40));
  CHECK(network.core(leader).propose(Bytes(std::string(100, 'x'))));
}

TEST_CASE("entries accumulate while the writes in flight are at their limit", "[replication]") {
  Bench bench;
  bench.become_established_leader();
  for (int i = 0; i < 6; ++i) {
    REQUIRE(bench.core().propose(Bytes(std::to_string(i))));
    bench.take();
  }
  REQUIRE(bench.member().writes().size() == 2);
  bench.member().finish_writes(bench.member().writes().front().id);
  bench.take();
  CHECK(bench.member().writes().back().entries.size() == 4);
}
