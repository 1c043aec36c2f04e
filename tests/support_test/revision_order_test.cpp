#include "conclave/test/revision_order.hpp"

#include "conclave/base/prng.hpp"
#include "conclave/test/catch.hpp"

namespace conclave::test {
namespace {

struct Log : History {
  void ok(Moment from, Moment to, Action action, std::uint64_t revision, std::vector<SeenRow> rows = {}, bool succeeded = true) {
    succeed(invoke(1, from, std::move(action)), to, {Revision(revision), succeeded, std::move(rows)});
  }
  void failed(Moment from, Moment to, Action action) { fail(invoke(1, from, std::move(action)), to); }
  void unknown(Moment from, Action action) { lose(invoke(1, from, std::move(action))); }
};

AppliedRevision wrote(std::uint64_t revision, std::string key, std::optional<std::string> value) {
  return {Revision(revision), {{std::move(key), std::move(value)}}};
}

SeenRow row(std::string value, std::uint64_t mod) { return {std::move(value), Revision(mod)}; }

}  // namespace

TEST_CASE("writes and reads in the order of their revisions hold") {
  Log log;
  log.ok(0, 1, get("k"), 0, {{}});
  log.ok(1, 2, put("k", "a"), 1);
  log.ok(3, 4, get("k"), 1, {row("a", 1)});
  log.ok(5, 6, swap_revision("k", Revision(1), "b"), 2);
  log.ok(7, 8, swap_revision("k", Revision(1), "c"), 2, {}, false);
  log.ok(9, 10, increment("n"), 3, {row("1", 3)});
  log.ok(11, 12, erase("k"), 4);
  log.ok(13, 14, erase("k"), 4);
  const auto verdict =
      check_revision_order(log, {wrote(1, "k", "a"), wrote(2, "k", "b"), wrote(3, "n", "1"), wrote(4, "k", std::nullopt)});
  INFO(verdict.why);
  CHECK(verdict.holds());
}

TEST_CASE("a gap in the revisions is found") {
  Log log;
  log.ok(1, 2, put("k", "a"), 1);
  log.ok(3, 4, put("k", "b"), 3);
  CHECK(check_revision_order(log, {wrote(1, "k", "a"), wrote(3, "k", "b")}).is_violated());
}

TEST_CASE("an acknowledged write that the store does not have is found") {
  Log lost;
  lost.ok(1, 2, put("k", "a"), 1);
  CHECK(check_revision_order(lost, {}).is_violated());
  Log other;
  other.ok(1, 2, put("k", "a"), 1);
  other.unknown(1, put("k", "b"));
  CHECK(check_revision_order(other, {wrote(1, "k", "b")}).is_violated());
}

TEST_CASE("two writes acknowledged with one revision are found") {
  Log log;
  log.ok(1, 2, put("k", "a"), 1);
  log.ok(1, 2, put("k", "a"), 1);
  CHECK(check_revision_order(log, {wrote(1, "k", "a")}).is_violated());
}

TEST_CASE("revisions against real time are found") {
  Log writes;
  writes.ok(1, 2, put("k", "a"), 2);
  writes.ok(3, 4, put("k", "b"), 1);
  CHECK(check_revision_order(writes, {wrote(1, "k", "b"), wrote(2, "k", "a")}).is_violated());
  Log concurrent;
  concurrent.ok(1, 5, put("k", "a"), 2);
  concurrent.ok(3, 4, put("k", "b"), 1);
  CHECK(check_revision_order(concurrent, {wrote(1, "k", "b"), wrote(2, "k", "a")}).holds());
}

TEST_CASE("a linearizable read from an older state is found, a stale one that was asked for is right if its state once was") {
  const std::vector<AppliedRevision> applied{wrote(1, "k", "a"), wrote(2, "k", "b")};
  Log log;
  log.ok(1, 2, put("k", "a"), 1);
  log.ok(3, 4, put("k", "b"), 2);
  Log read = log;
  read.ok(5, 6, get("k"), 1, {row("a", 1)});
  CHECK(check_revision_order(read, applied).is_violated());
  Action stale = get("k");
  stale.stale_allowed = true;
  Log old = log;
  old.ok(5, 6, stale, 1, {row("a", 1)});
  CHECK(check_revision_order(old, applied).holds());
  Log mixed = log;
  mixed.ok(5, 6, stale, 1, {row("b", 2)});
  CHECK(check_revision_order(mixed, applied).is_violated());
}

TEST_CASE("a read that goes back behind another read is found") {
  Log log;
  log.unknown(1, put("k", "a"));
  log.ok(2, 3, get("k"), 1, {row("a", 1)});
  log.ok(4, 5, get("k"), 0, {{}});
  CHECK(check_revision_order(log, {wrote(1, "k", "a")}).is_violated());
}

TEST_CASE("a write of unknown outcome explains one revision, after it was asked for") {
  Log once;
  once.unknown(1, put("k", "a"));
  CHECK(check_revision_order(once, {}).holds());
  CHECK(check_revision_order(once, {wrote(1, "k", "a")}).holds());
  CHECK(check_revision_order(once, {wrote(1, "k", "a"), wrote(2, "k", "a")}).is_violated());
  Log early;
  early.ok(1, 2, put("m", "x"), 2);
  early.unknown(3, put("k", "a"));
  CHECK(check_revision_order(early, {wrote(1, "k", "a"), wrote(2, "m", "x")}).is_violated());
}

TEST_CASE("the effect of a write that definitely failed is found") {
  Log log;
  log.failed(1, 2, put("k", "a"));
  CHECK(check_revision_order(log, {wrote(1, "k", "a")}).is_violated());
  CHECK(check_revision_order(log, {}).holds());
}

TEST_CASE("a revision of the store's own needs no writer, one of a stranger does") {
  Log log;
  log.ok(1, 2, put("k", "a"), 1);
  auto expired = wrote(2, "k", std::nullopt);
  CHECK(check_revision_order(log, {wrote(1, "k", "a"), expired}).is_violated());
  CHECK(check_revision_order(log, {wrote(1, "k", "a"), expired}, {false}).holds());
  expired.by_the_store = true;
  CHECK(check_revision_order(log, {wrote(1, "k", "a"), expired}).holds());
}

TEST_CASE("a condition answered wrongly, a wrong mod revision and a revision that never came are found") {
  const std::vector<AppliedRevision> applied{wrote(1, "k", "a")};
  Log condition;
  condition.ok(1, 2, put("k", "a"), 1);
  condition.ok(3, 4, swap_value("k", "a", "b"), 1, {}, false);
  CHECK(check_revision_order(condition, applied).is_violated());
  Log mod;
  mod.ok(1, 2, put("k", "a"), 1);
  mod.ok(3, 4, get("k"), 1, {row("a", 7)});
  CHECK(check_revision_order(mod, applied).is_violated());
  Log beyond;
  beyond.ok(1, 2, put("k", "a"), 1);
  beyond.ok(3, 4, get("k"), 2, {row("a", 1)});
  CHECK(check_revision_order(beyond, applied).is_violated());
}

TEST_CASE("a hundred thousand operations are checked at once, and one lost increment among them is found") {
  Log log;
  std::vector<AppliedRevision> applied;
  Prng prng(1);
  std::uint64_t revision = 0;
  for (Moment i = 0; i < 50'000; ++i) {
    const std::string sum = std::to_string(++revision);
    applied.push_back(wrote(revision, "n", sum));
    const Moment from = 2 * i - static_cast<Moment>(prng.below(10));
    log.ok(from, 2 * i + 1, increment("n"), revision, {row(sum, revision)});
    log.ok(2 * i, 2 * i + 1, get("n"), revision, {row(sum, revision)});
  }
  CHECK(check_revision_order(log, applied).holds());
  auto wrong = applied;
  wrong[40'000].changes.front().second = "40000";
  CHECK(check_revision_order(log, wrong).is_violated());
}

}  // namespace conclave::test
