#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include "cluster.hpp"
#include "conclave/base/prng.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::test;

namespace {

using Clock = std::chrono::steady_clock;

/// Adds one to a counter through a compare-and-swap; the count of successes must be the counter's value.
bool increment(Client& client, const std::string& key) {
  const auto got = client.get(key);
  if (!got) return false;
  const std::uint64_t value = got->kv ? std::stoull(got->kv->value) : 0;
  const Revision seen = got->kv ? got->kv->mod_revision : Revision{};
  Txn txn;
  txn.when(Compare::mod_revision_is(key, seen)).then(PutOp{key, std::to_string(value + 1)});
  const auto done = client.txn(std::move(txn));
  return done && done->succeeded;
}

/// Writers through all members, each with its own session, until stopped; what was acknowledged is remembered.
class Writers {
 public:
  Writers(Cluster& cluster, int count) {
    for (int i = 0; i < count; ++i) threads_.emplace_back([this, &cluster, i] { write(cluster, i); });
  }
  ~Writers() { stop(); }
  void stop() {
    stopped_ = true;
    for (std::thread& thread : threads_)
      if (thread.joinable()) thread.join();
  }
  /// Writes acknowledged so far by all.
  [[nodiscard]] std::uint64_t acknowledged() const { return acknowledged_; }
  std::map<std::string, std::string> last;          ///< key -> last acknowledged value
  std::map<std::string, std::uint64_t> increments;  ///< counter -> acknowledged increments
  std::atomic<std::uint64_t> unknown{0};

 private:
  void write(Cluster& cluster, int number) {
    Client client = cluster.client();
    const std::string key = "w/" + std::to_string(number);
    const std::string counter = "c/" + std::to_string(number);
    for (std::uint64_t i = 1; !stopped_; ++i) {
      const std::string value = std::to_string(i);
      const bool put = client.put(key, value).has_value();
      const bool added = increment(client, counter);
      if (!put || !added) ++unknown;
      const std::lock_guard lock(mutex_);
      if (put) last[key] = value;
      if (added) ++increments[counter];
      acknowledged_ += put ? 1 : 0;
    }
  }

  std::mutex mutex_;
  std::atomic<bool> stopped_{false};
  std::atomic<std::uint64_t> acknowledged_{0};
  std::vector<std::thread> threads_;
};

void check_everything_is_there(Cluster& cluster, const Writers& writers) {
  for (std::size_t member = 0; member < cluster.size(); ++member) {
    Client client = cluster.client_of(member);
    for (const auto& [key, value] : writers.last) {
      const auto got = client.get(key);
      REQUIRE(got);
      REQUIRE(got->kv);
      CHECK(got->kv->value == value);
      CHECK(got->kv->version == std::stoull(value));  // every put once
    }
    for (const auto& [key, count] : writers.increments) {
      const auto got = client.get(key);
      REQUIRE(got);
      REQUIRE(got->kv);
      CHECK(got->kv->value == std::to_string(count));
    }
  }
}

}  // namespace

TEST_CASE("20 rounds of kill -9 lose no acknowledged write and repeat none, and writes flow again at once") {
  Cluster cluster(3);
  Writers writers(cluster, 4);
  Prng prng(20260101);
  for (int round = 0; round < 20; ++round) {
    const std::uint64_t before = writers.acknowledged();
    REQUIRE(await(std::chrono::seconds(10), [&] { return writers.acknowledged() > before + 20; }));
    const std::size_t leader = cluster.await_leader();
    const std::size_t victim = round % 2 == 0 ? leader : prng.below(3);
    const auto killed = Clock::now();
    const std::uint64_t at_kill = writers.acknowledged();
    cluster.kill(victim);
    // Two election timeouts, plus what a loaded machine may add: a bound on liveness, not a measurement.
    REQUIRE(await(std::chrono::seconds(10), [&] { return writers.acknowledged() > at_kill + 8; }));
    const auto blocked = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - killed);
    INFO("round " << round << ": writes flowed after " << blocked.count() << " ms");
    CHECK(blocked < std::chrono::milliseconds(2 * 2000));
    cluster.start(victim);
  }
  writers.stop();
  CHECK(writers.unknown == 0);
  (void)cluster.await_leader();
  check_everything_is_there(cluster, writers);
}

