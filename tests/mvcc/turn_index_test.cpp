#include "conclave/mvcc/turn_index.hpp"

#include <algorithm>
#include <map>
#include <ostream>
#include <string>

#include "../../server/mvcc/src/turn_index_board.hpp"
#include "conclave/base/prng.hpp"
#include "conclave/test/catch.hpp"

namespace conclave::mvcc {
namespace {

// A store of nothing but keys and their create revisions; each change is one event batch.
class Store final : public TurnKeys {
 public:
  [[nodiscard]] Revision revision() const override { return revision_; }
  [[nodiscard]] Revision create_of(ByteView key) const override {
    const auto found = keys_.find(std::string(key));
    return found == keys_.end() ? Revision() : found->second;
  }
  [[nodiscard]] std::vector<Revision> creates_under(ByteView prefix) const override {
    std::vector<Revision> creates;
    for (const auto& [key, create] : keys_) {
      if (key.starts_with(prefix)) creates.push_back(create);
    }
    return creates;
  }
  [[nodiscard]] std::uint64_t ahead_of(const std::string& prefix, Revision create) const {
    const auto creates = creates_under(prefix);
    return static_cast<std::uint64_t>(
        std::count_if(creates.begin(), creates.end(), [&](Revision other) { return other < create; }));
  }

  /// Puts or deletes each key, all in one revision.
  EventBatch change(const std::vector<std::pair<std::string, bool>>& puts) {
    revision_ = revision_.next();
    EventBatch batch{revision_, {}};
    for (const auto& [key, is_put] : puts) {
      if (is_put) batch.events.push_back(put(key));
      if (!is_put && keys_.contains(key)) batch.events.push_back(erase(key));
    }
    return batch;
  }
  EventBatch create(const std::string& key) { return change({{key, true}}); }
  EventBatch remove(const std::string& key) { return change({{key, false}}); }
  [[nodiscard]] const std::map<std::string, Revision>& keys() const { return keys_; }

 private:
  KeyValuePtr version(const std::string& key, std::uint64_t version) const {
    return make_key_value(key, "", KeyValue::Versions{create_of(key), revision_, version, {}});
  }
  Event put(const std::string& key) {
    Event event;
    const bool fresh = !keys_.contains(key);
    if (!fresh) event.prev = version(key, 1);
    if (fresh) keys_[key] = revision_;
    event.kv = version(key, fresh ? 1 : 2);
    return event;
  }
  Event erase(const std::string& key) {
    Event event{EventKind::erase, EventCause::request, nullptr, version(key, 1)};
    keys_.erase(key);
    event.kv = version(key, 0);
    return event;
  }

