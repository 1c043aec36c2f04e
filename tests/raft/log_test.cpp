#include "conclave/raft/log.hpp"

#include <deque>

#include "conclave/base/prng.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::raft;

namespace {

EntryPtr entry(std::uint64_t term, std::uint64_t index, std::string body = "x") {
  return std::make_shared<const Entry>(Entry{{Term(term), Index(index)}, Bytes(std::move(body))});
}

Log log_of(const std::vector<std::uint64_t>& terms, std::uint64_t applied = 0) {
  std::vector<EntryPtr> entries;
  for (std::size_t i = 0; i < terms.size(); ++i) entries.push_back(entry(terms[i], i + 1));
  return Log(EntryId{}, entries, Index(applied));
}

/// A log store that executes writes in order, some at a time, beside the log that issued them.
struct Model {
  Prng prng;
  Log log = Log(EntryId{}, {}, Index());
  std::vector<EntryPtr> disk;
  std::deque<Log::Issued> pending;
  std::uint64_t term = 1;
  int fully_durable = 0;

  static void execute(std::vector<EntryPtr>& store, const Log::Issued& write) {
    if (write.truncate_from) store.resize(write.truncate_from->value() - 1);
    for (const EntryPtr& e : write.entries) {
      REQUIRE(e->id.index.value() == store.size() + 1);
      store.push_back(e);
    }
  }
  void append_fresh(std::uint64_t count) {
    for (; count > 0; --count) log.append(entry(term, log.last().value() + 1));
  }
  void truncate_and_append() {
    if (log.last() <= log.committed()) return;
    const Index from(prng.between(log.committed().value() + 1, log.last().value()));
    std::vector<EntryPtr> old = log.slice(from, 1000, 1 << 20);
    log.truncate_from(from);
    // Sometimes the very same entries come back: nothing may take the old write's completion for the new one's.
    if (prng.chance(1, 2)) {
      old.resize(prng.below(old.size() + 1));
      for (const EntryPtr& e : old) log.append(e);
    } else {
      ++term;
      append_fresh(prng.below(4));
    }
  }
  void complete_some() {
    WriteId done;
    for (std::uint64_t count = prng.between(1, pending.size()); count > 0; --count) {
      execute(disk, pending.front());
      done = pending.front().id;
      pending.pop_front();
    }
    log.on_durable(done);
  }
  void step() {
    const std::uint64_t op = prng.below(100);
    if (op < 45) {
      append_fresh(prng.between(1, 3));
    } else if (op < 60) {
      truncate_and_append();
    } else if (op < 80) {
      if (log.has_unwritten() && pending.size() < 4) pending.push_back(log.issue_write(prng.chance(1, 4) ? 40 : 1 << 20));
    } else if (!pending.empty()) {
      complete_some();
    }
    if (prng.chance(3, 10)) (void)log.commit_to(Index(prng.between(0, log.durable().value())));
    check();
  }
  void check_prefix(const std::vector<EntryPtr>& store) const {
    REQUIRE(store.size() >= log.durable().value());
    for (std::uint64_t i = 1; i <= log.durable().value(); ++i) REQUIRE(store[i - 1] == log.at(Index(i)));
  }
  void check() {
    log.check();
    check_prefix(disk);
    std::vector<EntryPtr> later = disk;
    for (const Log::Issued& write : pending) {
      execute(later, write);
      check_prefix(later);
    }
    if (pending.empty() && !log.has_unwritten()) {
      REQUIRE(log.durable() == log.last());
      ++fully_durable;
    }
  }
};

}  // namespace

TEST_CASE("durable names a prefix that is on disk and that no pending write disturbs", "[log]") {
  int fully_durable = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Model model{.prng = Prng(seed), .disk = {}, .pending = {}};
    for (int i = 0; i < 200; ++i) model.step();
    fully_durable += model.fully_durable;
  }
  REQUIRE(fully_durable > 0);
}

