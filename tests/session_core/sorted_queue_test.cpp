#include "sorted_queue.hpp"

#include <set>
#include <vector>

#include "conclave/base/prng.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using client::SortedQueue;

TEST_CASE("a sorted queue holds what a set holds, in its order") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Prng prng(seed);
    SortedQueue<std::uint64_t> queue;
    std::set<std::uint64_t> model;
    std::uint64_t newest = 0;
    for (int step = 0; step < 300; ++step) {
      const std::uint64_t any = prng.below(newest + 2);
      switch (prng.below(5)) {
        case 0:
        case 1: queue.insert(++newest), model.insert(newest); break;
        case 2: queue.insert(any), model.insert(any); break;
        case 3: queue.erase(any), model.erase(any); break;
        default:
          if (!model.empty()) queue.erase(queue.begin()), model.erase(model.begin());
      }
      REQUIRE(std::vector(queue.begin(), queue.end()) == std::vector(model.begin(), model.end()));
      REQUIRE(queue.size() == model.size());
      REQUIRE(queue.empty() == model.empty());
      const auto found = queue.lower_bound(any);
      const auto expected = model.lower_bound(any);
      REQUIRE((found == queue.end()) == (expected == model.end()));
      if (expected != model.end()) REQUIRE(*found == *expected);
    }
  }
}
