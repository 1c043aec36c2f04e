#include "bench.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::engine;
using namespace conclave::engine::test;

namespace {

std::string value_of(const mvcc::Response* response) {
  if (response == nullptr) return "(none)";
  const auto& range = std::get<mvcc::RangeResult>(response->body);
  return range.kvs.empty() ? "(missing)" : std::string(range.kvs.front()->value());
}

}  // namespace

TEST_CASE("a linearizable read on a follower sees every write that was answered before it") {
  Bench bench(3);
  const std::size_t leader = bench.elect();
  const std::size_t follower = (leader + 1) % 3;
  const RequestId put = bench.write(leader, "put a 1");
  bench.settle();
  REQUIRE(bench.response(leader, put) != nullptr);
  const RequestId get = bench.get(follower, "a");
  bench.run(milliseconds(300));
  CHECK(value_of(bench.response(follower, get)) == "1");
}

TEST_CASE("linearizable reads that wait together share one round") {
  Bench bench(3);
  const std::size_t leader = bench.elect();
  const std::uint64_t before = bench[leader].engine->counters().read_rounds;
  for (int i = 0; i < 20; ++i) {
    ReadRequest read;
    read.query = mvcc::RangeOp{};
    bench[leader].engine->deliver(ClientAsked{Bench::connection, RequestId(1000U + static_cast<unsigned>(i)), std::move(read)});
  }
  bench.run(milliseconds(100));
  CHECK(bench[leader].engine->counters().read_rounds == before + 1);
}

TEST_CASE("a leader without a quorum grants no linearizable read, but serves its own state") {
  Bench bench(3);
  const std::size_t leader = bench.elect();
  bench.write(leader, "put a 1");
  bench.settle();
  bench[leader].cut_off = true;
  const RequestId linearizable = bench.get(leader, "a");
  const RequestId local = bench.get(leader, "a", Consistency::serializable);
  bench.run(seconds(4));
  CHECK(bench.refusal(leader, linearizable) == Errc::no_leader);
  CHECK(value_of(bench.response(leader, local)) == "1");
}

TEST_CASE("a read for at least a revision waits until the member has it") {
  Bench bench(1);
  bench.elect();
  const RequestId get = bench.get(0, "b", Consistency::at_least_revision, Revision(2));
  bench.write(0, "put a 1");
  bench.settle();
  CHECK(bench.reply(0, get) == nullptr);
  bench.write(0, "put b 2");
  bench.settle();
  CHECK(value_of(bench.response(0, get)) == "2");
}

TEST_CASE("a read whose leader is lost is asked again of the next one") {
  Bench bench(3);
  const std::size_t leader = bench.elect();
  const std::size_t follower = (leader + 1) % 3;
  bench.write(leader, "put a 1");
  bench.run(milliseconds(300));
  bench[leader].cut_off = true;
  bench[follower].engine->deliver(PeerClosed{MemberId(leader + 1), true});
  bench[(leader + 2) % 3].engine->deliver(PeerClosed{MemberId(leader + 1), true});
  const RequestId get = bench.get(follower, "a");
  bench.run(milliseconds(1500));
  CHECK(value_of(bench.response(follower, get)) == "1");
}

TEST_CASE("a member whose clients all left hears of commits later, and at once when one asks it again") {
  Bench bench(3);
  const std::size_t leader = bench.elect();
  const std::size_t follower = (leader + 1) % 3;
  const auto commit_one = [&] {
    bench.write(leader, "put a 1");
    bench.settle();
    return bench[leader].engine->machine().applied();
  };
  const auto is_told = [&] {
    const Index committed = commit_one();
    return bench[follower].engine->machine().applied() == committed;
  };
  CHECK(is_told());
  bench[follower].engine->deliver(ClientClosed{Bench::connection});
  bench.settle();
  CHECK(is_told());  // the client may come back
  bench.run(seconds(2));
  CHECK_FALSE(is_told());
  bench.run(milliseconds(200));
  CHECK(bench[follower].engine->machine().applied() == bench[leader].engine->machine().applied());  // a heartbeat told

  CHECK_FALSE(is_told());
  bench[follower].engine->deliver(ClientConnected{Bench::connection, {}});
  const RequestId get = bench.get(follower, "a");
  bench.settle();
  CHECK(value_of(bench.response(follower, get)) == "1");
  CHECK(is_told());
}
