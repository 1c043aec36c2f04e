/// The rules of Ongaro's dissertation about logs that were compacted and snapshots that take their place (chapter 5).
#include "conclave/test/catch.hpp"
#include "interaction_bench.hpp"

using namespace conclave;
using namespace conclave::raft;
using namespace conclave::raft::test;

namespace {

AppendRequest append(std::uint64_t term, EntryId previous, std::vector<EntryPtr> entries, std::uint64_t commit) {
  return {Term(term), previous, std::move(entries), Index(commit), {}};
}

SnapshotChunk chunk_of(std::uint64_t term, EntryId last, const std::string& bytes, std::uint64_t from, std::uint64_t count) {
  SnapshotChunk chunk;
  chunk.term = Term(term);
  chunk.meta = {last, bench_membership({1, 2, 3}, {}), bytes.size()};
  chunk.offset = from;
  chunk.bytes = Bytes(bytes.substr(from, count));
  chunk.done = from + chunk.bytes.size() == bytes.size();
  return chunk;
}

std::string snapshot_bytes(std::uint64_t entries, std::uint64_t term) {
  AppliedState state;
  for (std::uint64_t index = 1; index <= entries; ++index) state.apply(*bench_entry(term, index));
  return state.to_bytes();
}

void store_received(Bench& bench) {
  bench.take();
  while (bench.member().has_snapshot_received()) {
    (void)bench.member().answer_snapshot_received();
    bench.take();
  }
}

}  // namespace

TEST_CASE("5 a follower whose next entry is gone from the log gets a snapshot") {
  Bench bench;
  bench.become_established_leader();
  for (int n = 0; n < 5; ++n) (void)bench.core().propose(Bytes("x"));
  bench.settle();
  bench.acknowledge(2, 6);
  bench.member().compact(Index(5));
  bench.settle();
  bench.core().on_unreachable(MemberId(3));
  bench.tick();
  bench.settle();
  for (const auto& [to, heartbeat] : bench.sent<Heartbeat>()) bench.step(to, HeartbeatReply{heartbeat.term, heartbeat.round});
  bench.settle();
  // Either at once or after the log store said that it does not go back that far.
  while (bench.member().has_log_read()) {
    (void)bench.member().answer_log_read();
    bench.settle();
  }
  REQUIRE(bench.snapshot_reads.size() == 1);
  CHECK(bench.snapshot_reads[0].peer == MemberId(3));
  CHECK(bench.snapshot_reads[0].at_least >= Index(5));
  (void)bench.member().answer_snapshot_read();
  bench.settle();
  const auto chunks = bench.sent<SnapshotChunk>();
  REQUIRE_FALSE(chunks.empty());
  CHECK(chunks[0].first == 3);
  CHECK(chunks[0].second.meta.last.index >= Index(5));
}

TEST_CASE("5 a compacted log still knows the term of its last compacted entry") {
  Bench bench({.log_terms = {1, 1, 2}, .term = 2});
  bench.step(2, append(2, at(2, 3), {}, 3));
  bench.settle();
  bench.member().compact(Index(3));
  bench.settle();
  bench.step(2, append(2, at(2, 3), {bench_entry(2, 4)}, 4));
  bench.settle();
  CHECK(bench.status().committed == Index(4));
}

TEST_CASE("5 an append that starts within the compacted part is accepted from there on") {
  Bench bench({.log_terms = {1, 1, 2}, .term = 2});
  bench.step(2, append(2, at(2, 3), {}, 3));
  bench.settle();
  bench.member().compact(Index(3));
  bench.settle();
  bench.forget_sent();
  bench.step(2, append(2, at(1, 1), {bench_entry(1, 2), bench_entry(2, 3), bench_entry(2, 4)}, 4));
  bench.settle();
  const auto replies = bench.sent<AppendReply>();
  REQUIRE(replies.size() == 1);
  CHECK(replies[0].second.accepted);
  CHECK(bench.status().last >= Index(3));
}

TEST_CASE("5 a snapshot replaces state and log of a follower that is behind") {
  Bench bench({.log_terms = {1, 1}, .term = 1});
  const std::string bytes = snapshot_bytes(5, 2);
  bench.step(2, chunk_of(2, at(2, 5), bytes, 0, 1000));
  store_received(bench);
  bench.settle();
  CHECK(bench.status().committed == Index(5));
  CHECK(bench.status().applied == Index(5));
  CHECK(bench.status().last == Index(5));
  CHECK(bench.member().state().last() == at(2, 5));
  const auto replies = bench.sent<SnapshotReply>();
  REQUIRE_FALSE(replies.empty());
  CHECK(replies.back().second.installed);
  CHECK(replies.back().second.last == at(2, 5));
}

TEST_CASE("5 an installed snapshot is acknowledged only when it is durable") {
  Bench bench;
  const std::string bytes = snapshot_bytes(5, 2);
  bench.step(2, chunk_of(2, at(2, 5), bytes, 0, 1000));
  store_received(bench);
  for (const auto& [to, reply] : bench.sent<SnapshotReply>()) CHECK_FALSE(reply.installed);
  bench.settle();
  const auto replies = bench.sent<SnapshotReply>();
  REQUIRE_FALSE(replies.empty());
  CHECK(replies.back().second.installed);
}

TEST_CASE("5 the chunks of a snapshot are taken in order, and the sender learns where to go on") {
  Bench bench;
  const std::string bytes = snapshot_bytes(5, 2);
  REQUIRE(bytes.size() > 8);
  bench.step(2, chunk_of(2, at(2, 5), bytes, 0, 4));
  store_received(bench);
  bench.settle();
  bench.step(2, chunk_of(2, at(2, 5), bytes, 8, 4));
  store_received(bench);
  bench.settle();
  const auto replies = bench.sent<SnapshotReply>();
  REQUIRE(replies.size() == 2);
  CHECK(replies[0].second.next_offset == 4);
  CHECK(replies[1].second.next_offset == 4);
  CHECK_FALSE(replies[1].second.installed);
}

TEST_CASE("5 a snapshot that the log has passed is answered as installed and changes nothing") {
  Bench bench({.log_terms = {1, 1, 1}, .term = 1});
  bench.step(2, append(1, at(1, 3), {}, 3));
  bench.settle();
  bench.forget_sent();
  bench.step(2, chunk_of(1, at(1, 2), snapshot_bytes(2, 1), 0, 1000));
  store_received(bench);
  bench.settle();
  CHECK(bench.status().last == Index(3));
  CHECK(bench.status().applied == Index(3));
  const auto replies = bench.sent<SnapshotReply>();
  REQUIRE(replies.size() == 1);
  CHECK(replies[0].second.installed);
}

TEST_CASE("5 a snapshot of an older term's leader is not taken") {
  Bench bench({.term = 7});
  bench.step(2, chunk_of(2, at(2, 5), snapshot_bytes(5, 2), 0, 1000));
  store_received(bench);
  bench.settle();
  CHECK(bench.snapshots_received.empty());
  CHECK(bench.status().committed == Index(0));
}