  Revision revision_;
  std::map<std::string, Revision> keys_;
};

TurnFired turn(std::uint64_t id, Revision revision, std::uint64_t ahead = 0) { return {TurnId(id), revision, false, ahead}; }
TurnFired gone(std::uint64_t id, Revision revision) { return {TurnId(id), revision, true, 0}; }

using Fired = std::vector<TurnFired>;

}  // namespace

// For the messages of failed checks.
std::ostream& operator<<(std::ostream& out, const TurnFired& fired) {
  return out << fired.id.value() << (fired.gone ? " gone" : " turn") << " at " << fired.revision.value() << ", " << fired.ahead
             << " ahead";
}

TEST_CASE("the oldest key has its turn at once and nothing stays registered") {
  Store store;
  TurnBoard board;
  (void)store.create("l/a");
  CHECK(board.add(TurnId(1), {"l/", "l/a", 1}, store) == Fired{turn(1, Revision(1))});
  CHECK(board.size() == 0);
  CHECK(board.prefix_count() == 0);
}

TEST_CASE("a turn watch on a key that does not exist says at once that it is gone") {
  Store store;
  TurnBoard board;
  CHECK(board.add(TurnId(1), {"l/", "l/a", 1}, store) == Fired{gone(1, Revision(0))});
  CHECK(board.size() == 0);
}

TEST_CASE("a departure at the front wakes the next in line and nobody else") {
  Store store;
  TurnBoard board;
  for (const std::string name : {"c", "a", "b", "d"}) (void)store.create("l/" + name);
  CHECK(board.add(TurnId(1), {"l/", "l/a", 1}, store).empty());
  CHECK(board.add(TurnId(2), {"l/", "l/b", 1}, store).empty());
  CHECK(board.add(TurnId(3), {"l/", "l/d", 1}, store).empty());
  CHECK(board.on_events(store.remove("l/c")) == Fired{turn(1, Revision(5))});
  CHECK(board.on_events(store.remove("l/b")) == Fired{gone(2, Revision(6))});
  CHECK(board.on_events(store.remove("l/a")) == Fired{turn(3, Revision(7))});
  CHECK(board.size() == 0);
  CHECK(board.prefix_count() == 0);
}

TEST_CASE("with N places a key has its turn when fewer than N are older") {
  Store store;
  TurnBoard board;
  for (const std::string name : {"a", "b", "c", "d"}) (void)store.create("s/" + name);
  CHECK(board.add(TurnId(1), {"s/", "s/b", 2}, store) == Fired{turn(1, Revision(4), 1)});
  CHECK(board.add(TurnId(2), {"s/", "s/c", 2}, store).empty());
  CHECK(board.add(TurnId(3), {"s/", "s/d", 2}, store).empty());
  CHECK(board.on_events(store.remove("s/b")) == Fired{turn(2, Revision(5), 1)});
}

TEST_CASE("keys made in the same revision are not older than each other") {
  Store store;
  TurnBoard board;
  (void)store.change({{"l/a", true}, {"l/b", true}, {"l/c", true}});
  CHECK(board.add(TurnId(1), {"l/", "l/c", 1}, store) == Fired{turn(1, Revision(1))});
  (void)store.create("l/d");
  CHECK(board.add(TurnId(2), {"l/", "l/d", 1}, store).empty());
  CHECK(board.on_events(store.change({{"l/a", false}, {"l/b", false}})).empty());
  CHECK(board.on_events(store.remove("l/c")) == Fired{turn(2, Revision(4))});
}

TEST_CASE("a key that was deleted and made again has lost its place, and its watch says so") {
  Store store;
  TurnBoard board;
  (void)store.create("l/a");
  (void)store.create("l/b");
  REQUIRE(board.add(TurnId(1), {"l/", "l/b", 1}, store).empty());
  CHECK(board.on_events(store.remove("l/b")) == Fired{gone(1, Revision(3))});
  CHECK(board.on_events(store.create("l/b")).empty());
}

TEST_CASE("changes of values and new keys fire no turn") {
  Store store;
  TurnBoard board;
  (void)store.create("l/a");
  (void)store.create("l/b");
  REQUIRE(board.add(TurnId(1), {"l/", "l/b", 1}, store).empty());
  CHECK(board.on_events(store.create("l/a")).empty());
  CHECK(board.on_events(store.create("l/b")).empty());
  CHECK(board.on_events(store.create("l/c")).empty());
  CHECK(board.on_events(store.remove("l/c")).empty());
  CHECK(board.on_events(store.remove("elsewhere")).empty());
  CHECK(board.size() == 1);
}

TEST_CASE("a key outside the prefix may wait for the prefix") {
  Store store;
  TurnBoard board;
  (void)store.create("l/a");
  (void)store.create("mine");
  REQUIRE(board.add(TurnId(1), {"l/", "mine", 1}, store).empty());
  CHECK(board.on_events(store.remove("l/a")) == Fired{turn(1, Revision(3))});
}

TEST_CASE("a removed turn watch does not fire, and removing it twice does nothing") {
  Store store;
  TurnBoard board;
  (void)store.create("l/a");
  (void)store.create("l/b");
  REQUIRE(board.add(TurnId(1), {"l/", "l/b", 1}, store).empty());
  board.remove(TurnId(1));
  board.remove(TurnId(1));
  CHECK(board.size() == 0);
  CHECK(board.on_events(store.remove("l/a")).empty());
}

TEST_CASE("events that the store had before the watch was added are not counted twice") {
  Store store;
  TurnBoard board;
  (void)store.create("l/a");
  (void)store.create("l/b");
  const auto late = std::vector{store.remove("l/a"), store.create("l/c"), store.create("l/d")};
  REQUIRE(board.add(TurnId(1), {"l/", "l/d", 1}, store).empty());
  for (const auto& batch : late) CHECK(board.on_events(batch).empty());
  CHECK(board.on_events(store.remove("l/b")).empty());
  CHECK(board.on_events(store.remove("l/c")) == Fired{turn(1, Revision(7))});
}

TEST_CASE("a watch added while events are on their way counts the keys they made and finds those that they took") {
  Store store;
  TurnBoard board;
  (void)store.create("l/a");
  (void)store.create("l/b");
  REQUIRE(board.add(TurnId(1), {"l/", "l/b", 1}, store).empty());
  const auto late = std::vector{store.remove("l/b"), store.remove("l/a"), store.create("l/c"), store.create("l/d")};
  CHECK(board.add(TurnId(2), {"l/", "l/d", 1}, store) == Fired{gone(1, Revision(6))});
  for (const auto& batch : late) CHECK(board.on_events(batch).empty());
  CHECK(board.on_events(store.remove("l/c")) == Fired{turn(2, Revision(7))});
}

TEST_CASE("who queues is not said while events are on their way") {
  Store store;
  TurnBoard board;
  for (const std::string name : {"a", "b", "c"}) (void)store.create("l/" + name);
  CHECK_FALSE(board.queues({"l/", "l/c", 1}, store));
  REQUIRE(board.add(TurnId(1), {"l/", "l/b", 1}, store).empty());
  CHECK(board.queues({"l/", "l/c", 1}, store));
  CHECK_FALSE(board.queues({"l/", "l/d", 1}, store));
  CHECK_FALSE(board.queues({"l/", "l/b", 2}, store));
  CHECK(board.is_waited_for("l/d"));
  CHECK(board.is_waited_for("l/"));
  CHECK_FALSE(board.is_waited_for("m/d"));
  const EventBatch late = store.remove("l/a");
  CHECK_FALSE(board.queues({"l/", "l/c", 1}, store));
  CHECK(board.on_events(late) == Fired{turn(1, Revision(4))});
}

TEST_CASE("after a snapshot every turn is evaluated anew") {
  Store store;
  TurnBoard board;
  for (const std::string name : {"a", "b", "c", "d", "e"}) (void)store.create("l/" + name);
  REQUIRE(board.add(TurnId(3), {"l/", "l/b", 1}, store).empty());
  REQUIRE(board.add(TurnId(2), {"l/", "l/c", 1}, store).empty());
  REQUIRE(board.add(TurnId(1), {"l/", "l/e", 1}, store).empty());
  (void)store.change({{"l/a", false}, {"l/b", false}});
  (void)store.create("l/b");
  CHECK(board.reevaluate(store) == Fired{turn(2, Revision(7)), gone(3, Revision(7))});
  CHECK(board.on_events(store.change({{"l/c", false}, {"l/d", false}})) == Fired{turn(1, Revision(8))});
}

TEST_CASE("turns fire exactly when a count over all keys says so") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Prng prng(seed);
    Store store;
    TurnBoard board;
    struct Waiting {
      TurnSpec spec;
      Revision create;
    };
    std::map<TurnId, Waiting> waiting;
    std::uint64_t last_id = 0;
    const std::vector<std::string> prefixes{"", "l/", "l/x", "m/", "\xff"};
    const auto random_key = [&] { return prefixes[prng.below(prefixes.size())] + static_cast<char>('a' + prng.below(6)); };
    const auto expect = [&] {
      Fired expected;
      for (const auto& [id, who] : waiting) {
        const bool is_gone = store.create_of(who.spec.own_key) != who.create;
        const auto ahead = store.ahead_of(who.spec.prefix, who.create);
        if (is_gone) expected.push_back(gone(id.value(), store.revision()));
        if (!is_gone && ahead < who.spec.places) expected.push_back(turn(id.value(), store.revision(), ahead));
      }
      for (const auto& fired : expected) waiting.erase(fired.id);
      return expected;
    };
    for (int step = 0; step < 150; ++step) {
      INFO("seed " << seed << ", step " << step);
      const auto what = prng.below(10);
      if (what < 4) {
        const TurnId id(prng.chance(1, 2) ? ++last_id : (last_id += 2));
        const TurnSpec spec{prefixes[prng.below(prefixes.size())], random_key(), prng.below(4)};
        waiting[id] = {spec, store.create_of(spec.own_key)};
        const bool missing = waiting[id].create.is_zero();
        const auto others = std::count_if(waiting.begin(), waiting.end(), [&](const auto& other) {
          return other.first != id && other.second.spec.prefix == spec.prefix;
        });
        const bool queues = !missing && others > 0 && store.ahead_of(spec.prefix, waiting[id].create) >= spec.places;
        REQUIRE(board.queues(spec, store) == queues);
        if (missing) {
          REQUIRE(board.add(id, spec, store) == Fired{gone(id.value(), store.revision())});
          waiting.erase(id);
        } else {
          const auto fired = board.add(id, spec, store);
          REQUIRE(fired == expect());
        }
      } else if (what == 4 && !waiting.empty()) {
        const auto leaving = std::next(waiting.begin(), static_cast<std::ptrdiff_t>(prng.below(waiting.size())));
        board.remove(leaving->first);
        waiting.erase(leaving);
      } else if (what == 5) {
        (void)store.change({{random_key(), prng.chance(1, 2)}});
        const auto fired = board.reevaluate(store);
        REQUIRE(fired == expect());
      } else {
        std::map<std::string, bool> changes;
        for (auto count = prng.between(1, 4); count > 0; --count) changes[random_key()] = prng.chance(1, 2);
        const auto fired = board.on_events(store.change({changes.begin(), changes.end()}));
        REQUIRE(fired == expect());
      }
      REQUIRE(board.size() == waiting.size());
    }
  }
}

