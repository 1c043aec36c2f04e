#include "bench.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::engine;
using namespace conclave::engine::test;

namespace {

LeaseId grant(Bench& bench, std::size_t node, int ttl_millis) {
  const RequestId request = bench.write(node, "grant " + std::to_string(ttl_millis));
  bench.settle();
  return std::get<mvcc::LeaseGranted>(bench.response(node, request)->body).id;
}

}  // namespace

TEST_CASE("a lease expires after its TTL and takes its keys along") {
  Bench bench(1);
  bench.elect();
  const LeaseId lease = grant(bench, 0, 5000);
  bench.write(0, "put a 1 " + to_string(lease));
  bench.run(milliseconds(4900));
  CHECK(bench[0].engine->machine().get("a") != nullptr);
  bench.run(milliseconds(300));
  CHECK(bench[0].engine->machine().get("a") == nullptr);
  CHECK(bench[0].engine->machine().lease_count() == 0);
}

TEST_CASE("a renewed lease lives on") {
  Bench bench(1);
  bench.elect();
  const LeaseId lease = grant(bench, 0, 3000);
  for (int i = 0; i < 10; ++i) {
    bench.run(seconds(2));
    bench.renew(0, lease);
  }
  CHECK(bench[0].engine->machine().lease_count() == 1);
}

TEST_CASE("a renewal goes at once, and those that come while it is under way are one command") {
  Bench bench(1);
  bench.elect();
  std::vector<LeaseId> leases;
  for (int i = 0; i < 20; ++i) leases.push_back(grant(bench, 0, 10'000));
  const std::uint64_t before = bench[0].engine->counters().commands_proposed;
  std::vector<RequestId> renewals;
  for (const LeaseId lease : leases) renewals.push_back(bench.renew(0, lease));
  bench.run(milliseconds(100));
  CHECK(bench[0].engine->counters().commands_proposed == before + 2);
  for (std::size_t i = 0; i < leases.size(); ++i) {
    const auto& renewed = std::get<mvcc::LeaseRenewed>(bench.response(0, renewals[i])->body);
    REQUIRE(renewed.rows.size() == 1);
    CHECK(renewed.rows.front().id == leases[i]);
    CHECK(renewed.rows.front().ttl == milliseconds(10'000));
  }
}

TEST_CASE("time without a leader is not counted against a lease") {
  Bench bench(3);
  const std::size_t leader = bench.elect();
  (void)grant(bench, leader, 5000);
  for (std::size_t i = 0; i < 3; ++i) bench[i].cut_off = true;
  bench.run(seconds(60));
  for (std::size_t i = 0; i < 3; ++i) bench[i].cut_off = false;
  const std::size_t next = bench.elect();
  bench.run(milliseconds(500));
  CHECK(bench[next].engine->machine().lease_count() == 1);
  bench.run(seconds(8));
  CHECK(bench[bench.leader()].engine->machine().lease_count() == 0);
}

TEST_CASE("a paused leader burns no lease when it wakes") {
  Bench bench(1);
  bench.elect();
  (void)grant(bench, 0, 5000);
  bench[0].paused = true;
  bench.run(seconds(60));
  bench[0].paused = false;
  bench.run(seconds(1));
  CHECK(bench[0].engine->machine().lease_count() == 1);
}

TEST_CASE("a TTL survives leaders that die every few seconds on an idle cluster") {
  Bench bench(3);
  std::size_t leader = bench.elect();
  (void)grant(bench, leader, 10'000);
  Duration with_leader{};
  for (int i = 0; i < 20 && bench[leader].engine->machine().lease_count() == 1; ++i) {
    bench.run(seconds(3));
    with_leader += seconds(3);
    bench[leader].cut_off = true;
    const std::size_t dead = leader;
    leader = bench.elect();
    bench[dead].cut_off = false;
    bench.run(milliseconds(200));
  }
  CHECK(with_leader >= seconds(9));
  CHECK(with_leader <= seconds(18));
}

TEST_CASE("leases that die together are removed in paced commands") {
  Bench bench(1, [](Config& config) { config.expire_batch_max = 10; });
  bench.elect();
  for (int i = 0; i < 100; ++i) (void)grant(bench, 0, 5000);
  bench.run(milliseconds(5000));
  bench.run(milliseconds(60));
  CHECK(bench[0].engine->machine().lease_count() > 50);
  bench.run(seconds(1));
  CHECK(bench[0].engine->machine().lease_count() == 0);
}
