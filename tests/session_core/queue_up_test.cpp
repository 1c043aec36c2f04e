#include <algorithm>

#include "conclave/test/catch.hpp"
#include "fake_server.hpp"

/// A place in a queue and the wait for its turn, asked for together.
using namespace conclave;
using namespace conclave::client;
using namespace conclave::client::test;

namespace {

/// Has a link and a session.
struct Queued : Bench {
  explicit Queued(std::uint64_t features = protocol::features_known) {
    hello(1, 1, features);
    put("warm");
    answer_opened(last("open").id);
    answer_put(last("put warm").id);
    sent.clear();
  }
  QueuedUp queue_up(const std::string& own_key = "q/me", const std::string& put_key = "q/me") {
    const QueuedUp both = core.queue_up(Write{PutOp{put_key, "v"}, {}}, now + seconds(5), {"q/", own_key, 1}, now);
    pump();
    return both;
  }
  [[nodiscard]] std::vector<std::string> whats() const {
    std::vector<std::string> all;
    for (const Sent& one : sent) all.push_back(one.what);
    return all;
  }
  [[nodiscard]] std::string with_place() const { return "turn q/me with " + std::to_string(last("put q/me").id); }
};

}  // namespace

TEST_CASE("a turn goes in front of its place, and nothing more is asked when that is taken") {
  Queued bench;
  const QueuedUp both = bench.queue_up();
  CHECK(bench.whats() == std::vector<std::string>{bench.with_place(), "put q/me"});
  bench.answer_put(bench.last("put").id);
  bench.answer_watch(bench.last("turn").id, 5);
  CHECK(bench.outcome(both.place)->has_value());
  bench.push_turn(both.turn.value());
  CHECK(bench.notices == std::vector<std::string>{"turn"});
  CHECK(bench.sent.size() == 2);
}

TEST_CASE("a member that does not know how is asked for the turn when the place is taken") {
  Queued bench(0);
  const QueuedUp both = bench.queue_up();
  CHECK(bench.whats() == std::vector<std::string>{"put q/me"});
  bench.answer_put(bench.last("put").id);
  CHECK(bench.whats() == std::vector<std::string>{"put q/me", "turn q/me"});
  bench.answer_watch(bench.last("turn").id, 5);
  bench.push_turn(both.turn.value());
  CHECK(bench.notices == std::vector<std::string>{"turn"});
}

TEST_CASE("over a new link the turn goes with its place again, and alone once that is taken") {
  Queued bench;
  const QueuedUp both = bench.queue_up();
  bench.lose_link();
  bench.run(milliseconds(100));
  bench.sent.clear();
  bench.hello(2);
  const std::vector<std::string> asked = bench.whats();
  CHECK(std::count(asked.begin(), asked.end(), bench.with_place()) == 1);
  bench.answer_put(bench.last("put").id);
  bench.answer_watch(bench.last("turn").id, 5);
  bench.lose_link();
  bench.run(milliseconds(100));
  bench.sent.clear();
  bench.hello(3);
  CHECK(bench.last("turn").what == "turn q/me");
  CHECK(bench.count("put") == 0);
  bench.push_turn(both.turn.value());
  CHECK(bench.notices == std::vector<std::string>{"turn"});
}

TEST_CASE("over a new link to a member that does not know how the turn waits for its place") {
  Queued bench;
  bench.queue_up();
  bench.lose_link();
  bench.run(milliseconds(100));
  bench.sent.clear();
  bench.hello(2, 2, 0);
  CHECK(bench.count("turn") == 0);
  bench.answer_put(bench.last("put").id);
  CHECK(bench.last("turn").what == "turn q/me");
}

TEST_CASE("a place that is refused for now is tried again with its turn") {
  Queued bench;
  const QueuedUp both = bench.queue_up();
  const std::uint64_t turn = bench.last("turn").id;
  bench.answer_refused(bench.last("put").id, Errc::dropped);
  bench.answer_refused(turn, Errc::dropped);
  bench.sent.clear();
  bench.run(seconds(1));
  CHECK(bench.count("turn") == 1);
  CHECK(bench.last("turn").what == bench.with_place());
  CHECK(bench.notices.empty());
  bench.answer_put(bench.last("put").id);
  bench.answer_watch(bench.last("turn").id, 5);
  bench.push_turn(both.turn.value());
  CHECK(bench.notices == std::vector<std::string>{"turn"});
}

