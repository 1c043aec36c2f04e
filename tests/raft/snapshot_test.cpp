#include "conclave/test/catch.hpp"
#include "network.hpp"

using namespace conclave;
using namespace conclave::raft;
using namespace conclave::raft::test;

namespace {

struct Behind {
  explicit Behind(std::size_t chunk_bytes = 50)
      : network({.configure = [chunk_bytes](Config& config) {
          config.snapshot_chunk_bytes = chunk_bytes;
          config.snapshot_retry_ticks = 5;
        }}) {
    leader = network.elect();
    away = leader == 3 ? 2 : 3;
    network.isolate(away);
    for (int i = 0; i < 30; ++i) last = network.propose("entry " + std::to_string(i));
    network.member(leader).compact(last.index);
    other = 6 - leader - away;
    network.member(other).compact(last.index);
  }
  [[nodiscard]] bool caught_up(int ticks) {
    return network.tick_until([&] { return network.all_applied({1, 2, 3}, last); }, ticks);
  }

  Network network;
  std::uint64_t leader = 0;
  std::uint64_t away = 0;
  std::uint64_t other = 0;
  EntryId last;
};

}  // namespace

TEST_CASE("a follower whose entries are gone from the log gets a snapshot in chunks and goes on with entries", "[snapshot]") {
  Behind cluster;
  cluster.network.heal();
  REQUIRE(cluster.caught_up(60));
  CHECK(cluster.network.snapshot_chunks > 5);
  CHECK(cluster.network.status(cluster.away).first == cluster.last.index.next());
  const EntryId more = cluster.network.propose("more");
  CHECK(cluster.network.all_applied({1, 2, 3}, more));
  for (const PeerStatus& peer : cluster.network.status(cluster.leader).peers) CHECK(!peer.snapshotting);
}

TEST_CASE("a snapshot arrives through a network that loses every third message", "[snapshot]") {
  Behind cluster;
  cluster.network.heal();
  cluster.network.faults.loss = 333;
  CHECK(cluster.caught_up(3000));
}

TEST_CASE("a receipt goes on where it stopped when another leader sends the same snapshot", "[snapshot]") {
  Bench bench;
  const SnapshotMeta meta{at(2, 9), bench_membership({1, 2, 3}, {}), 10};
  bench.step(2, SnapshotChunk{Term(3), meta, 0, Bytes("abcd"), false});
  bench.take();
  (void)bench.member().answer_snapshot_received();
  bench.settle();
  auto replies = bench.sent<SnapshotReply>();
  REQUIRE(replies.size() == 1);
  CHECK(replies[0].second.next_offset == 4);
  bench.step(3, SnapshotChunk{Term(4), meta, 0, Bytes("abcd"), false});
  bench.settle();
  replies = bench.sent<SnapshotReply>();
  REQUIRE(replies.size() == 1);
  CHECK(replies[0].first == 3);
  CHECK(replies[0].second.next_offset == 4);
  CHECK(bench.snapshots_received.size() == 1);
}

TEST_CASE("an empty chunk asks how far the receiver is and stores nothing", "[snapshot]") {
  Bench bench;
  const SnapshotMeta meta{at(2, 9), bench_membership({1, 2, 3}, {}), 10};
  bench.step(2, SnapshotChunk{Term(3), meta, 0, {}, false});
  bench.settle();
  const auto replies = bench.sent<SnapshotReply>();
  REQUIRE(replies.size() == 1);
  CHECK(replies[0].second.next_offset == 0);
  CHECK(!replies[0].second.installed);
  CHECK(bench.snapshots_received.empty());
}

TEST_CASE("while it receives a snapshot a follower answers heartbeats", "[snapshot]") {
  Bench bench;
  const SnapshotMeta meta{at(2, 9), bench_membership({1, 2, 3}, {}), 4};
  bench.step(2, SnapshotChunk{Term(3), meta, 0, Bytes("abcd"), true});
  bench.take();
  bench.finish_writes();
  bench.forget_sent();
  bench.step(2, Heartbeat{Term(3), Index(), 5, {}});
  bench.take();
  const auto replies = bench.sent<HeartbeatReply>();
  REQUIRE(replies.size() == 1);
  CHECK(replies[0].second.round == 5);
}

TEST_CASE("a transfer ends with the leadership, and its snapshot is released", "[snapshot]") {
  Behind cluster;
  cluster.network.heal();
  Core& core = cluster.network.core(cluster.leader);
  for (int i = 0; i < 20 && !core.status().peers.empty(); ++i) {
    const auto peers = core.status().peers;
    if (std::any_of(peers.begin(), peers.end(), [](const PeerStatus& peer) { return peer.snapshotting; })) break;
    core.tick();
    Ready ready = cluster.network.member(cluster.leader).take_ready();
    for (const Outbound& out : ready.messages) {
      if (out.to == MemberId(cluster.away)) cluster.network.core(cluster.away).step(MemberId(cluster.leader), out.message);
    }
    Ready answer = cluster.network.member(cluster.away).take_ready();
    for (const Outbound& out : answer.messages) core.step(MemberId(cluster.away), out.message);
  }
  (void)cluster.network.member(cluster.leader).take_ready();
  core.step(MemberId(cluster.other), AppendReply{core.term().next(), false, Index(), {}});
  REQUIRE(!core.is_leader());
  const Ready ready = cluster.network.member(cluster.leader).take_ready();
  CHECK(ready.snapshot_released == std::vector{MemberId(cluster.away)});
}

TEST_CASE("own proposals that a snapshot passed are unknown, not lost", "[snapshot]") {
  Network network;
  const std::uint64_t old = network.elect();
  network.isolate(old);
  const auto mine = network.core(old).propose(Bytes("mine"));
  REQUIRE(mine);
  REQUIRE(network.tick_until([&] { return network.leader() != old && network.leader() != 0; }));
  network.elect();
  EntryId last;
  for (int i = 0; i < 20; ++i) last = network.propose(std::to_string(i));
  for (std::uint64_t id = 1; id <= 3; ++id) {
    if (id != old) network.member(id).compact(last.index);
  }
  network.heal();
  REQUIRE(network.tick_until([&] { return network.all_applied({1, 2, 3}, last); }, 60));
  CHECK(network.lost.empty());
  CHECK(network.unknown == std::vector{*mine});
}