TEST_CASE("the ages of keys count as a plain list does") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    Prng prng(seed);
    std::vector<Revision> plain;
    for (auto count = prng.below(100); count > 0; --count) plain.emplace_back(prng.below(50));
    KeyAges ages(plain);
    std::uint64_t last = 50;
    for (int step = 0; step < 1000; ++step) {
      if (plain.empty() || prng.chance(step < 500 ? 3 : 1, 4)) {
        last += prng.below(3);
        ages.add(Revision(last));
        plain.emplace_back(last);
      } else {
        std::swap(plain[prng.below(plain.size())], plain.back());
        ages.remove(plain.back());
        plain.pop_back();
      }
      const Revision create(prng.below(last + 2));
      const auto expected = std::count_if(plain.begin(), plain.end(), [&](Revision other) { return other < create; });
      REQUIRE(ages.count_below(create) == static_cast<std::uint64_t>(expected));
      REQUIRE(ages.size() == plain.size());
    }
  }
}

TEST_CASE("ten thousand that wait on one prefix are served one after the other without looking at the rest") {
  Store store;
  TurnBoard board;
  constexpr std::uint64_t waiters = 10'000;
  const auto name = [](std::uint64_t i) { return "l/" + std::to_string(i * 7919 % 10'007); };
  for (std::uint64_t i = 0; i <= waiters; ++i) (void)store.create(name(i));
  for (std::uint64_t i = 1; i <= waiters; ++i) REQUIRE(board.add(TurnId(i), {"l/", name(i), 1}, store).empty());
  for (std::uint64_t i = 0; i < waiters; ++i) {
    const auto fired = board.on_events(store.remove(name(i)));
    REQUIRE(fired.size() == 1);
    REQUIRE(fired.front().id == TurnId(i + 1));
  }
  CHECK(board.size() == 0);
}

}  // namespace conclave::mvcc