TEST_CASE("a late completion of an overwritten write does not make the new entries durable", "[log]") {
  Log log = log_of({});
  for (std::uint64_t i = 1; i <= 5; ++i) log.append(entry(1, i));
  const auto first = log.issue_write(1 << 20);
  log.truncate_from(Index(3));
  log.append(entry(2, 3));
  const auto second = log.issue_write(1 << 20);
  REQUIRE(second.truncate_from == Index(3));
  log.on_durable(first.id);
  REQUIRE(log.durable() == Index(2));
  REQUIRE(log.write_of(Index(3)) == second.id);
  REQUIRE(!log.write_of(Index(2)));
  log.on_durable(second.id);
  REQUIRE(log.durable() == Index(3));
}

TEST_CASE("a write takes as many entries as fit and at least one", "[log]") {
  Log log = log_of({});
  for (std::uint64_t i = 1; i <= 3; ++i) log.append(entry(1, i, std::string(100, 'x')));
  REQUIRE(log.issue_write(10).entries.size() == 1);
  REQUIRE(log.issue_write(1 << 20).entries.size() == 2);
  REQUIRE(!log.has_unwritten());
}

TEST_CASE("a guess skips whole terms", "[log]") {
  const Log log = log_of({1, 1, 4, 4, 5, 5, 6});
  REQUIRE(log.last_not_above(Index(7), Term(3)) == Index(2));
  REQUIRE(log.last_not_above(Index(4), Term(4)) == Index(4));
  REQUIRE(log.last_not_above(Index(100), Term(9)) == Index(7));
  REQUIRE(log.last_not_above(Index(7), Term(0)) == Index(0));
}

TEST_CASE("the log with the later last term is more up to date, then the longer one", "[log]") {
  const Log log = log_of({1, 2, 2});
  REQUIRE(log.is_up_to_date({Term(3), Index(1)}));
  REQUIRE(log.is_up_to_date({Term(2), Index(3)}));
  REQUIRE(!log.is_up_to_date({Term(2), Index(2)}));
  REQUIRE(!log.is_up_to_date({Term(1), Index(9)}));
}

TEST_CASE("terms are known for entries that left memory and forgotten with compaction", "[log]") {
  Log log = log_of({1, 1, 2, 2, 3}, 4);
  log.trim_memory(0);
  REQUIRE(log.memory_first() == Index(5));
  REQUIRE(log.term_at(Index(2)) == Term(1));
  log.compact({Term(2), Index(3)});
  log.check();
  REQUIRE(log.first() == Index(4));
  REQUIRE(log.term_at(Index(3)) == Term(2));
  REQUIRE(log.term_at(Index(4)) == Term(2));
  REQUIRE(!log.term_at(Index(2)));
  log.compact({Term(2), Index(4)});
  log.check();
  REQUIRE(log.term_at(Index(5)) == Term(3));
}

TEST_CASE("everything may be compacted, and the log goes on after it", "[log]") {
  Log log = log_of({1, 1}, 2);
  log.compact({Term(1), Index(2)});
  log.check();
  REQUIRE(log.last_id() == EntryId{Term(1), Index(2)});
  log.append(entry(1, 3));
  log.check();
  REQUIRE(log.term_at(Index(3)) == Term(1));
}

TEST_CASE("what is handed out to be applied stays within the byte limit until it is applied", "[log]") {
  Log log = log_of({});
  for (std::uint64_t i = 1; i <= 4; ++i) log.append(entry(1, i, std::string(100, 'x')));
  (void)log.commit_to(Index(4));
  const std::size_t one = size_of(*log.at(Index(1)));
  REQUIRE(log.take_apply(2 * one).size() == 2);
  REQUIRE(!log.can_apply(2 * one));
  log.on_applied(Index(1));
  REQUIRE(log.take_apply(2 * one).size() == 1);
  log.on_applied(Index(3));
  REQUIRE(log.take_apply(1).size() == 1);
  REQUIRE(log.emitted() == Index(4));
}

TEST_CASE("memory keeps what is not applied or not durable", "[log]") {
  Log log = log_of({1, 1, 1}, 1);
  log.append(entry(1, 4));
  (void)log.commit_to(Index(4));
  (void)log.take_apply(1 << 20);
  log.trim_memory(0);
  REQUIRE(log.memory_first() == Index(2));
  log.on_applied(Index(4));
  log.trim_memory(0);
  REQUIRE(log.memory_first() == Index(4));
}
