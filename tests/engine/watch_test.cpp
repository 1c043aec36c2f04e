#include "bench.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::engine;
using namespace conclave::engine::test;

namespace {

WatchCreate prefix_watch(std::uint64_t id, const std::string& prefix, Revision from = {}) {
  WatchCreate create;
  create.id = WatchId(id);
  create.spec.kind = mvcc::KeySelector::Kind::prefix;
  create.spec.begin = prefix;
  create.from = from;
  return create;
}

}  // namespace

TEST_CASE("events reach a live watch once, encoded once for its group") {
  Bench bench(1);
  bench.elect();
  bench.ask(0, prefix_watch(1, "a"));
  bench.ask(0, prefix_watch(2, "a"));
  bench.write(0, "put a1 x");
  bench.write(0, "put b1 x");
  bench.settle();
  CHECK(bench[0].clients.pushed == std::vector<std::string>{"1,2@1 +a1"});
  CHECK(bench[0].engine->counters().event_encodings == 1);
}

TEST_CASE("a watch from an old revision gets what was before and what comes after, in order") {
  Bench bench(1);
  bench.elect();
  for (int i = 1; i <= 3; ++i) {
    bench.write(0, "put a" + std::to_string(i) + " x");
    bench.settle();
  }
  bench.ask(0, prefix_watch(1, "a", Revision(2)));
  bench.write(0, "put a4 x");
  bench.settle();
  CHECK(bench[0].clients.pushed == std::vector<std::string>{"1@2 +a2", "1@3 +a3", "1@4 +a4"});
}

TEST_CASE("a connection that does not read loses nothing and holds up nobody") {
  Bench bench(1, [](Config& config) { config.watch_queue_bytes_max = 200; });
  bench.elect();
  bench.ask(0, prefix_watch(1, "a"));
  for (int i = 1; i <= 30; ++i) {
    bench.write(0, "put a x");
    bench.settle();
  }
  CHECK(bench[0].engine->machine().revision() == Revision(30));
  const std::size_t sent = bench[0].clients.pushed.size();
  CHECK(sent < 10);
  for (int i = 0; i < 30; ++i) {
    bench[0].engine->deliver(ClientWritten{Bench::connection, 200});
    bench.settle();
  }
  REQUIRE(bench[0].clients.pushed.size() == 30);
  for (int i = 0; i < 30; ++i) CHECK(bench[0].clients.pushed[static_cast<std::size_t>(i)] == "1@" + std::to_string(i + 1) + " +a");
}

TEST_CASE("a watch below the compacted revision is told so with the oldest there is") {
  Bench bench(1);
  bench.elect();
  for (int i = 1; i <= 5; ++i) bench.write(0, "put a x");
  bench.settle();
  bench.write(0, "compact 4");
  bench.settle();
  const RequestId watch = bench.ask(0, prefix_watch(1, "a", Revision(2)));
  bench.settle();
  CHECK(bench.refusal(0, watch) == Errc::compacted);
  CHECK(std::get<mvcc::Refused>(*bench.reply(0, watch)).compacted == Revision(4));
}

TEST_CASE("what fell out of the window in memory comes from history on disk") {
  Bench bench(1, [](Config& config) { config.machine.history_window_bytes = 400; });
  bench.elect();
  for (int i = 1; i <= 40; ++i) {
    bench.write(0, "put a x");
    bench.settle();
  }
  const Revision window = bench[0].engine->machine().window_start();
  REQUIRE(window > Revision(2));
  bench.ask(0, prefix_watch(1, "a", Revision(1)));
  bench.settle();
  REQUIRE(bench[0].state.history_reads.size() == 1);
  CHECK(bench[0].state.history_reads[0].from == Revision(1));
  CHECK(bench[0].state.history_reads[0].to == window.prev());
  HistoryRead read{bench[0].state.history_reads[0].token, Revision(1), {}, false};
  for (Revision revision(1); revision < window; revision = revision.next()) {
    const auto kv = mvcc::make_key_value("a", "x", mvcc::KeyValue::Versions{Revision(1), revision, revision.value(), {}});
    read.batches.push_back(std::make_shared<const mvcc::EventBatch>(
        mvcc::EventBatch{revision, {{mvcc::EventKind::put, mvcc::EventCause::request, kv, nullptr}}}));
  }
  bench[0].engine->deliver(std::move(read));
  bench.settle();
  CHECK(bench[0].clients.pushed.size() == 40);
}

