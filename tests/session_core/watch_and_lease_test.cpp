#include "conclave/test/catch.hpp"
#include "fake_server.hpp"

using namespace conclave;
using namespace conclave::client;
using namespace conclave::client::test;

TEST_CASE("a watch goes on over a new link from the first revision it has not delivered") {
  Bench bench;
  bench.hello();
  const LocalWatchId watch = bench.core.watch({Keys::all()}, bench.now);
  bench.pump();
  CHECK(bench.last("watch").what == "watch from 0");
  bench.answer_watch(bench.last("watch").id, 5);
  bench.push_events(watch.value(), 5, "a");
  bench.push_events(watch.value(), 6, "b");
  bench.lose_link();
  bench.run(milliseconds(100));
  bench.hello(2);
  CHECK(bench.last("watch").what == "watch from 7");
  bench.answer_watch(bench.last("watch").id, 7);
  bench.push_events(watch.value(), 6, "b");  // a repeat is not delivered
  bench.push_events(watch.value(), 7, "c");
  CHECK(bench.notices == std::vector<std::string>{"progress 4", "events 5 a", "events 6 b", "events 7 c"});
}

TEST_CASE("a watch that has seen nothing still misses nothing over a new link") {
  Bench bench;
  bench.hello();
  bench.core.watch({Keys::all()}, bench.now);
  bench.pump();
  bench.answer_watch(bench.last("watch").id, 5);
  bench.lose_link();
  bench.run(milliseconds(100));
  bench.hello(2);
  CHECK(bench.last("watch").what == "watch from 5");
}

TEST_CASE("a revision that spans frames is delivered whole, also when the link is lost in between") {
  Bench bench;
  bench.hello();
  const LocalWatchId watch = bench.core.watch({Keys::all(), Revision(5)}, bench.now);
  bench.pump();
  bench.answer_watch(bench.last("watch").id, 5);
  bench.push_events(watch.value(), 5, "a", true);
  CHECK(bench.notices.empty());
  bench.lose_link();
  bench.run(milliseconds(100));
  bench.hello(2);
  CHECK(bench.last("watch").what == "watch from 5");
  bench.answer_watch(bench.last("watch").id, 5);
  bench.push_events(watch.value(), 5, "a", true);
  bench.push_events(watch.value(), 5, "b");
  CHECK(bench.notices == std::vector<std::string>{"events 5 a b"});
}

TEST_CASE("one frame tells all its watches, each only of what it has not seen") {
  Bench bench;
  bench.hello();
  std::vector<std::uint64_t> all;
  for (const std::uint64_t start : std::vector<std::uint64_t>{5, 5, 7}) {
    all.push_back(bench.core.watch({Keys::all(), Revision(start)}, bench.now).value());
    bench.pump();
    bench.answer_watch(bench.last("watch").id, start);
  }
  bench.push_events(all[1], 5, "a", true);           // the second has a part of revision 5
  bench.push_events({all[1], all[0]}, 5, "b");       // in any order
  bench.push_events({all[0], 999, all[2]}, 6, "c");  // the third begins at 7, and nobody is 999
  bench.core.unwatch(LocalWatchId(all[1]));
  bench.push_events(all, 7, "d");
  CHECK(bench.notices == std::vector<std::string>{"events 5 a b", "events 5 b", "events 6 c", "events 7 d", "events 7 d"});
}

TEST_CASE("a compacted watch is told so and ends") {
  Bench bench;
  bench.hello();
  bench.core.watch({Keys::all(), Revision(2)}, bench.now);
  bench.pump();
  bench.answer_refused(bench.last("watch").id, Errc::compacted);
  CHECK(bench.notices == std::vector<std::string>{"ended compacted"});
}

TEST_CASE("a lease is renewed every fifth of its TTL") {
  Bench bench;
  bench.hello();
  bench.core.keep_alive(LeaseId(7), milliseconds(10'000), bench.now);
  bench.run(milliseconds(1900));
  CHECK(bench.count("renew") == 0);
  bench.run(milliseconds(200));
  CHECK(bench.count("renew") == 1);
}

TEST_CASE("a lease is in jeopardy at half its TTL and lost before the server can give it up") {
  SessionOptions options = Bench::defaults();
  options.silence_max = seconds(100);
  Bench bench(options);
  bench.hello();
  const Instant granted = bench.now;
  bench.core.keep_alive(LeaseId(7), milliseconds(10'000), granted);
  bench.run(milliseconds(5'100));
  REQUIRE(bench.leases.size() == 1);
  CHECK(bench.leases[0].health == LeaseHealth::jeopardy);
  // TTL x (1 - 2 rho) - 50 ms = 9,930 ms after the last acknowledged renewal was sent.
  CHECK(*bench.core.lease_deadline(LeaseId(7)) == granted + milliseconds(9'930));
  bench.run(milliseconds(4'900));
  REQUIRE(bench.leases.size() == 2);
  CHECK(bench.leases[1].health == LeaseHealth::lost);
  CHECK(bench.now <= granted + milliseconds(10'010));
}

TEST_CASE("an acknowledged renewal counts from when it was sent, not from when the answer came") {
  SessionOptions options = Bench::defaults();
  options.silence_max = seconds(100);
  Bench bench(options);
  bench.hello();
  const Instant granted = bench.now;
  bench.core.keep_alive(LeaseId(7), milliseconds(10'000), granted);
  bench.run(milliseconds(2'000));
  const Instant sent = bench.now;
  const Sent renewal = bench.last("renew");
  bench.run(milliseconds(1'500));
  bench.answer_renewed(renewal.id, 7, 10'000);
  CHECK(*bench.core.lease_deadline(LeaseId(7)) == sent + milliseconds(9'930));
}

TEST_CASE("a lease that the server does not know is lost at once") {
  Bench bench;
  bench.hello();
  bench.core.keep_alive(LeaseId(7), milliseconds(10'000), bench.now);
  bench.run(milliseconds(2'000));
  bench.answer_renewed(bench.last("renew").id, 7, 0);
  bench.run(milliseconds(10));
  REQUIRE_FALSE(bench.leases.empty());
  CHECK(bench.leases.back().health == LeaseHealth::lost);
}

TEST_CASE("of many leases each is renewed and told of at its own time") {
  SessionOptions options = Bench::defaults();
  options.silence_max = seconds(100);
  Bench bench(options);
  bench.hello();
  for (std::uint64_t lease = 1; lease <= 100; ++lease)
    bench.core.keep_alive(LeaseId(lease), milliseconds(1'000 * lease), bench.now);
  bench.core.forget_lease(LeaseId(2));
  CHECK(bench.core.take_extended_leases().size() == 100);
  CHECK(*bench.core.next_deadline() == bench.now + milliseconds(200));  // a fifth of the shortest TTL
  bench.run(milliseconds(590));
  CHECK(bench.count("renew") == 2);  // the first twice
  bench.run(milliseconds(20));
  CHECK(bench.count("renew") == 3);  // the first again, the third with it
  REQUIRE(bench.leases.size() == 1);
  CHECK(bench.leases[0].lease == LeaseId(1));  // nothing was answered for half its TTL
  CHECK(bench.leases[0].health == LeaseHealth::jeopardy);
  bench.answer_renewed(bench.last("renew").id, 1, 1'000);
  REQUIRE(bench.leases.size() == 2);
  CHECK(bench.leases[1].health == LeaseHealth::alive);
  CHECK(bench.core.take_extended_leases() == std::vector<LeaseId>{LeaseId(1)});
}
