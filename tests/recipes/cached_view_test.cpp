#include "conclave/recipes/cached_view.hpp"

#include <atomic>
#include <future>
#include <mutex>

#include "cluster.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::test;
using namespace std::chrono_literals;

namespace {

/// A copy of the view made of nothing but its steps.
class Follower {
 public:
  void step(const recipes::ViewStep& step) {
    const std::lock_guard lock(mutex_);
    if (step.revision < last_) ++faults_;
    last_ = step.revision;
    for (const auto& change : step.changes) {
      const auto found = keys_.find(change.key);
      const bool there = found != keys_.end();
      if (there != change.before.has_value() || (there && found->second != *change.before)) ++faults_;
      if (change.after)
        keys_.insert_or_assign(change.key, *change.after);
      else
        keys_.erase(change.key);
    }
  }
  [[nodiscard]] recipes::ViewSnapshot::Keys keys() const {
    const std::lock_guard lock(mutex_);
    return keys_;
  }
  [[nodiscard]] int faults() const { return faults_; }

 private:
  mutable std::mutex mutex_;
  recipes::ViewSnapshot::Keys keys_;
  Revision last_;
  std::atomic<int> faults_{0};
};

}  // namespace

TEST_CASE("a view shows what completed before it was synchronised, and nothing but its prefix") {
  Cluster cluster(3);
  Client client = cluster.client();
  Client other = cluster.client();
  REQUIRE(client.put("a/1", "one"));
  REQUIRE(client.put("b/1", "not this"));
  recipes::CachedView view(other, "a/");
  REQUIRE(view.ready({.timeout = 10s}));
  CHECK(view.size() == 1);
  CHECK(view.get("a/1")->value == "one");
  CHECK_FALSE(view.get("b/1"));
  for (int i = 0; i < 50; ++i) {
    const auto put = client.put("a/2", std::to_string(i));
    REQUIRE(put);
    const auto at = view.sync({.timeout = 10s});
    REQUIRE(at);
    CHECK(*at >= put->header.revision);
    CHECK(view.get("a/2")->value == std::to_string(i));
    CHECK(*view.age() < 10s);
  }
  const auto before = view.snapshot();
  REQUIRE(client.erase(Keys::one("a/1")));
  const auto unrelated = client.put("b/2", "x");
  REQUIRE(view.sync({.timeout = 10s}));
  CHECK(view.revision() >= unrelated->header.revision);
  CHECK_FALSE(view.get("a/1"));
  CHECK(before.keys->contains("a/1"));
  CHECK(before.keys->size() == 2);
}

TEST_CASE("the steps of a view make up the view, also while members are killed") {
  Cluster cluster(3);
  Client client = cluster.client();
  Client other = cluster.client();
  Follower follower;
  recipes::CachedView view(other, "a/", {.confirm_every = {}, .on_change = [&](const auto& step) { follower.step(step); }});
  for (int i = 0; i < 120; ++i) {
    if (i % 40 == 20) cluster.kill(static_cast<std::size_t>(i / 40));
    if (i % 40 == 35) cluster.start(static_cast<std::size_t>(i / 40));
    const std::string key = "a/" + std::to_string(i % 7);
    if (i % 5 == 4)
      REQUIRE(client.erase(Keys::one(key)));
    else
      REQUIRE(client.put(key, std::to_string(i)));
  }
  REQUIRE(view.sync({.timeout = 20s}));
  const auto shown = view.snapshot();
  const auto truth = client.range(RangeOp{.keys = Keys::prefix("a/")});
  REQUIRE(truth);
  REQUIRE(shown.keys->size() == truth->kvs.size());
  for (const auto& kv : truth->kvs) CHECK(shown.keys->at(kv.key) == kv);
  CHECK(follower.keys() == *shown.keys);
  CHECK(follower.faults() == 0);
}

TEST_CASE("a view whose history was compacted while it was away lists again and tells what differs") {
  Cluster cluster(1);
  Client client = cluster.client();
  Client other = cluster.client();
  Follower follower;
  REQUIRE(client.put("a/1", "1"));
  REQUIRE(client.put("a/2", "2"));
  recipes::CachedView view(other, "a/", {.confirm_every = {}, .on_change = [&](const auto& step) { follower.step(step); }});
  REQUIRE(view.ready({.timeout = 10s}));
  std::promise<void> away;  // the view's own thread does nothing meanwhile
  other.execute(Ask{Ask::Status{}}, 5s, [&](const Result<Reply>&) { away.get_future().wait(); });
  cluster.kill(0);
  cluster.start(0);
  REQUIRE(client.erase(Keys::one("a/1")));
  const auto last = client.put("a/3", "3");
  REQUIRE(last);
  REQUIRE(client.compact(last->header.revision));
  away.set_value();
  REQUIRE(view.sync({.timeout = 20s}));
  CHECK(view.size() == 2);
  CHECK(follower.keys() == *view.snapshot().keys);
  CHECK(follower.faults() == 0);
}

TEST_CASE("how old a view is grows while the cluster is away") {
  Cluster cluster(1);
  Client client = cluster.client();
  recipes::CachedView view(client, "a/", {.confirm_every = 50ms, .on_change = {}});
  REQUIRE(view.ready({.timeout = 10s}));
  CHECK(await(20s, [&] { return *view.age() < 100ms; }));
  cluster.kill(0);
  CHECK(await(20s, [&] { return *view.age() > 500ms; }));
  const auto late = view.sync({.timeout = 100ms});
  REQUIRE_FALSE(late);
  cluster.start(0);
  CHECK(await(20s, [&] { return *view.age() < 300ms; }));
}