TEST_CASE("a cancelled watch gets nothing more") {
  Bench bench(1);
  bench.elect();
  bench.ask(0, prefix_watch(1, "a"));
  bench.ask(0, WatchCancel{WatchId(1)});
  bench.write(0, "put a x");
  bench.settle();
  CHECK(bench[0].clients.pushed.empty());
  CHECK(bench[0].engine->status().watch_count == 0);
}

TEST_CASE("a turn watch fires once, when its key is the oldest") {
  Bench bench(1);
  bench.elect();
  bench.write(0, "put q/1 x");
  bench.write(0, "put q/2 x");
  bench.settle();
  bench.ask(0, TurnWatch{WatchId(5), {"q/", "q/2", 1}});
  bench.write(0, "put q/3 x");
  bench.settle();
  CHECK(bench[0].clients.turns.empty());
  bench.write(0, "del q/1");
  bench.settle();
  REQUIRE(bench[0].clients.turns.size() == 1);
  CHECK(bench[0].clients.turns[0].first == WatchId(5));
  CHECK_FALSE(bench[0].clients.turns[0].second.gone);
}

TEST_CASE("who queues up behind others that wait needs no round of a quorum; who might have its turn does") {
  Bench bench(3);
  const std::size_t leader = bench.elect();
  for (const std::string key : {"q/1", "q/2", "q/3"}) bench.write(leader, "put " + key + " x");
  bench.settle();
  bench.ask(leader, TurnWatch{WatchId(2), {"q/", "q/2", 1}});
  bench.run(milliseconds(100));
  const std::uint64_t rounds = bench[leader].engine->counters().read_rounds;
  const RequestId queued = bench.ask(leader, TurnWatch{WatchId(3), {"q/", "q/3", 1}});
  bench.settle();
  CHECK(std::holds_alternative<WatchCreated>(*bench.reply(leader, queued)));
  CHECK(bench[leader].engine->counters().read_rounds == rounds);
  bench[leader].cut_off = true;
  bench.ask(leader, TurnWatch{WatchId(4), {"q/", "q/1", 1}});
  bench.settle();
  CHECK(bench[leader].clients.turns.empty());
}

TEST_CASE("bookmarks tell how far a quiet watch is") {
  Bench bench(1);
  bench.elect();
  bench.ask(0, prefix_watch(1, "zzz"));
  bench.write(0, "put a x");
  bench.run(seconds(11));
  REQUIRE_FALSE(bench[0].clients.bookmarks.empty());
  CHECK(bench[0].clients.bookmarks.back() == Revision(1));
}

TEST_CASE("a member without a leader says so after an election timeout, and when there is one again") {
  Bench bench(3);
  const std::size_t follower = (bench.elect() + 1) % 3;
  bench.run(milliseconds(300));
  bench[follower].clients.leader_news.clear();  // there was none at the very start
  bench[follower].cut_off = true;
  bench.run(seconds(5));
  CHECK(bench[follower].clients.leader_news == std::vector<bool>{false});
  bench[follower].cut_off = false;
  bench.run(seconds(3));
  CHECK(bench[follower].clients.leader_news == std::vector<bool>{false, true});
}

TEST_CASE("progress is told when nothing before it is still to come") {
  Bench bench(1, [](Config& config) { config.watch_queue_bytes_max = 200; });
  bench.elect();
  bench.ask(0, prefix_watch(1, "a"));
  const RequestId at_rest = bench.ask(0, WatchProgressRequest{});
  CHECK(bench[0].clients.replies.contains({Bench::connection, at_rest}));
  for (int i = 1; i <= 30; ++i) {
    bench.write(0, "put a x");
    bench.settle();
  }
  const RequestId behind = bench.ask(0, WatchProgressRequest{});
  CHECK_FALSE(bench[0].clients.replies.contains({Bench::connection, behind}));
  for (int i = 0; i < 30; ++i) {
    bench[0].engine->deliver(ClientWritten{Bench::connection, 200});
    bench.settle();
  }
  CHECK(bench[0].clients.pushed.size() == 30);
  CHECK(bench[0].clients.replies.contains({Bench::connection, behind}));
}
