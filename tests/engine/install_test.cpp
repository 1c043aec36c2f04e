/// A snapshot that takes the place of the state while watches read what they missed.
#include "bench.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::engine;
using namespace conclave::engine::test;

namespace {

mvcc::MachineConfig little_window() {
  mvcc::MachineConfig config;
  config.history_window_bytes = 400;
  return config;
}

std::unique_ptr<mvcc::Machine> machine_after(const std::vector<std::string>& writes) {
  WordCodec codec;
  Arena arena;
  auto machine = std::make_unique<mvcc::Machine>(little_window());
  for (Index index(1); const std::string& words : writes) {
    const PendingCommand command{MemberId(1), Incarnation(1), 0, {}, 0, Bytes(words)};
    const Bytes payload = codec.encode(machine->meta().machine_version, machine->stamp(), std::span(&command, 1));
    const auto batch = codec.decode(payload, arena);
    REQUIRE(batch.has_value());
    (void)machine->apply(index, Term(1), *batch);
    index = index.next();
  }
  return machine;
}

/// A follower with a watch that waits for history from revision 5 on, and is then alone with its store.
class Behind {
 public:
  Behind() {
    const std::size_t leader = bench_.elect();
    const std::size_t node = (leader + 1) % 3;
    leader_ = MemberId(leader + 1);
    for (int i = 1; i <= 40; ++i) bench_.write(leader, "put a x");
    bench_.run(milliseconds(200));
    WatchCreate create;
    create.id = WatchId(1);
    create.spec.kind = mvcc::KeySelector::Kind::prefix;
    create.spec.begin = "a";
    create.from = Revision(5);
    bench_.ask(node, create);
    bench_.settle();
    self_ = &bench_[node];
    self_->cut_off = true;
    REQUIRE(self_->state.history_reads.size() == 1);
  }

  /// Up to the point where the log begins with the snapshot, and its machine is being loaded.
  raft::SnapshotMeta begin_install(Index last) {
    const auto& core = self_->engine->core();
    const raft::SnapshotMeta meta{{core.term(), last}, core.membership(), 1};
    deliver(PeerSaid{leader_, raft::SnapshotChunk{core.term(), meta, 0, Bytes("x"), true}});
    deliver(SnapshotStored{meta.last, 1, true, true});
    return meta;
  }
  void deliver(Event event) {
    self_->engine->deliver(std::move(event));
    self_->engine->run_once(bench_.now);
    bench_.settle();
  }
  void answer_history(bool compacted) { deliver(HistoryRead{asked().front().token, Revision(5), {}, compacted}); }
  [[nodiscard]] const std::vector<FakeState::HistoryAsk>& asked() const { return self_->state.history_reads; }
  [[nodiscard]] const std::vector<std::pair<WatchId, WatchEnded>>& ended() const { return self_->clients.ended; }

 private:
  Bench bench_{3, [](Config& config) { config.machine = little_window(); }};
  MemberId leader_;
  Bench::Node* self_ = nullptr;
};

}  // namespace

TEST_CASE("a watch outlives the moment in which the store has a snapshot and the engine not yet") {
  Behind behind;
  std::vector<std::string> writes(100, "put a x");
  writes.emplace_back("compact 50");
  auto machine = machine_after(writes);
  const Revision compacted = machine->compacted();
  REQUIRE(compacted > Revision(5));
  const auto meta = behind.begin_install(machine->applied());
  behind.answer_history(true);
  CHECK(behind.ended().empty());
  CHECK(behind.asked().size() == 1);
  behind.deliver(MachineLoaded{meta, std::move(machine)});
  REQUIRE(behind.ended().size() == 1);
  CHECK(behind.ended().front().second.oldest == compacted);
}

TEST_CASE("what the store said of the state before a snapshot moves no watch over events of the snapshot") {
  Behind behind;
  auto machine = machine_after(std::vector<std::string>(100, "put a x"));
  const auto meta = behind.begin_install(machine->applied());
  behind.deliver(MachineLoaded{meta, std::move(machine)});
  behind.answer_history(false);
  REQUIRE(behind.asked().size() == 2);
  CHECK(behind.asked().back().from == Revision(5));
  CHECK(behind.ended().empty());
}
