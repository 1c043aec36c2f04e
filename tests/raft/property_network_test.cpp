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

/// Empty if all went well.
std::string run(std::uint64_t seed, int steps, std::size_t& applied) {
  try {
    RandomCluster cluster(seed);
    for (int n = 0; n < steps; ++n) {
      cluster.step();
      if (n % 100 == 0) cluster.check_all_members();
    }
    const auto wrong = cluster.converge(2000);
    cluster.check_all_members();
    applied += cluster.oracle().applied().size();
    return wrong.value_or("");
  } catch (const std::exception& failure) {
    return failure.what();
  }
}

}  // namespace

TEST_CASE("whatever network and disks do, the members agree, and they go on when it is over") {
  const Seeds seeds = wanted_seeds();
  std::size_t applied = 0;
  for (std::uint64_t seed = seeds.from; seed < seeds.from + seeds.count; ++seed) {
    INFO("seed " << seed);
    CHECK(run(seed, 1500, applied) == "");
  }
  // A run in which nothing ever happens would prove nothing.
  CHECK(applied > 5 * seeds.count);
}
