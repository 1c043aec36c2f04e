/// Whatever a peer sends, the core neither aborts nor breaks its own invariants.
#include <limits>

#include "conclave/raft/invariants.hpp"
#include "conclave/test/catch.hpp"
#include "interaction_bench.hpp"

using namespace conclave;
using namespace conclave::raft;
using namespace conclave::raft::test;

namespace {

constexpr std::uint64_t huge = std::numeric_limits<std::uint64_t>::max();

/// Messages whose fields are plausible, wrong or absurd.
class Liar {
 public:
  explicit Liar(Prng prng, const Core& core) : prng_(prng), core_(core) {}

  [[nodiscard]] Message message() {
    switch (prng_.below(9)) {
      case 0: return VoteRequest{term(), id(), flip(), flip()};
      case 1: return VoteReply{term(), flip(), flip(), Stamp(number())};
      case 2: return AppendRequest{term(), id(), entries(), index(), Stamp(number())};
      case 3: return AppendReply{term(), flip(), index(), id()};
      case 4: return Heartbeat{term(), index(), number(), Stamp(number())};
      case 5: return HeartbeatReply{term(), number()};
      case 6: return chunk();
      case 7: return SnapshotReply{term(), id(), number(), flip(), flip()};
      default: return TimeoutNow{term()};
    }
  }

 private:
  [[nodiscard]] bool flip() { return prng_.chance(1, 2); }
  [[nodiscard]] std::uint64_t number() {
    switch (prng_.below(12)) {
      case 0: return huge - prng_.below(3);
      case 1: return (std::uint64_t{1} << 62) - 2 + prng_.below(4);
      case 2: return 0;
      default: return prng_.below(12);
    }
  }
  [[nodiscard]] Term term() {
    if (prng_.chance(1, 12)) return Term(number());
    const std::uint64_t own = core_.term().value();
    return Term(prng_.chance(1, 12) ? own + 1 : prng_.chance(1, 12) ? own / 2 : own);
  }
  [[nodiscard]] Index index() {
    if (prng_.chance(1, 6)) return Index(number());
    return Index(prng_.below(core_.status().last.value() + 3));
  }
  [[nodiscard]] EntryId id() {
    const Index at = index();
    if (prng_.chance(1, 5)) return {Term(number()), at};
    return {core_.term_at(at).value_or(Term(prng_.below(core_.term().value() + 1))), at};
  }
  [[nodiscard]] Membership membership() {
    Membership out = bench_membership({1, 2, 3}, {4});
    switch (prng_.below(6)) {
      case 0: out.voters.clear(); break;
      case 1: out.voters.emplace_back(1); break;
      case 2: out.members.pop_back(); break;
      case 3: out.outgoing = {MemberId(1), MemberId(2)}; break;
      default: break;
    }
    return out;
  }
  [[nodiscard]] EntryPtr entry(std::uint64_t at, std::uint64_t term) {
    if (prng_.chance(1, 60)) return nullptr;
    if (prng_.chance(1, 60)) at = number();
    EntryBody body = Bytes("lie");
    if (prng_.chance(1, 6)) body = membership();
    return std::make_shared<const Entry>(Entry{{Term(term), Index(at)}, std::move(body)});
  }
  [[nodiscard]] std::vector<EntryPtr> entries() {
    std::vector<EntryPtr> out;
    const std::uint64_t from = index().value() + 1;
    for (std::uint64_t i = 0, count = prng_.below(4); i < count; ++i) {
      out.push_back(entry(from + i, prng_.chance(1, 8)
                                        ? number()
                                        : core_.term().value() - std::min<std::uint64_t>(core_.term().value(), prng_.below(2))));
    }
    return out;
  }
  [[nodiscard]] SnapshotChunk chunk() {
    SnapshotChunk out;
    out.term = term();
    out.meta = {id(), membership(), prng_.chance(1, 4) ? number() : 8};
    out.offset = prng_.chance(1, 4) ? number() : prng_.chance(1, 2) ? 0 : 4;
    out.bytes = Bytes(std::string(prng_.below(6), 'x'));
    out.done = prng_.chance(1, 4) ? flip() : out.offset + out.bytes.size() == out.meta.total_bytes;
    return out;
  }

  Prng prng_;
  const Core& core_;
};

/// The shell of a core that is lied to: stores everything, applies everything.
class Shell {
 public:
  Shell(std::uint64_t seed, std::uint64_t self)
      : prng_(seed),
        core_(bench_config(self), bench_disk({.learners = {4}}).recover(), Prng(seed + 1)),
        liar_(Prng(seed + 2), core_) {}

