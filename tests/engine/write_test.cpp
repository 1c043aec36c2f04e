#include "bench.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::engine;
using namespace conclave::engine::test;

TEST_CASE("a write of a single member is answered when its log is durable, not before") {
  Bench bench(1);
  bench.elect();
  bench[0].disk_stopped = true;
  const RequestId put = bench.write(0, "put a 1");
  bench.settle();
  CHECK(bench.reply(0, put) == nullptr);
  bench[0].disk_stopped = false;
  bench.settle();
  REQUIRE(bench.response(0, put) != nullptr);
  CHECK(bench.response(0, put)->revision == Revision(1));
}

TEST_CASE("everything that waits while a log write is in flight becomes one entry") {
  Bench bench(1);
  bench.elect();
  bench[0].disk_stopped = true;
  const Index before = bench[0].engine->core().status().last;
  for (int i = 0; i < 50; ++i) bench.write(0, "put k" + std::to_string(i) + " v");
  bench[0].disk_stopped = false;
  bench.settle();
  CHECK(bench[0].engine->core().status().last.minus(before) == 2);
  CHECK(bench[0].engine->machine().revision() == Revision(50));
}

TEST_CASE("the disk state is never told to go past what the log holds durably") {
  Bench bench(3);
  const std::size_t leader = bench.elect();
  bench[leader].disk_stopped = true;
  const Index durable = bench[leader].state.durable;
  const RequestId put = bench.write(leader, "put a 1");
  bench.settle();
  CHECK(bench.response(leader, put) != nullptr);  // two followers are durable: committed without the leader's own disk
  CHECK(bench[leader].state.applied > durable);
  CHECK(bench[leader].state.durable == durable);
}

TEST_CASE("entries that are on the log's disk and not committed do not let the disk state pass: they may be replaced") {
  Bench bench(3);
  const std::size_t leader = bench.elect();
  const Index applied = bench[leader].state.applied;
  bench[(leader + 1) % 3].cut_off = true;
  bench[(leader + 2) % 3].cut_off = true;
  bench.write(leader, "put a 1");
  bench.settle();
  CHECK(bench[leader].engine->status().durable > applied);
  CHECK(bench[leader].state.durable <= applied);
}

TEST_CASE("a follower forwards a write and answers its client from its own apply") {
  Bench bench(3);
  const std::size_t follower = (bench.elect() + 1) % 3;
  const RequestId put = bench.write(follower, "put a 1");
  bench.run(milliseconds(200));
  REQUIRE(bench.response(follower, put) != nullptr);
  CHECK(bench[follower].engine->machine().get("a") != nullptr);
}

TEST_CASE("a forwarded write without a session becomes unknown when the leader is lost") {
  Bench bench(3);
  const std::size_t leader = bench.elect();
  const std::size_t follower = (leader + 1) % 3;
  bench[leader].cut_off = true;
  const RequestId put = bench.write(follower, "put a 1");
  bench.run(seconds(6));
  CHECK(bench.refusal(follower, put) == Errc::unknown_outcome);
}

TEST_CASE("a forwarded write of a session goes to the next leader and takes effect once") {
  Bench bench(3);
  const std::size_t leader = bench.elect();
  const std::size_t follower = (leader + 1) % 3;
  const RequestId open = bench.write(follower, "open 77 60000");
  bench.run(milliseconds(300));
  const auto session = std::get<mvcc::SessionOpened>(bench.response(follower, open)->body).id;
  bench[leader].cut_off = true;
  const RequestId put = bench.write(follower, "@" + to_string(session) + "/1/1 put a 1", true);
  bench.run(seconds(6));
  REQUIRE(bench.response(follower, put) != nullptr);
  CHECK_FALSE(bench.response(follower, put)->refused());
  CHECK(bench[follower].engine->machine().get("a")->version() == 1);
}

