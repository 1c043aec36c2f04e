/// The shell answers late: to a question of an earlier leadership, or after the world has moved on. Nothing breaks, nothing is
/// taken for what it is not.
#include "conclave/test/catch.hpp"
#include "interaction_bench.hpp"

using namespace conclave;
using namespace conclave::raft;
using namespace conclave::raft::test;

namespace {

std::string snapshot_bytes(std::uint64_t entries, std::uint64_t term, const std::string& text) {
  AppliedState state;
  for (std::uint64_t index = 1; index <= entries; ++index) state.apply(*bench_entry(term, index, text));
  return state.to_bytes();
}

SnapshotChunk whole_snapshot(std::uint64_t term, EntryId last, const std::string& bytes) {
  SnapshotChunk chunk;
  chunk.term = Term(term);
  chunk.meta = {last, bench_membership({1, 2, 3}, {}), bytes.size()};
  chunk.bytes = Bytes(bytes);
  chunk.done = true;
  return chunk;
}

}  // namespace

TEST_CASE("entries that the log store read before they were replaced are not sent") {
  Bench bench({.memory_log_bytes = 1});
  bench.become_established_leader();
  const Term first = bench.core().term();
  for (int n = 0; n < 3; ++n) (void)bench.core().propose(Bytes("x"));
  bench.settle();
  bench.acknowledge(2, 4);
  (void)bench.core().propose(Bytes("to be replaced"));
  bench.settle();
  bench.core().on_unreachable(MemberId(3));
  bench.take();
  REQUIRE(bench.log_reads.size() == 1);
  std::vector<EntryPtr> entries = bench.member().disk().entries;  // what the store reads now
  entries.erase(entries.begin());

  const Term second = first.next();
  bench.step(2, AppendRequest{second, {first, Index(4)}, {bench_entry(second.value(), 5)}, Index(4), {}});
  bench.settle();
  bench.become_leader();
  REQUIRE(bench.core().is_leader());
  bench.forget_sent();
  bench.step(3, AppendReply{bench.core().term(), false, Index(5), {first, Index(1)}});
  bench.take();
  REQUIRE(bench.log_reads.size() == 2);
  REQUIRE(bench.log_reads[1].from == Index(2));

  bench.core().on_log_read(MemberId(3), Index(2), entries);
  bench.take();
  const auto appends = bench.sent<AppendRequest>();
  REQUIRE(appends.size() == 1);
  CHECK(appends[0].second.previous == EntryId{first, Index(1)});
  REQUIRE(appends[0].second.entries.size() == 3);
  CHECK(appends[0].second.entries.back()->id == EntryId{first, Index(4)});
}

TEST_CASE("while a chunk is being stored no other snapshot begins, even one with the same end") {
  Bench bench;
  bench.step(2, whole_snapshot(2, at(2, 5), snapshot_bytes(5, 2, "a")));
  bench.take();
  bench.step(3, whole_snapshot(3, at(2, 5), snapshot_bytes(5, 2, "bbbb")));
  bench.take();
  CHECK(bench.snapshots_received.size() == 1);
  (void)bench.member().answer_snapshot_received();
  bench.settle();
  CHECK(bench.member().state().last() == at(2, 5));
  CHECK(bench.member().state().items.front().text == "a");
}

TEST_CASE("a candidate whose snapshot is complete gives up its campaign and installs it") {
  Bench bench;
  bench.step(2, whole_snapshot(2, at(2, 5), snapshot_bytes(5, 2, "a")));
  bench.take();
  bench.become_candidate();
  CHECK(bench.status().role == Role::candidate);
  const Term term = bench.core().term();
  (void)bench.member().answer_snapshot_received();
  bench.take();
  CHECK(bench.status().role == Role::follower);
  bench.step(2, VoteReply{term, false, true, {}});
  bench.step(3, VoteReply{term, false, true, {}});
  bench.settle();
  CHECK_FALSE(bench.core().is_leader());
  CHECK(bench.status().applied == Index(5));
}

TEST_CASE("a snapshot that the shell does not have any more is replaced by another one") {
  Bench bench;
  bench.become_established_leader();
  for (int n = 0; n < 5; ++n) (void)bench.core().propose(Bytes("x"));
  bench.settle();
  bench.acknowledge(2, 6);
  bench.member().compact(Index(6));
  bench.core().on_unreachable(MemberId(3));
  bench.settle();
  REQUIRE(bench.snapshot_reads.size() == 1);
  SnapshotChunk chunk;
  chunk.meta = {at(1, 6), bench_membership({1, 2, 3}, {}), 100};
  chunk.bytes = Bytes(std::string(10, 'x'));
  bench.core().on_snapshot_read(MemberId(3), chunk);
  bench.step(3, SnapshotReply{bench.core().term(), at(1, 6), 10, false, false});
  bench.settle();
  REQUIRE(bench.snapshot_reads.size() == 2);
  CHECK(bench.snapshot_reads[1].meta == chunk.meta);
  CHECK(bench.snapshot_reads[1].offset == 10);
  bench.core().on_snapshot_read(MemberId(3), std::nullopt);
  for (int n = 0; n < 200 && bench.snapshot_reads.size() < 3; ++n) {
    bench.tick();
    bench.step(2, HeartbeatReply{bench.core().term(), 0});
    bench.settle();
  }
  REQUIRE(bench.snapshot_reads.size() == 3);
  CHECK_FALSE(bench.snapshot_reads[2].meta.has_value());
  CHECK(bench.snapshot_reads[2].offset == 0);
}

TEST_CASE("answers nobody asked for are ignored") {
  Bench bench;
  bench.core().on_log_read(MemberId(2), Index(1), {});
  bench.core().on_snapshot_read(MemberId(2), std::nullopt);
  bench.core().on_snapshot_stored(at(1, 5), 10, true, true);
  bench.core().on_unreachable(MemberId(9));
  bench.core().on_link_closed(MemberId(9));
  bench.settle();
  bench.become_established_leader();
  bench.core().on_log_read(MemberId(2), Index(1), {});
  bench.core().on_log_read(MemberId(9), Index(1), {});
  bench.core().on_snapshot_read(MemberId(2), std::nullopt);
  bench.core().on_snapshot_read(MemberId(9), SnapshotChunk{});
  bench.core().on_snapshot_stored(at(1, 5), 10, true, true);
  bench.settle();
  CHECK(bench.core().is_leader());
  CHECK(bench.status().committed == Index(1));
}
