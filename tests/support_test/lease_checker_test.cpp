#include "conclave/test/lease_checker.hpp"

#include "conclave/test/catch.hpp"

namespace conclave::test {
namespace {

using Kind = LeasedChange::Kind;
constexpr LeaseId lease{7};

ClusterTime at(std::int64_t millis) { return cluster_time_from_millis(millis); }

LeasedRevision revision(std::uint64_t number, std::int64_t millis, std::vector<LeasedChange> changes) {
  return {Revision(number), at(millis), std::move(changes)};
}

// A lease of five seconds, granted at one second, with two keys.
LeaseChecker with_two_keys() {
  LeaseChecker checker;
  checker.granted(lease, seconds(5), at(1000));
  checker.changed(revision(1, 1100, {{"a", Kind::put, lease}}));
  checker.changed(revision(2, 1200, {{"b", Kind::put, lease}}));
  return checker;
}

}  // namespace

TEST_CASE("a lease that ends at its deadline with all its keys in one revision holds") {
  LeaseChecker checker = with_two_keys();
  checker.renewed(lease, at(3000));
  checker.changed(revision(3, 8000, {{"a", Kind::lease_expired, {}}, {"b", Kind::lease_expired, {}}}));
  checker.ended(lease, at(8000), Revision(3));
  CHECK(checker.verdict().why == "");
  CHECK(checker.expect_ended(at(60'000), seconds(1)).holds());
}

TEST_CASE("a lease that expires before its TTL is found, counted from the grant or from the last acknowledged renewal") {
  LeaseChecker granted = with_two_keys();
  granted.changed(revision(3, 5999, {{"a", Kind::lease_expired, {}}, {"b", Kind::lease_expired, {}}}));
  CHECK(granted.verdict().is_violated());
  LeaseChecker renewed = with_two_keys();
  renewed.renewed(lease, at(3000));
  renewed.changed(revision(3, 7999, {{"a", Kind::lease_expired, {}}, {"b", Kind::lease_expired, {}}}));
  CHECK(renewed.verdict().is_violated());
  LeaseChecker without_keys;
  without_keys.granted(lease, seconds(5), at(1000));
  without_keys.ended(lease, at(2000), Revision());
  CHECK(without_keys.verdict().is_violated());
}

TEST_CASE("a lease whose end was asked for may end early") {
  LeaseChecker checker = with_two_keys();
  checker.end_requested(lease, at(2000));
  checker.changed(revision(3, 2000, {{"a", Kind::lease_revoked, {}}, {"b", Kind::lease_revoked, {}}}));
  checker.ended(lease, at(2000), Revision(3));
  CHECK(checker.verdict().why == "");
}

TEST_CASE("a revocation that nobody asked for is found") {
  LeaseChecker checker = with_two_keys();
  checker.changed(revision(3, 9000, {{"a", Kind::lease_revoked, {}}, {"b", Kind::lease_revoked, {}}}));
  CHECK(checker.verdict().is_violated());
}

TEST_CASE("keys of one lease that vanish in two revisions, or outlive it, are found") {
  LeaseChecker two = with_two_keys();
  two.changed(revision(3, 9000, {{"a", Kind::lease_expired, {}}}));
  two.changed(revision(4, 9000, {{"b", Kind::lease_expired, {}}}));
  CHECK(two.verdict().is_violated());
  LeaseChecker left = with_two_keys();
  left.ended(lease, at(9000), Revision());
  CHECK(left.verdict().is_violated());
  LeaseChecker other = with_two_keys();
  other.changed(revision(3, 9000, {{"a", Kind::lease_expired, {}}, {"b", Kind::lease_expired, {}}}));
  other.ended(lease, at(9500), Revision(4));
  CHECK(other.verdict().is_violated());
}

TEST_CASE("a key that does not hang on the lease must not vanish with it") {
  LeaseChecker checker = with_two_keys();
  checker.changed(revision(3, 1300, {{"b", Kind::put, {}}}));
  checker.changed(revision(4, 9000, {{"a", Kind::lease_expired, {}}, {"b", Kind::lease_expired, {}}}));
  CHECK(checker.verdict().is_violated());
}

TEST_CASE("a key that was deleted or moved to another lease before does not count") {
  LeaseChecker checker = with_two_keys();
  checker.granted(LeaseId(8), seconds(60), at(1000));
  checker.changed(revision(3, 1300, {{"b", Kind::put, LeaseId(8)}}));
  checker.changed(revision(4, 1400, {{"c", Kind::put, lease}}));
  checker.changed(revision(5, 1500, {{"c", Kind::deleted, {}}}));
  checker.changed(revision(6, 9000, {{"a", Kind::lease_expired, {}}}));
  checker.ended(lease, at(9000), Revision(6));
  CHECK(checker.verdict().why == "");
}

TEST_CASE("a renewal acknowledged or a key attached after the end is found") {
  LeaseChecker renewed = with_two_keys();
  renewed.changed(revision(3, 9000, {{"a", Kind::lease_expired, {}}, {"b", Kind::lease_expired, {}}}));
  renewed.renewed(lease, at(9001));
  CHECK(renewed.verdict().is_violated());
  LeaseChecker attached = with_two_keys();
  attached.changed(revision(3, 9000, {{"a", Kind::lease_expired, {}}, {"b", Kind::lease_expired, {}}}));
  attached.changed(revision(4, 9001, {{"c", Kind::put, lease}}));
  CHECK(attached.verdict().is_violated());
}

TEST_CASE("a lease that nobody renews and that never ends is found when asked for") {
  LeaseChecker checker = with_two_keys();
  CHECK(checker.expect_ended(at(6500), seconds(1)).holds());
  CHECK(checker.expect_ended(at(7500), seconds(1)).is_violated());
}

}  // namespace conclave::test
