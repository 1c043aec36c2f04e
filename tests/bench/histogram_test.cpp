#include "histogram.hpp"

#include "conclave/test/catch.hpp"

using namespace conclave::bench;
using std::chrono::nanoseconds;

TEST_CASE("an empty histogram has only zeros", "[bench]") {
  const Histogram histogram;
  CHECK(histogram.count() == 0);
  CHECK(histogram.at(0.5) == nanoseconds(0));
  CHECK(histogram.max() == nanoseconds(0));
}

TEST_CASE("a percentile is the least recorded duration that so many do not exceed", "[bench]") {
  Histogram histogram;
  for (int i = 1; i <= 100; ++i) histogram.record(nanoseconds(i));
  CHECK(histogram.at(0.0) == nanoseconds(1));
  CHECK(histogram.at(0.5) == nanoseconds(50));
  CHECK(histogram.at(0.99) == nanoseconds(99));
  CHECK(histogram.at(1.0) == nanoseconds(100));
}

TEST_CASE("a percentile errs by less than one part in 128, and never below", "[bench]") {
  for (std::int64_t value = 1; value < std::int64_t{1} << 43; value += value / 7 + 1) {
    Histogram histogram;
    histogram.record(nanoseconds(value));
    histogram.record(nanoseconds(value * 2));  // so that the maximum does not bound the answer
    const std::int64_t found = histogram.at(0.5).count();
    CAPTURE(value, found);
    CHECK(found >= value);
    CHECK(found - value <= value / 128);
  }
}

TEST_CASE("a duration beyond the greatest bucket counts there, one below zero as zero", "[bench]") {
  Histogram histogram;
  histogram.record(std::chrono::hours(10'000));
  histogram.record(nanoseconds(-5));
  CHECK(histogram.count() == 2);
  CHECK(histogram.at(0.5) == nanoseconds(0));
  CHECK(histogram.max() >= std::chrono::hours(4));
}

TEST_CASE("merged histograms tell what one that had recorded everything tells", "[bench]") {
  Histogram odd;
  Histogram even;
  Histogram all;
  for (int i = 0; i < 10'000; ++i) {
    (i % 2 == 0 ? even : odd).record(nanoseconds(i * 37));
    all.record(nanoseconds(i * 37));
  }
  odd.merge(even);
  CHECK(odd.count() == all.count());
  CHECK(odd.max() == all.max());
  for (const double fraction : {0.01, 0.5, 0.9, 0.999}) CHECK(odd.at(fraction) == all.at(fraction));
}
