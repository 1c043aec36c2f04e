#include "conclave/test/once_checker.hpp"

#include "conclave/test/catch.hpp"

namespace conclave::test {
namespace {
constexpr LeaseId session{3};
constexpr RequestSeq first{1};
}  // namespace

TEST_CASE("a request applied once and acknowledged any number of times holds") {
  OnceChecker checker;
  checker.answered(session, first, Outcome::unknown);
  checker.answered(session, first, Outcome::ok, Revision(5));
  checker.applied(session, first, Index(10), Revision(5));
  checker.applied(session, first, Index(10), Revision(5));  // as another member tells it
  checker.answered(session, first, Outcome::ok, Revision(5));
  checker.applied(session, RequestSeq(2), Index(11), Revision(6));
  checker.applied(LeaseId(4), first, Index(12), Revision(7));
  checker.answered(session, RequestSeq(3), Outcome::unknown);
  checker.answered(session, RequestSeq(4), Outcome::failed);
  CHECK(checker.verdict().why == "");
}

TEST_CASE("a request applied twice is found") {
  OnceChecker checker;
  checker.applied(session, first, Index(10), Revision(5));
  checker.applied(session, first, Index(12), Revision(6));
  CHECK(checker.verdict().is_violated());
}

TEST_CASE("a request acknowledged but never applied is found") {
  OnceChecker checker;
  checker.answered(session, first, Outcome::ok, Revision(5));
  CHECK(checker.verdict().is_violated());
}

TEST_CASE("a request that definitely failed and was applied is found") {
  OnceChecker checker;
  checker.answered(session, first, Outcome::failed);
  checker.applied(session, first, Index(10), Revision(5));
  CHECK(checker.verdict().is_violated());
}

TEST_CASE("answers to one request that disagree are found") {
  OnceChecker revision;
  revision.applied(session, first, Index(10), Revision(5));
  revision.answered(session, first, Outcome::ok, Revision(6));
  CHECK(revision.verdict().is_violated());
  OnceChecker both;
  both.answered(session, first, Outcome::failed);
  both.answered(session, first, Outcome::ok, Revision(5));
  CHECK(both.verdict().is_violated());
}

}  // namespace conclave::test
