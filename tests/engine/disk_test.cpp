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

void finish_checkpoint(Bench& bench) {
  const auto& machine = bench[0].engine->machine();
  bench[0].engine->deliver(CheckpointDone{{machine.meta().applied_term, machine.applied()}, 1});
  bench.settle();
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

TEST_CASE("the log may grow as large as twice the data before a checkpoint, within bounds") {
  Bench bench(1, [](Config& config) {
    config.checkpoint_interval = std::chrono::hours(1);
    config.checkpoint_log_bytes = 1'000;
    config.checkpoint_log_bytes_max = 5'000;
  });
  bench.elect();
  const auto checkpoints_after = [&](const std::string& words, std::size_t log_bytes) {
    bench[0].log_write_bytes = log_bytes;
    bench.write(0, words);
    bench.run(milliseconds(10));
    return bench[0].state.checkpoints;
  };

  CHECK(checkpoints_after("put a 1", 1'000) == 1);  // little data: the smaller bound
  finish_checkpoint(bench);
  CHECK(checkpoints_after("put a " + std::string(1'500, 'x'), 2'500) == 1);
  CHECK(checkpoints_after("put b 1", 1'500) == 2);
  finish_checkpoint(bench);
  CHECK(checkpoints_after("put a " + std::string(9'000, 'x'), 4'500) == 2);
  CHECK(checkpoints_after("put b 1", 500) == 3);  // the greater bound
}

TEST_CASE("the time until a checkpoint begins with the first change that the last one does not hold") {
  Bench bench(1, [](Config& config) { config.checkpoint_interval = seconds(60); });
  bench.elect();
  bench.write(0, "put a 1");
  bench.run(seconds(61));
  REQUIRE(bench[0].state.checkpoints == 1);
  finish_checkpoint(bench);
  bench.run(seconds(200));
  bench.write(0, "put a 2");
  bench.run(seconds(40));
  CHECK(bench[0].state.checkpoints == 1);
  bench.run(seconds(21));
  CHECK(bench[0].state.checkpoints == 2);
}