  void step() {
    const Status before = core_.status();
    switch (prng_.below(8)) {
      case 0: core_.tick(); break;
      case 1: act_locally(); break;
      default: core_.step(MemberId(prng_.below(7)), liar_.message()); break;
    }
    if (prng_.chance(1, 2)) take();
    if (prng_.chance(1, 2)) core_.on_durable(issued_);
    if (prng_.chance(1, 2)) finish_apply();
    check_all(core_);
    check_step(before, core_.status());
  }

 private:
  void act_locally() {
    switch (prng_.below(6)) {
      case 0: core_.campaign(); break;
      case 1: (void)core_.propose(Bytes("true")); break;
      case 2: (void)core_.begin_read(); break;
      case 3: core_.on_link_closed(MemberId(prng_.below(7))); break;
      case 4: core_.on_unreachable(MemberId(prng_.below(7))); break;
      default: (void)core_.transfer_leadership(MemberId(prng_.below(7))); break;
    }
  }
  void take() {
    Ready ready = core_.take_ready();
    if (ready.write) issued_ = ready.write->id;
    if (!ready.apply.empty()) handed_ = ready.apply.back()->id.index;
    for (const LogRead& read : ready.log_reads) core_.on_log_read(read.peer, read.from, {});
    for (const SnapshotRead& read : ready.snapshot_reads) core_.on_snapshot_read(read.peer, std::nullopt);
    if (ready.snapshot_received) {
      const SnapshotReceived& got = *ready.snapshot_received;
      core_.on_snapshot_stored(got.meta.last, got.offset + got.bytes.size(), got.done, !prng_.chance(1, 5));
    }
  }
  void finish_apply() {
    if (handed_ > core_.status().applied) core_.on_applied(handed_);
  }

  Prng prng_;
  Core core_;
  Liar liar_;
  WriteId issued_;
  Index handed_;
};

}  // namespace

TEST_CASE("messages that make no sense are dropped and break no invariant", "[hostile]") {
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    INFO("seed " << seed);
    Shell shell(seed, seed % 2 == 0 ? 1 : 4);
    for (int i = 0; i < 600; ++i) shell.step();
  }
  SUCCEED();
}

TEST_CASE("a term near the end of numbers is refused", "[hostile]") {
  Bench bench({.term = 3});
  for (const std::uint64_t term : {huge, std::uint64_t{1} << 62, std::uint64_t{1} << 63}) {
    bench.step(2, VoteRequest{Term(term), {}, false, true});
    bench.step(2, VoteRequest{Term(term), {}, true, false});
    bench.step(2, Heartbeat{Term(term), Index(), 1, {}});
    bench.step(2, AppendReply{Term(term), false, Index(), {}});
  }
  bench.settle();
  CHECK(bench.core().term() == Term(3));
  CHECK(bench.outbox().empty());
}

TEST_CASE("an append of entries that do not follow each other is dropped", "[hostile]") {
  Bench bench({.term = 3});
  bench.step(2, AppendRequest{Term(3), {}, {bench_entry(3, 1), bench_entry(3, 3)}, Index(3), {}});
  bench.step(2, AppendRequest{Term(3), {}, {bench_entry(3, 1), bench_entry(2, 2)}, Index(2), {}});
  bench.step(2, AppendRequest{Term(3), {}, {bench_entry(4, 1)}, Index(1), {}});
  bench.step(2, AppendRequest{Term(3), {}, {nullptr}, Index(1), {}});
  bench.settle();
  CHECK(bench.status().last == Index(0));
  CHECK(bench.outbox().empty());
}

TEST_CASE("replies of members we do not know are dropped", "[hostile]") {
  Bench bench;
  bench.become_candidate();
  bench.step(8, VoteReply{bench.core().term(), false, true, Stamp(7)});
  bench.step(9, VoteReply{bench.core().term(), false, true, Stamp(7)});
  bench.step(9, AppendReply{Term(100), false, Index(), {}});
  bench.settle();
  CHECK(bench.status().role == Role::candidate);
  CHECK(bench.core().stamp() == Stamp());
}

TEST_CASE("a second leader in one term is not believed", "[hostile]") {
  Bench bench;
  bench.follow(2, 5);
  bench.step(3, AppendRequest{Term(5), {}, {bench_entry(5, 1)}, Index(), {}});
  bench.settle();
  CHECK(bench.core().leader() == MemberId(2));
  CHECK(bench.status().last == Index(0));
}