TEST_CASE("a write that waits for a leader is refused definitely when its patience ends") {
  Bench bench(3);
  const std::size_t leader = bench.elect();
  for (std::size_t i = 0; i < 3; ++i) bench[i].cut_off = true;
  bench.run(seconds(3));
  const RequestId put = bench.write((leader + 1) % 3, "put a 1");
  bench.run(seconds(3));
  CHECK(bench.refusal((leader + 1) % 3, put) == Errc::no_leader);
}

TEST_CASE("a proposal of a deposed leader whose entry is overwritten is dropped, and may be repeated") {
  Bench bench(3);
  const std::size_t old = bench.elect();
  bench[old].cut_off = true;
  const RequestId put = bench.write(old, "put a 1");
  const std::size_t next = bench.elect();
  CHECK(next != old);
  bench.write(next, "put b 2");
  bench.run(milliseconds(200));
  bench[old].cut_off = false;
  bench.run(seconds(3));
  // Its entry is definitely lost, so the engine itself sends the command to the new leader.
  REQUIRE(bench.response(old, put) != nullptr);
  CHECK(bench[next].engine->machine().get("a")->version() == 1);
}

TEST_CASE("commands beyond the bound of what waits are refused at the door") {
  Bench bench(1, [](Config& config) { config.pending_bytes_max = 1000; });
  bench.elect();
  bench[0].disk_stopped = true;
  bench.write(0, "put first 1");
  std::size_t refused = 0;
  std::vector<RequestId> asked;
  for (int i = 0; i < 50; ++i) asked.push_back(bench.write(0, "put k" + std::to_string(i) + " v"));
  for (const RequestId request : asked) refused += bench.refusal(0, request) == Errc::overloaded ? 1U : 0U;
  CHECK(refused > 30);
  bench[0].disk_stopped = false;
  bench.settle();
  for (const RequestId request : asked) CHECK(bench.reply(0, request) != nullptr);
}

TEST_CASE("a leader that shuts down hands over first and refuses new requests") {
  Bench bench(3);
  const std::size_t leader = bench.elect();
  bench[leader].engine->deliver(ShutdownAsked{});
  bench.run(milliseconds(500));
  CHECK(bench[leader].engine->finished().has_value());
  CHECK_FALSE(bench[leader].engine->core().is_leader());
  const RequestId put = bench.write(leader, "put a 1");
  bench.settle();
  CHECK(bench.refusal(leader, put) == Errc::shutting_down);
}

TEST_CASE("growth is refused while the leader's disk is low and no other can lead; deletes go on") {
  Bench bench(1);
  bench.elect();
  bench[0].engine->deliver(DiskSpace{true, false});
  bench.settle();
  WriteRequest grow;
  grow.request = Bytes(std::string("put a 1"));
  grow.adds_data = true;
  const RequestId put = bench.ask(0, std::move(grow));
  const RequestId del = bench.write(0, "del a");
  bench.settle();
  CHECK(bench.refusal(0, put) == Errc::no_space);
  CHECK(bench.response(0, del) != nullptr);
}

TEST_CASE("a member that has much to apply does so in pieces, and hears what comes between them") {
  Bench bench(3, [](Config& config) { config.raft.apply_bytes_max = 1; });
  const std::size_t leader = bench.elect();
  const std::size_t behind = (leader + 1) % 3;
  bench[behind].cut_off = true;
  for (int i = 0; i < 20; ++i) {
    bench.write(leader, "put a " + std::to_string(i));
    bench.settle();
  }
  bench[behind].cut_off = false;
  const auto applied = [&] { return bench[behind].engine->machine().applied(); };
  const Index wanted = bench[leader].engine->machine().applied();
  int pieces = 0;
  for (int round = 0; round < 1000 && applied() < wanted; ++round) {
    bench.now += milliseconds(1);
    const Index before = applied();
    bench.step();
    CHECK(applied().minus(before) <= 1);
    pieces += applied() > before ? 1 : 0;
    if (applied() > before && applied() < wanted) CHECK(bench[behind].engine->next_deadline() <= bench.now);
  }
  CHECK(pieces == 20);
}

