#include "conclave/raft/gate.hpp"

#include "conclave/test/catch.hpp"
#include "interaction_bench.hpp"

using namespace conclave;
using namespace conclave::raft;
using namespace conclave::raft::test;

namespace {

Outbound message_to(std::uint64_t id) { return {MemberId(id), HeartbeatReply{Term(1), id}}; }

}  // namespace

TEST_CASE("the gate releases what waits for a write when that write is durable, in order", "[gate]") {
  Gate gate;
  gate.hold(message_to(1), WriteId(2));
  gate.hold(message_to(2), WriteId(1));
  gate.hold(message_to(3), WriteId(2));
  CHECK(gate.lowest() == WriteId(1));
  CHECK(gate.release(WriteId(1)) == std::vector{message_to(2)});
  CHECK(gate.release(WriteId(2)) == std::vector{message_to(1), message_to(3)});
  CHECK(gate.size() == 0);
}

TEST_CASE("what depends on entries waits for the write that brings the last of them", "[gate]") {
  Gate gate;
  gate.hold_unissued(message_to(1), Index(8));
  gate.hold_unissued(message_to(2), Index());
  gate.on_issued(WriteId(1), Index(6));
  CHECK(gate.has_unissued());
  CHECK(gate.release(WriteId(1)) == std::vector{message_to(2)});
  gate.on_issued(WriteId(2), Index(9));
  CHECK(!gate.has_unissued());
  CHECK(gate.release(WriteId(2)) == std::vector{message_to(1)});
}

TEST_CASE("an acknowledgement of entries that were cut before they were written is never sent", "[gate]") {
  Gate gate;
  gate.hold_unissued(message_to(1), Index(8));
  gate.hold_unissued(message_to(2), Index(4));
  gate.on_truncated(Index(5));
  gate.on_issued(WriteId(1), Index(20));
  CHECK(gate.release(WriteId(1)) == std::vector{message_to(2)});
}

TEST_CASE("an acknowledgement of what is durable already leaves at once", "[gate]") {
  Bench bench({.log_terms = {1, 1}, .term = 1});
  bench.step(2, AppendRequest{Term(1), at(1, 1), {bench_entry(1, 2)}, Index(), {}});
  bench.take();
  CHECK(bench.sent<AppendReply>().size() == 1);
}

TEST_CASE("an acknowledgement does not wait for a write that came after its entries", "[gate]") {
  Bench bench({.term = 1});
  bench.step(2, AppendRequest{Term(1), {}, {bench_entry(1, 1)}, Index(), {}});
  bench.take();
  const WriteId first = bench.member().writes().back().id;
  bench.step(2, AppendRequest{Term(1), at(1, 1), {bench_entry(1, 2)}, Index(), {}});
  bench.step(2, AppendRequest{Term(1), {}, {bench_entry(1, 1)}, Index(), {}});
  bench.take();
  REQUIRE(bench.member().writes().size() == 2);
  bench.member().finish_writes(first);
  bench.take();
  const auto replies = bench.sent<AppendReply>();
  REQUIRE(replies.size() == 2);
  CHECK(replies[0].second.last == Index(1));
  CHECK(replies[1].second.last == Index(1));
}

TEST_CASE("an acknowledgement of entries that fill several writes waits for the last of them", "[gate]") {
  Bench bench({.term = 1});
  std::vector<EntryPtr> entries;
  for (std::uint64_t i = 1; i <= 3; ++i) entries.push_back(bench_entry(1, i, std::string(3 << 20, 'x')));
  bench.step(2, AppendRequest{Term(1), {}, entries, Index(), {}});
  bench.take();
  REQUIRE(bench.member().writes().size() == 2);
  bench.member().finish_writes(bench.member().writes().back().id);
  bench.take();
  CHECK(bench.sent<AppendReply>().empty());
  bench.finish_writes();
  CHECK(bench.sent<AppendReply>().size() == 1);
}

TEST_CASE("heartbeats, appends and pre-votes of a leader do not wait for its disk", "[gate]") {
  Bench bench;
  bench.become_leader();
  bench.forget_sent();
  REQUIRE(bench.core().propose(Bytes("x")));
  bench.tick(1);
  (void)bench.core().begin_read();
  bench.take();
  CHECK(!bench.member().writes().empty());
  CHECK(bench.sent<Heartbeat>().size() == 2);
}
