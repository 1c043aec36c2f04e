/// The rule "durable = min(next to write, first index of each pending write) - 1" against a model of the store, by random walk.
#include <deque>

#include "conclave/base/prng.hpp"
#include "conclave/raft/log.hpp"
#include "conclave/test/catch.hpp"
#include "interaction_bench.hpp"

using namespace conclave;
using namespace conclave::raft;
using namespace conclave::raft::test;

namespace {

/// Executes writes in order, as a log store does; what was issued and not executed is pending.
class Walk {
 public:
  explicit Walk(std::uint64_t seed) : prng_(seed), log_(EntryId{}, {}, Index()) {}

  void step() {
    const auto what = prng_.below(100);
    if (what < 40) {
      append(prng_.between(1, 3));
    } else if (what < 60) {
      truncate();
    } else if (what < 80) {
      issue();
    } else if (what < 95) {
      complete();
    } else {
      commit();
    }
    log_.check();
    check();
  }

  [[nodiscard]] bool is_at_rest() const { return pending_.empty() && !log_.has_unwritten(); }
  [[nodiscard]] const Log& log() const { return log_; }

 private:
  void append(std::uint64_t count) {
    for (; count > 0; --count) log_.append(bench_entry(term_, log_.last().value() + 1, std::to_string(++made_)));
  }

  /// A new leader's term cuts the tail; sometimes the same old entries come back (A, B, A).
  void truncate() {
    if (log_.last() <= log_.committed()) return;
    const Index from(prng_.between(log_.committed().value() + 1, log_.last().value()));
    std::vector<EntryPtr> old;
    for (Index index = from; index <= log_.last(); index = index.next()) old.push_back(log_.at(index));
    log_.truncate_from(from);
    if (prng_.chance(1, 2)) {
      for (std::size_t n = prng_.below(old.size() + 1), i = 0; i < n; ++i) log_.append(old[i]);
    } else {
      ++term_;
      append(prng_.below(4));
    }
  }

  void issue() {
    if (!log_.has_unwritten() || pending_.size() >= 4) return;
    pending_.push_back(log_.issue_write(prng_.chance(1, 3) ? 1 : 1000));
  }

  void complete() {
    if (pending_.empty()) return;
    WriteId last;
    for (std::size_t n = prng_.between(1, pending_.size()); n > 0; --n) {
      last = pending_.front().id;
      execute(disk_, pending_.front());
      pending_.pop_front();
    }
    log_.on_durable(last);
  }

  void commit() {
    const Index to(prng_.between(log_.committed().value(), log_.durable().value() < log_.committed().value()
                                                               ? log_.committed().value()
                                                               : log_.durable().value()));
    (void)log_.commit_to(to);
  }

  static void execute(std::vector<EntryPtr>& disk, const Log::Issued& write) {
    if (write.truncate_from) {
      REQUIRE(write.truncate_from->value() <= disk.size());
      disk.resize(write.truncate_from->value() - 1);
    }
    for (const auto& entry : write.entries) {
      REQUIRE(entry->id.index.value() == disk.size() + 1);
      disk.push_back(entry);
    }
  }

  void check_prefix(const std::vector<EntryPtr>& disk) const {
    REQUIRE(log_.durable().value() <= disk.size());
    for (Index index(1); index <= log_.durable(); index = index.next()) REQUIRE(disk[index.value() - 1]->id == log_.at(index)->id);
  }

  /// The store holds the durable prefix now and after every pending write, so a crash at any moment keeps it.
  void check() const {
    check_prefix(disk_);
    std::vector<EntryPtr> disk = disk_;
    for (const auto& write : pending_) {
      execute(disk, write);
      check_prefix(disk);
    }
    for (Index index(1); index < log_.next_to_write(); index = index.next())
      REQUIRE(log_.write_of(index).has_value() == (index > log_.durable()));
  }

  Prng prng_;
  Log log_;
  std::vector<EntryPtr> disk_;
  std::deque<Log::Issued> pending_;
  std::uint64_t term_ = 1;
  std::uint64_t made_ = 0;
};

}  // namespace

TEST_CASE("the store holds every entry up to durable, whatever was truncated and written again meanwhile") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Walk walk(seed);
    for (int n = 0; n < 150; ++n) {
      walk.step();
      if (walk.is_at_rest()) REQUIRE(walk.log().durable() == walk.log().last());
    }
  }
}
