#include "conclave/test/catch.hpp"
#include "fake_server.hpp"

using namespace conclave;
using namespace conclave::client;
using namespace conclave::client::test;

namespace {

/// A bench with a link and an open session 900.
void open(Bench& bench) {
  bench.hello();
  bench.put("warm-up");
  bench.answer_opened(bench.last("open").id);
  bench.answer_put(bench.last("put warm-up").id);
}

}  // namespace

TEST_CASE("the first write opens a session and then carries its first sequence") {
  Bench bench;
  bench.hello();
  CHECK(bench.count("open") == 0);
  const OperationId put = bench.put("a");
  CHECK(bench.count("put") == 0);
  CHECK(bench.last("open").nonce != 0);
  bench.answer_opened(bench.last("open").id, 900);
  CHECK(bench.last("put a").session == 900);
  CHECK(bench.last("put a").sequence == 1);
  bench.answer_put(bench.last("put a").id, 42);
  REQUIRE(bench.outcome(put) != nullptr);
  CHECK((*bench.outcome(put))->header.revision == Revision(42));
  CHECK((*bench.outcome(put))->header.cluster == ClusterId(77));
}

TEST_CASE("a write whose link is lost is sent again with the same sequence over the next link") {
  Bench bench;
  open(bench);
  const OperationId put = bench.put("a");
  const Sent first = bench.last("put a");
  bench.lose_link();
  CHECK(bench.outcome(put) == nullptr);
  bench.run(milliseconds(100));
  bench.hello(2);
  CHECK(bench.count("put a") == 2);
  CHECK(bench.last("put a").sequence == first.sequence);
  CHECK(bench.last("put a").session == first.session);
  bench.answer_put(bench.last("put a").id);
  CHECK(bench.outcome(put)->has_value());
}

TEST_CASE("a session whose opening was cut off is opened again with the same nonce") {
  Bench bench;
  bench.hello();
  bench.put("a");
  const std::uint64_t nonce = bench.last("open").nonce;
  bench.lose_link();
  bench.run(milliseconds(100));
  bench.hello(2);
  CHECK(bench.count("open") == 2);
  CHECK(bench.last("open").nonce == nonce);
}

TEST_CASE("what was asked between two passes leaves together, in the order in which it was asked") {
  Bench bench;
  open(bench);
  const std::size_t before = bench.sent.size();
  for (const char* key : {"c", "a", "b"})
    static_cast<void>(bench.core.submit(Write{PutOp{key, "v"}, {}}, bench.now + seconds(5), bench.now));
  CHECK(bench.core.next_deadline() == bench.now);  // something is to do at once
  bench.pump();
  REQUIRE(bench.sent.size() == before + 3);
  CHECK(bench.sent[before].what == "put c");
  CHECK(bench.sent[before + 1].what == "put a");
  CHECK(bench.sent[before + 2].what == "put b");
  CHECK(bench.sent[before + 2].sequence == bench.sent[before].sequence + 2);
}

TEST_CASE("what was asked just before the end is sent, and its outcome is unknown") {
  Bench bench;
  open(bench);
  const OperationId put = bench.core.submit(Write{PutOp{"last", "v"}, {}}, bench.now + seconds(5), bench.now);
  bench.core.close(bench.now);
  bench.pump();
  CHECK(bench.count("put last") == 1);
  REQUIRE(bench.outcome(put) != nullptr);
  CHECK(bench.outcome(put)->error().code == Errc::unknown_outcome);
}

TEST_CASE("what was never sent by its deadline is definite, what was sent is unknown") {
  Bench bench;
  const OperationId unsent = bench.put("a", milliseconds(500));
  bench.run(milliseconds(600));
  REQUIRE(bench.outcome(unsent) != nullptr);
  CHECK(bench.outcome(unsent)->error().code == Errc::not_sent);
  CHECK(bench.outcome(unsent)->error().certainty() == Certainty::definite);

  open(bench);
  const OperationId sent = bench.put("b", milliseconds(500));
  bench.run(milliseconds(600));
  REQUIRE(bench.outcome(sent) != nullptr);
  CHECK(bench.outcome(sent)->error().code == Errc::timeout);
  CHECK(bench.outcome(sent)->error().certainty() == Certainty::unknown);
}