TEST_CASE("all members killed at once and started again: nothing acknowledged is lost") {
  Cluster cluster(3);
  Writers writers(cluster, 4);
  for (int round = 0; round < 3; ++round) {
    const std::uint64_t before = writers.acknowledged();
    REQUIRE(await(std::chrono::seconds(20), [&] { return writers.acknowledged() > before + 200; }));
    for (std::size_t i = 0; i < 3; ++i) cluster.process(i).signal(9);
    for (std::size_t i = 0; i < 3; ++i) cluster.kill(i);
    for (std::size_t i = 0; i < 3; ++i) cluster.start(i);
  }
  (void)cluster.await_leader();
  writers.stop();
  check_everything_is_there(cluster, writers);
}

TEST_CASE("a lease of 10 s expires in time although the leader is killed every 3 s") {
  Cluster cluster(3);
  Client client = cluster.client();
  const auto sent = Clock::now();
  const auto lease = client.lease_grant(std::chrono::seconds(10));
  REQUIRE(lease);
  REQUIRE(client.put("leased", "x", PutOptions{lease->id, false, false}));
  const auto granted = Clock::now();
  std::atomic<bool> gone{false};
  Clock::time_point gone_at;
  std::thread watcher([&] {
    Client mine = cluster.client();
    while (!gone && Clock::now() - granted < std::chrono::seconds(40)) {
      const auto got = mine.get("leased");
      if (got && !got->kv) {
        gone_at = Clock::now();
        gone = true;
      }
    }
  });
  std::chrono::milliseconds leaderless{0};
  while (!gone && Clock::now() - granted < std::chrono::seconds(40)) {
    const std::size_t leader = cluster.await_leader();
    if (await(std::chrono::seconds(3), [&] { return gone.load(); })) break;
    const auto killed = Clock::now();
    cluster.kill(leader);
    const std::size_t next = cluster.await_leader();
    leaderless += std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - killed);
    CHECK(next != leader);
    cluster.start(leader);
  }
  watcher.join();
  REQUIRE(gone);
  CHECK(gone_at - sent >= std::chrono::seconds(10));
  const auto late = std::chrono::duration_cast<std::chrono::milliseconds>(gone_at - granted - std::chrono::seconds(10));
  INFO("leaderless " << leaderless.count() << " ms, late by " << late.count() << " ms");
  CHECK(late <= leaderless + std::chrono::milliseconds(2000));
}

TEST_CASE("a watch from revision 1 through kills and restarts sees every revision once, in order") {
  Cluster cluster(3);
  Client writer = cluster.client();
  Client reader = cluster.client();
  std::mutex mutex;
  std::vector<Revision> seen;
  Revision last;
  REQUIRE(writer.put("k", "first"));
  const Watch watch = reader.watch({Keys::all(), Revision(1), false, false, true, false}, [&](const WatchNotice& notice) {
    const std::lock_guard lock(mutex);
    if (const auto* events = std::get_if<WatchEvents>(&notice)) seen.push_back(events->revision);
  });
  for (int round = 0; round < 6; ++round) {
    for (int i = 0; i < 50; ++i) {
      const auto put = writer.put("k", std::to_string(round * 100 + i));
      REQUIRE(put);
      last = put->header.revision;
    }
    const std::size_t victim = cluster.await_leader();
    cluster.kill(victim);
    const auto put = writer.put("k", "after the kill");
    REQUIRE(put);
    last = put->header.revision;
    cluster.start(victim);
  }
  REQUIRE(await(std::chrono::seconds(20), [&] {
    const std::lock_guard lock(mutex);
    return !seen.empty() && seen.back() >= last;
  }));
  const std::lock_guard lock(mutex);
  for (std::size_t i = 0; i < seen.size(); ++i) REQUIRE(seen[i] == Revision(i + 1));
}

TEST_CASE("a member asked to stop hands its leadership over and starts again where it was") {
  Cluster cluster(3);
  Client client = cluster.client();
  REQUIRE(client.put("a", "1"));
  const std::size_t leader = cluster.await_leader();
  CHECK(cluster.process(leader).terminate(std::chrono::seconds(10)) == 0);
  cluster.kill(leader);
  CHECK(cluster.await_leader() != leader);
  REQUIRE(client.put("a", "2"));
  cluster.start(leader);
  (void)cluster.await_leader();
  const auto got = cluster.client_of(leader).get("a");
  REQUIRE(got);
  CHECK(got->kv->value == "2");
}
