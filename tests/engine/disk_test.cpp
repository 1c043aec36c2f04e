#include <algorithm>
#include <optional>
#include <vector>

#include "bench.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::engine;
using namespace conclave::engine::test;

namespace {

/// Members that want a checkpoint after 60 s; their fake stores only count what they are asked.
Bench with_checkpoints_after_a_minute() {
  return Bench(3, [](Config& config) { config.checkpoint_interval = seconds(60); });
}

int checkpoints(Bench& bench) {
  int count = 0;
  for (std::size_t i = 0; i < 3; ++i) count += bench[i].state.checkpoints;
  return count;
}

/// The one member that makes a checkpoint, of those that were not `done`.
std::optional<std::size_t> busy(Bench& bench, const std::vector<std::size_t>& done) {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < 3; ++i) {
    if (bench[i].state.checkpoints == 0 || std::find(done.begin(), done.end(), i) != done.end()) continue;
    if (found) return std::nullopt;
    found = i;
  }
  return found;
}

}  // namespace

TEST_CASE("a leader whose disk stalls for half an election timeout hands over, and its write is answered by the next one") {
  Bench bench(3);
  const std::size_t leader = bench.elect();
  bench.run(milliseconds(500));
  bench[leader].disk_stopped = true;
  const RequestId put = bench.write(leader, "put a 1");
  bench.settle();
  CHECK(bench.response(leader, put) != nullptr);  // the others' disks are a majority
  bench.run(milliseconds(400));
  CHECK(bench[leader].engine->core().is_leader());
  bench.run(milliseconds(600));
  CHECK_FALSE(bench[leader].engine->core().is_leader());
  CHECK(bench[bench.leader()].engine->core().is_leader());
  bench[leader].disk_stopped = false;
  bench.run(seconds(1));
  CHECK(bench[leader].engine->status().alarms.empty());
}

TEST_CASE("checkpoints that are due together are made one after the other") {
  Bench bench = with_checkpoints_after_a_minute();
  const std::size_t leader = bench.elect();
  bench.write(leader, "put a 1");
  std::vector<std::size_t> done;
  bench.run(seconds(60));
  for (int turn = 1; turn <= 3; ++turn) {
    bench.run(seconds(1));
    CHECK(checkpoints(bench) == turn);
    const auto now = busy(bench, done);
    REQUIRE(now.has_value());
    done.push_back(*now);
    bench.write(leader, "put a 1");  // there is always something to save
    bench.settle();
    bench[*now].engine->deliver(CheckpointDone{{Term(1), Index(2)}, 1});
  }
}

TEST_CASE("a member without a leader does not wait for a turn for ever") {
  Bench bench = with_checkpoints_after_a_minute();
  const std::size_t leader = bench.elect();
  bench.write(leader, "put a 1");
  bench.settle();
  const std::size_t alone = (leader + 1) % 3;
  bench[alone].cut_off = true;
  bench.run(seconds(95));
  CHECK(bench[alone].state.checkpoints == 1);
}