TEST_CASE("without a session a write whose link is lost is unknown and not sent again") {
  SessionOptions options = Bench::defaults();
  options.use_session = false;
  Bench bench(options);
  bench.hello();
  const OperationId put = bench.put("a");
  CHECK(bench.last("put a").sequence == 0);
  bench.lose_link();
  REQUIRE(bench.outcome(put) != nullptr);
  CHECK(bench.outcome(put)->error().code == Errc::connection_lost);
  bench.run(milliseconds(200));
  bench.hello(2);
  CHECK(bench.count("put a") == 1);
}

TEST_CASE("a refusal that changed nothing is tried again, elsewhere if the member has no leader") {
  Bench bench;
  open(bench);
  const OperationId put = bench.put("a");
  bench.answer_refused(bench.last("put a").id, Errc::no_leader);
  CHECK(bench.outcome(put) == nullptr);
  bench.run(milliseconds(200));
  CHECK(bench.connects.size() == 2);
  bench.hello(2);
  bench.run(milliseconds(200));
  CHECK(bench.count("put a") == 2);
}

TEST_CASE("a definite refusal is the outcome") {
  Bench bench;
  open(bench);
  const OperationId put = bench.put("a");
  bench.answer_refused(bench.last("put a").id, Errc::fenced);
  REQUIRE(bench.outcome(put) != nullptr);
  CHECK(bench.outcome(put)->error().code == Errc::fenced);
}

TEST_CASE("an expired session is definite for what was sent once, unknown for what was sent before") {
  Bench bench;
  open(bench);
  const OperationId twice = bench.put("twice");
  bench.lose_link();
  bench.run(milliseconds(100));
  bench.hello(2);
  bench.answer_refused(bench.last("put twice").id, Errc::session_expired);
  REQUIRE(bench.outcome(twice) != nullptr);
  CHECK(bench.outcome(twice)->error().code == Errc::unknown_outcome);

  const OperationId once = bench.put("once");
  CHECK(bench.outcome(once) == nullptr);
  bench.answer_opened(bench.last("open").id, 901);
  CHECK(bench.last("put once").session == 901);
  CHECK(bench.last("put once").sequence == 1);
}

TEST_CASE("first outstanding tells what was answered") {
  Bench bench;
  open(bench);
  const OperationId a = bench.put("a");
  bench.put("b");
  CHECK(bench.last("put b").first_outstanding == bench.last("put a").sequence);
  bench.answer_put(bench.last("put a").id);
  CHECK(bench.outcome(a) != nullptr);
  bench.put("c");
  CHECK(bench.last("put c").first_outstanding == bench.last("put b").sequence);
}

TEST_CASE("a silent link is pinged and then replaced") {
  Bench bench;
  bench.hello();
  bench.run(milliseconds(1200));
  CHECK(bench.count("ping") >= 1);
  bench.run(seconds(3));
  CHECK_FALSE(bench.disconnects.empty());
  CHECK(bench.connects.size() >= 2);
}

TEST_CASE("a client that reached a follower moves to the leader's address") {
  Bench bench;
  bench.hello(1, 2);
  bench.answer_members(bench.last("members").id, {{1, "a:1"}, {2, "leader:9"}});
  bench.run(milliseconds(50));
  REQUIRE(bench.connects.size() == 2);
  CHECK(bench.connects.back() == "leader:9");
  bench.hello(2, 2);
  CHECK(bench.disconnects.size() == 1);
  CHECK(bench.core.connected());
}

TEST_CASE("a link of another cluster is refused") {
  Bench bench;
  bench.hello();
  bench.lose_link();
  bench.run(milliseconds(100));
  bench.core.on_connected(bench.link, bench.now);
  bench.pump();
  SessionOptions other = Bench::defaults();
  other.cluster = ClusterId(5);
  Bench strict(other);
  strict.hello();
  CHECK_FALSE(strict.core.connected());
  CHECK(strict.core.last_link_error().find("cluster 77") != std::string::npos);
}

TEST_CASE("closing fails what waits and closes the session") {
  Bench bench;
  open(bench);
  const OperationId put = bench.put("a");
  bench.core.close(bench.now);
  bench.pump();
  CHECK(bench.count("close") == 1);
  REQUIRE(bench.outcome(put) != nullptr);
  CHECK(bench.outcome(put)->error().certainty() == Certainty::unknown);
}
