#include "conclave/app/descriptors.hpp"

#include "conclave/test/catch.hpp"

namespace conclave::app {
namespace {

TEST_CASE("HTTP gets at most half of the descriptors that a member does not need for itself") {
  for (const std::uint64_t limit : {256ULL, 1024ULL, 4096ULL, 65'536ULL, 1'048'576ULL}) {
    const Descriptors mine = divide(limit);
    CAPTURE(limit, mine.clients, mine.http);
    CHECK(mine.http * 2 <= limit - 128);
    CHECK(mine.clients >= std::min<std::size_t>(mine.http, 10'000));
    CHECK(mine.clients + mine.http + 128 <= limit);
  }
}

TEST_CASE("where there are enough descriptors every kind of connection has its own bound") {
  const Descriptors mine = divide(65'536);
  CHECK(mine.clients == 10'000);
  CHECK(mine.http == 2'064);
}

TEST_CASE("however few descriptors there are, some connections of each kind are let in") {
  for (const std::uint64_t limit : {0ULL, 1ULL, 64ULL, 128ULL, 143ULL}) {
    CHECK(divide(limit).clients >= 8);
    CHECK(divide(limit).http >= 8);
  }
}

}  // namespace
}  // namespace conclave::app