namespace {

/// A queue of which the first holds, the second waits for its turn at the leader, and the third is about to come.
struct Queue {
  Queue() {
    bench.write(leader, "put q/1 x");
    bench.write(leader, "put q/2 x");
    bench.settle();
    bench.ask(leader, TurnWatch{WatchId(2), {"q/", "q/2", 1}});
    bench.settle();
  }
  [[nodiscard]] std::uint64_t proposals() const { return bench[leader].engine->counters().proposals; }

  mutable Bench bench{3};
  std::size_t leader = bench.elect();
};

}  // namespace

TEST_CASE("a key behind others that wait for their turn shares the entry of the next command") {
  Queue queue;
  auto& [bench, leader] = queue;
  const std::uint64_t before = queue.proposals();
  const RequestId third = bench.write_leased(leader, "q/3");
  bench.settle();
  CHECK(bench.response(leader, third) == nullptr);
  CHECK(bench[leader].engine->next_deadline() == bench.now + Config().company_wait);
  const RequestId release = bench.write(leader, "del q/1");
  bench.settle();
  CHECK(bench.response(leader, third) != nullptr);
  CHECK(bench.response(leader, release) != nullptr);
  CHECK(queue.proposals() == before + 1);
}

TEST_CASE("a key behind others that wait for their turn waits for company a moment only") {
  Queue queue;
  auto& [bench, leader] = queue;
  const RequestId third = bench.write_leased(leader, "q/3");
  bench.settle();
  bench.now += Config().company_wait;
  (void)bench.step();  // only time has passed: nothing moves yet
  bench.settle();
  CHECK(bench.response(leader, third) != nullptr);
}

TEST_CASE("where a flush takes longer the company may come later") {
  Queue queue;
  auto& [bench, leader] = queue;
  const auto queue_up_after_flush = [&](Duration flush) {
    bench[leader].flush = flush;
    bench.write(leader, "del q/3");
    bench.settle();
    const RequestId third = bench.write_leased(leader, "q/3");
    bench.settle();
    return third;
  };
  queue_up_after_flush(microseconds(50));
  CHECK(bench[leader].engine->next_deadline() == bench.now + Config().company_wait);
  queue_up_after_flush(milliseconds(2));
  CHECK(bench[leader].engine->next_deadline() == bench.now + milliseconds(6));
  const RequestId third = queue_up_after_flush(milliseconds(100));
  bench.run(milliseconds(10));
  CHECK(bench.response(leader, third) == nullptr);
  bench.run(Config().company_wait_max);
  CHECK(bench.response(leader, third) != nullptr);
}

TEST_CASE("a key whose turn may have come at once, or that is there already, waits for no company") {
  Queue queue;
  auto& [bench, leader] = queue;
  const RequestId elsewhere = bench.write_leased(leader, "r/1");
  const RequestId holder = bench.write_leased(leader, "q/1");
  bench.settle();
  CHECK(bench.response(leader, elsewhere) != nullptr);
  CHECK(bench.response(leader, holder) != nullptr);
}

TEST_CASE("a follower tells the leader that a command may wait for company, and a leader that steps down gives it back") {
  Queue queue;
  auto& [bench, leader] = queue;
  const std::size_t follower = (leader + 1) % 3;
  bench.ask(follower, TurnWatch{WatchId(2), {"q/", "q/2", 1}});
  bench.run(milliseconds(100));
  const RequestId third = bench.write_leased(follower, "q/3");
  bench.settle();
  CHECK(bench.response(follower, third) == nullptr);
  bench.ask(leader, MoveLeaderRequest{MemberId(follower + 1)});
  bench.run(milliseconds(100));
  CHECK(bench[follower].engine->core().is_leader());
  CHECK(bench.response(follower, third) != nullptr);
}
