#include "bench.hpp"
#include "conclave/test/catch.hpp"

/// Turn watches that come with the write that makes their key (TurnWatch::with).
using namespace conclave;
using namespace conclave::engine;
using namespace conclave::engine::test;

namespace {

struct Asked {
  RequestId turn;
  RequestId place;
};

/// The bench numbers requests one after the other.
Asked queue_up(Bench& bench, std::size_t node, WatchId id, const std::string& own_key, const std::string& words) {
  TurnWatch watch{id, {"q/", own_key, 1}, {}};
  const RequestId last = bench.ask(node, StatusRequest{});
  watch.with = RequestId(last.value() + 2);
  const RequestId turn = bench.ask(node, std::move(watch));
  return {turn, bench.write(node, words)};
}

}  // namespace

TEST_CASE("a turn that comes with its place begins when that is taken") {
  Bench bench(1);
  bench.elect();
  bench.write(0, "put q/1 x");
  bench.settle();
  const Asked asked = queue_up(bench, 0, WatchId(5), "q/2", "put q/2 x");
  CHECK(bench.reply(0, asked.turn) == nullptr);
  CHECK(bench[0].engine->status().watch_count == 1);
  bench.settle();
  CHECK(bench.response(0, asked.place) != nullptr);
  CHECK(std::holds_alternative<WatchCreated>(*bench.reply(0, asked.turn)));
  CHECK(bench[0].clients.turns.empty());
  bench.write(0, "del q/1");
  bench.settle();
  REQUIRE(bench[0].clients.turns.size() == 1);
  CHECK(bench[0].clients.turns[0].first == WatchId(5));
  CHECK_FALSE(bench[0].clients.turns[0].second.gone);
  CHECK(bench[0].engine->status().watch_count == 0);
}

TEST_CASE("a turn that comes with the first place is told right after it") {
  Bench bench(1);
  bench.elect();
  queue_up(bench, 0, WatchId(5), "q/1", "put q/1 x");
  bench[0].clients.said.clear();
  bench.settle();
  const auto& said = bench[0].clients.said;
  REQUIRE(said.size() >= 3);
  CHECK(std::vector<std::string>(said.begin(), said.begin() + 3) == std::vector<std::string>{"answer", "answer", "turn"});
}

TEST_CASE("a turn that comes with a place of a sequence is that of the key which it completes") {
  Bench bench(1);
  bench.elect();
  queue_up(bench, 0, WatchId(5), "", "sequence q/ x");
  bench.settle();
  REQUIRE(bench[0].clients.turns.size() == 1);
  CHECK_FALSE(bench[0].clients.turns[0].second.gone);
  const Asked none = queue_up(bench, 0, WatchId(6), "", "put q/named x");
  bench.settle();
  CHECK(bench.response(0, none.place) != nullptr);
  CHECK(bench.refusal(0, none.turn) == Errc::invalid_argument);
}

TEST_CASE("a turn that comes with a place which is refused is refused as well") {
  Bench bench(1);
  bench.elect();
  const Asked asked = queue_up(bench, 0, WatchId(5), "q/1", "put q/1 x 77");  // there is no such lease
  bench.settle();
  CHECK(bench.refusal(0, asked.place) == Errc::lease_not_found);
  CHECK(bench.refusal(0, asked.turn) == Errc::lease_not_found);
  CHECK(bench[0].clients.turns.empty());
  CHECK(bench[0].engine->status().watch_count == 0);
}

TEST_CASE("a turn that comes with a place begins at a follower when that has it") {
  Bench bench(3);
  const std::size_t follower = (bench.elect() + 1) % 3;
  bench.write(follower, "put q/1 x");
  bench.settle();
  const Asked asked = queue_up(bench, follower, WatchId(5), "q/2", "put q/2 x");
  bench.settle();
  CHECK(std::holds_alternative<WatchCreated>(*bench.reply(follower, asked.turn)));
  bench.write(follower, "del q/1");
  bench.settle();
  REQUIRE(bench[follower].clients.turns.size() == 1);
  CHECK_FALSE(bench[follower].clients.turns[0].second.gone);
}

TEST_CASE("a place that finds no leader refuses its turn with it") {
  Bench bench(3);
  const std::size_t follower = (bench.elect() + 1) % 3;
  bench[follower].cut_off = true;
  bench.run(seconds(3));
  const Asked asked = queue_up(bench, follower, WatchId(5), "q/1", "put q/1 x");
  bench.run(seconds(10));
  REQUIRE(bench.refusal(follower, asked.place));
  CHECK(bench.refusal(follower, asked.turn) == bench.refusal(follower, asked.place));
}

TEST_CASE("a turn that waits for its place can be cancelled, and goes with its connection") {
  Bench bench(3);
  const std::size_t follower = (bench.elect() + 1) % 3;
  bench[follower].cut_off = true;
  const Asked asked = queue_up(bench, follower, WatchId(5), "q/1", "put q/1 x");
  bench.ask(follower, WatchCancel{WatchId(5)});
  CHECK(bench.refusal(follower, asked.turn) == Errc::cancelled);
  CHECK(bench[follower].engine->status().watch_count == 0);
  queue_up(bench, follower, WatchId(6), "q/2", "put q/2 x");
  CHECK(bench[follower].engine->status().watch_count == 1);
  bench[follower].engine->deliver(ClientClosed{Bench::connection});
  bench.settle();
  CHECK(bench[follower].engine->status().watch_count == 0);
}

TEST_CASE("a write brings one turn, and a number of a watch is used once") {
  Bench bench(1);
  bench.elect();
  const RequestId last = bench.ask(0, StatusRequest{});
  const RequestId place(last.value() + 4);
  const RequestId first = bench.ask(0, TurnWatch{WatchId(5), {"q/", "q/1", 1}, place});
  const RequestId same_number = bench.ask(0, TurnWatch{WatchId(5), {"q/", "q/1", 1}, place});
  const RequestId same_write = bench.ask(0, TurnWatch{WatchId(6), {"q/", "q/1", 1}, place});
  REQUIRE(bench.write(0, "put q/1 x") == place);
  bench.settle();
  CHECK(std::holds_alternative<WatchCreated>(*bench.reply(0, first)));
  CHECK(bench.refusal(0, same_number) == Errc::already_exists);
  CHECK(bench.refusal(0, same_write) == Errc::invalid_argument);
}

TEST_CASE("no turn begins with a renewal") {
  Bench bench(1);
  bench.elect();
  const RequestId last = bench.ask(0, StatusRequest{});
  const RequestId turn = bench.ask(0, TurnWatch{WatchId(5), {"q/", "q/1", 1}, RequestId(last.value() + 2)});
  bench.renew(0, LeaseId(7));
  CHECK(bench.refusal(0, turn) == Errc::invalid_argument);
}
