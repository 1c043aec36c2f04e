/// A member to which no client has been connected for a while.
#include "bench.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::engine;
using namespace conclave::engine::test;

namespace {

/// Three members, of which one follower serves nobody and has heard that all are told so.
class Quiet {
 public:
  explicit Quiet(const std::function<void(Config&)>& adjust = {})
      : bench_(3, adjust), leader(bench_.elect()), follower((leader + 1) % 3) {
    bench_[follower].engine->deliver(ClientClosed{Bench::connection});
    bench_.run(seconds(2));
  }

  /// Each but the last is known to be committed by the entries of the next.
  void write(int count, const std::string& words = "put a 1") {
    for (int i = 0; i < count; ++i) {
      bench_.write(leader, words);
      bench_.settle();
    }
  }
  [[nodiscard]] Index committed() { return bench_[follower].engine->core().status().committed; }
  [[nodiscard]] Index applied() { return bench_[follower].engine->machine().applied(); }
  Bench& bench() { return bench_; }

 private:
  Bench bench_;

 public:
  const std::size_t leader;
  const std::size_t follower;
};

}  // namespace

TEST_CASE("a follower that serves nobody applies what came between two ticks together") {
  Quiet quiet;
  const Index before = quiet.applied();
  quiet.write(4);
  CHECK(quiet.committed() == before.plus(3));
  CHECK(quiet.applied() == before);
  quiet.bench().run(milliseconds(10));
  CHECK(quiet.applied() == quiet.committed());
  CHECK(quiet.bench()[quiet.follower].state.durable == quiet.applied());
}

TEST_CASE("a follower applies everything before it answers the first client that comes") {
  Quiet quiet;
  quiet.write(4);
  const Index known = quiet.committed();
  REQUIRE(quiet.applied() < known);
  quiet.bench()[quiet.follower].engine->deliver(ClientConnected{Bench::connection, {}});
  const RequestId status = quiet.bench().ask(quiet.follower, StatusRequest{});
  CHECK(quiet.applied() == quiet.committed());
  quiet.bench().settle();
  const auto* reply = quiet.bench().reply(quiet.follower, status);
  REQUIRE(reply != nullptr);
  CHECK(std::get<StatusReply>(*reply).applied == known);
  quiet.write(4);
  CHECK(quiet.applied() == quiet.committed());
}

TEST_CASE("no more than 64 entries wait to be applied") {
  Quiet quiet;
  const Index before = quiet.applied();
  quiet.write(70);
  CHECK(quiet.applied() == before.plus(64));
}

TEST_CASE("entries do not wait to be applied while others wait for them") {
  Quiet quiet([](Config& config) { config.raft.apply_bytes_max = 1; });
  quiet.write(10);
  CHECK(quiet.applied().next() >= quiet.committed());
}

TEST_CASE("the leader applies at once, though it serves nobody") {
  Quiet quiet;
  Bench& bench = quiet.bench();
  bench[quiet.leader].engine->deliver(ClientClosed{Bench::connection});
  bench.run(seconds(2));
  const Index before = bench[quiet.leader].engine->machine().applied();
  bench[quiet.leader].engine->deliver(ClientConnected{Bench::connection, {}});
  const RequestId put = bench.write(quiet.leader, "put a 1");
  bench.settle();
  CHECK(bench.response(quiet.leader, put) != nullptr);
  CHECK(bench[quiet.leader].engine->machine().applied() == before.plus(1));
}
