/// Random runs of three to five cores: loss, reordering, duplication, partitions, crashes that lose what was not written,
/// snapshots, membership changes. The rules are in interaction_oracle.hpp and property_cluster.hpp; CONCLAVE_RAFT_SEEDS=FROM:COUNT
/// runs other seeds than the usual ones.
#include <cstdlib>
#include <stdexcept>

#include "conclave/test/catch.hpp"
#include "property_cluster.hpp"

using namespace conclave::raft::test;

namespace {

struct Seeds {
  std::uint64_t from = 1;
  std::uint64_t count = 150;
};

Seeds wanted_seeds() {
  Seeds seeds;
  const char* const text = std::getenv("CONCLAVE_RAFT_SEEDS");
  if (text == nullptr) return seeds;
  const std::string wanted(text);
  seeds.from = std::stoull(wanted);
  seeds.count = wanted.find(':') == std::string::npos ? 1 : std::stoull(wanted.substr(wanted.find(':') + 1));
  return seeds;
}

void add(Happened& sum, const Happened& one) {
  sum.leaders += one.leaders;
  sum.applied += one.applied;
  sum.truncations += one.truncations;
  sum.installs += one.installs;
  sum.log_reads += one.log_reads;
  sum.memberships += one.memberships;
  sum.reads_granted += one.reads_granted;
  sum.reads_lost += one.reads_lost;
  sum.lost += one.lost;
  sum.unknown += one.unknown;
  sum.crashes += one.crashes;
}

/// Empty if all went well.
std::string run(std::uint64_t seed, int steps, Happened& happened) {
  try {
    RandomCluster cluster(seed);
    for (int n = 0; n < steps; ++n) {
      cluster.step();
      if (n % 100 == 0) cluster.check_all_members();
    }
    const auto wrong = cluster.converge(2000);
    cluster.check_all_members();
    add(happened, cluster.happened());
    return wrong.value_or("");
  } catch (const std::exception& failure) {
    return failure.what();
  }
}

}  // namespace

TEST_CASE("whatever network and disks do, the members agree, and they go on when it is over") {
  const Seeds seeds = wanted_seeds();
  Happened happened;
  for (std::uint64_t seed = seeds.from; seed < seeds.from + seeds.count; ++seed) {
    INFO("seed " << seed);
    CHECK(run(seed, 3000, happened) == "");
  }
  if (seeds.count < 100) return;
  CHECK(happened.leaders > 2 * seeds.count);
  CHECK(happened.applied > 10 * seeds.count);
  CHECK(happened.truncations > seeds.count / 3);
  CHECK(happened.installs > seeds.count / 3);
  CHECK(happened.log_reads > seeds.count);
  CHECK(happened.memberships > seeds.count);
  CHECK(happened.reads_granted > seeds.count);
  CHECK(happened.reads_lost > seeds.count / 3);
  CHECK(happened.lost > seeds.count / 3);
  CHECK(happened.crashes > seeds.count);
}