TEST_CASE("a place that the connection refuses for now takes its turn back before both are tried again") {
  Queued bench;
  const QueuedUp both = bench.queue_up();
  bench.answer_refused(bench.last("put").id, Errc::overloaded);  // nobody looked at the turn
  bench.sent.clear();
  bench.run(milliseconds(500));
  CHECK(bench.whats() == std::vector<std::string>{"cancel", bench.with_place(), "put q/me"});
  bench.answer_put(bench.last("put").id);
  bench.answer_watch(bench.last("turn").id, 5);
  bench.push_turn(both.turn.value());
  CHECK(bench.notices == std::vector<std::string>{"turn"});
}

TEST_CASE("a turn that a member did not take although the place is taken is asked for again") {
  Queued bench;
  bench.queue_up();
  bench.answer_refused(bench.last("turn").id, Errc::overloaded);
  bench.answer_put(bench.last("put").id);
  CHECK(bench.last("turn").what == "turn q/me");
  CHECK(bench.notices.empty());
}

TEST_CASE("what a member says of a turn before its place is taken counts for nothing") {
  Queued bench;
  const QueuedUp both = bench.queue_up();
  bench.push_turn(both.turn.value());
  CHECK(bench.notices.empty());
  bench.answer_watch(bench.last("turn").id, 5);
  bench.answer_put(bench.last("put").id);
  CHECK(bench.last("turn").what == "turn q/me");
}

TEST_CASE("with a place that fails its turn ends, and is taken back") {
  Queued bench;
  const QueuedUp both = bench.queue_up();
  bench.answer_refused(bench.last("put").id, Errc::lease_not_found);
  CHECK_FALSE(bench.outcome(both.place)->has_value());
  CHECK(bench.notices == std::vector<std::string>{"ended cancelled"});
  CHECK(bench.count("cancel") == 1);
  bench.answer_refused(bench.last("turn").id, Errc::lease_not_found);  // no later word of it matters
  bench.push_turn(both.turn.value());
  CHECK(bench.notices.size() == 1);
}

TEST_CASE("a place that was never sent ends its turn without a word to anybody") {
  Bench bench;  // no link
  const QueuedUp both = bench.core.queue_up(Write{PutOp{"q/me", "v"}, {}}, bench.now + seconds(1), {"q/", "q/me", 1}, bench.now);
  bench.run(seconds(2));
  CHECK(bench.outcome(both.place)->error().code == Errc::not_sent);
  CHECK(bench.notices == std::vector<std::string>{"ended cancelled"});
  bench.core.close(bench.now);
  const QueuedUp late = bench.core.queue_up(Write{PutOp{"q/me", "v"}, {}}, bench.now + seconds(1), {"q/", "q/me", 1}, bench.now);
  bench.pump();
  CHECK(bench.outcome(late.place)->error().code == Errc::shutting_down);
  CHECK(bench.notices.size() == 2);
}

TEST_CASE("a turn that is given up while its place is on its way is taken back") {
  Queued bench;
  const QueuedUp both = bench.queue_up();
  bench.core.unwatch(both.turn);
  bench.pump();
  CHECK(bench.count("cancel") == 1);
  bench.answer_put(bench.last("put").id);
  CHECK(bench.count("turn") == 1);
  CHECK(bench.outcome(both.place)->has_value());
}

TEST_CASE("the turn of a sequence is that of the key which the servers completed, also over a new link") {
  Queued bench;
  bench.queue_up("", "q/");
  CHECK(bench.last("turn").what == "turn  with " + std::to_string(bench.last("put q/").id));
  bench.answer_put(bench.last("put").id, 5, "q/0007");
  bench.answer_watch(bench.last("turn").id, 5);
  bench.lose_link();
  bench.run(milliseconds(100));
  bench.hello(2);
  CHECK(bench.last("turn").what == "turn q/0007");
}

TEST_CASE("without a key the turn of a place ends") {
  Queued bench;
  bench.queue_up("", "q/me");
  bench.answer_put(bench.last("put").id);
  CHECK(bench.notices == std::vector<std::string>{"ended cancelled"});
}
