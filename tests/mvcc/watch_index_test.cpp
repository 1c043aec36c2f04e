#include "conclave/mvcc/watch_index.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "../../server/mvcc/src/interval_tree.hpp"
#include "conclave/base/prng.hpp"
#include "conclave/test/catch.hpp"

namespace conclave::mvcc {
namespace {

using Kind = KeySelector::Kind;

Event put(const std::string& key, std::uint64_t version = 1) {
  Event event;
  event.kv = make_key_value(key, "v", KeyValue::Versions{Revision(1), Revision(version), version, {}});
  return event;
}

Event erase(const std::string& key) {
  Event event = put(key, 0);
  event.kind = EventKind::erase;
  event.prev = put(key).kv;
  return event;
}

EventBatch batch_of(std::vector<Event> events) { return EventBatch{Revision(7), std::move(events)}; }

WatchSpec spec_of(Kind kind, std::string begin, std::string end = {}) {
  WatchSpec spec;
  spec.kind = kind;
  spec.begin = std::move(begin);
  spec.end = std::move(end);
  return spec;
}

// A second, plain statement of what a spec means, to compare with.
bool model_wants(const WatchSpec& spec, const Event& event) {
  if (event.kind == EventKind::put && spec.no_put) return false;
  if (event.kind == EventKind::erase && spec.no_delete) return false;
  const std::string key(event.kv->key());
  if (spec.kind == Kind::single) return key.compare(spec.begin) == 0;
  if (spec.kind == Kind::prefix) return key.compare(0, spec.begin.size(), spec.begin) == 0;
  if (key.compare(spec.begin) < 0) return false;
  return spec.kind == Kind::from || key.compare(spec.end) < 0;
}

std::string random_key(Prng& prng, std::uint64_t size_max) {
  static const std::string letters("\0ab\x7f\x80\xff", 6);
  std::string key;
  for (auto size = prng.below(size_max + 1); size > 0; --size) key += letters[prng.below(letters.size())];
  return key;
}

WatchSpec random_spec(Prng& prng) {
  WatchSpec spec;
  spec.kind = static_cast<Kind>(prng.below(4));
  spec.begin = random_key(prng, 3);
  if (spec.kind == Kind::range) spec.end = random_key(prng, 3);
  spec.no_put = prng.chance(1, 4);
  spec.no_delete = prng.chance(1, 4);
  spec.want_previous = prng.chance(1, 2);
  spec.keys_only = prng.chance(1, 4);
  return spec;
}

EventBatch random_batch(Prng& prng) {
  std::set<std::string> keys;
  for (auto count = prng.between(1, 6); count > 0; --count) keys.insert(random_key(prng, 4));
  EventBatch batch{Revision(prng.next()), {}};
  for (const auto& key : keys) batch.events.push_back(prng.chance(1, 2) ? put(key) : erase(key));
  prng.shuffle(batch.events);
  return batch;
}

std::vector<std::string> keys_of(const std::vector<Event>& events) {
  std::vector<std::string> keys;
  for (const Event& event : events) keys.push_back((event.kind == EventKind::put ? "+" : "-") + std::string(event.kv->key()));
  return keys;
}

}  // namespace

TEST_CASE("equal watch specs share a group until the last of them is released") {
  WatchIndex index;
  const auto first = index.acquire(spec_of(Kind::prefix, "a/"));
  const auto second = index.acquire(spec_of(Kind::prefix, "a/"));
  const auto other = index.acquire(spec_of(Kind::single, "a/"));
  CHECK(first == second);
  CHECK(first != other);
  CHECK(index.group_count() == 2);

  index.release(first);
  CHECK(index.match(batch_of({put("a/x")})) == std::vector{first});
  index.release(second);
  CHECK(index.match(batch_of({put("a/x")})).empty());
  CHECK(index.group_count() == 1);
  CHECK(index.spec(other) == spec_of(Kind::single, "a/"));
}

TEST_CASE("the end of a spec that is no range does not split its group") {
  WatchIndex index;
  CHECK(index.acquire(spec_of(Kind::single, "k", "x")) == index.acquire(spec_of(Kind::single, "k", "y")));
  CHECK(index.group_count() == 1);
}

TEST_CASE("a group id is not used again for another spec") {
  WatchIndex index;
  const auto first = index.acquire(spec_of(Kind::single, "k"));
  index.release(first);
  CHECK(index.acquire(spec_of(Kind::single, "k")) != first);
}

TEST_CASE("each kind of selector matches its keys and their neighbours do not") {
  WatchIndex index;
  const auto single = index.acquire(spec_of(Kind::single, "k"));
  const auto range = index.acquire(spec_of(Kind::range, "k", "m"));
  const auto prefix = index.acquire(spec_of(Kind::prefix, "k"));
  const auto from = index.acquire(spec_of(Kind::from, "k"));
  CHECK(index.match(batch_of({put("j\xff")})).empty());
  CHECK(index.match(batch_of({put("k")})) == std::vector{single, range, prefix, from});
  CHECK(index.match(batch_of({put("ka")})) == std::vector{range, prefix, from});
  CHECK(index.match(batch_of({put("l")})) == std::vector{range, from});
  CHECK(index.match(batch_of({put("m")})) == std::vector{from});
}

TEST_CASE("a prefix of bytes 0xff reaches to the last key, and an empty prefix means all keys") {
  WatchIndex index;
  const auto high = index.acquire(spec_of(Kind::prefix, "\xff\xff"));
  const auto all = index.acquire(spec_of(Kind::prefix, ""));
  CHECK(index.match(batch_of({put("\xff\xff\xff")})) == std::vector{high, all});
  CHECK(index.match(batch_of({put("\xff\xfe")})) == std::vector{all});
}

TEST_CASE("a range whose end is not above its begin matches nothing") {
  WatchIndex index;
  (void)index.acquire(spec_of(Kind::range, "k", "k"));
  (void)index.acquire(spec_of(Kind::range, "k", "a"));
  (void)index.acquire(spec_of(Kind::range, "k", ""));
  CHECK(index.match(batch_of({put("k"), put("a"), put("b")})).empty());
}

TEST_CASE("filters keep puts or deletes from a watch, and the events left keep their order") {
  WatchSpec deletes = spec_of(Kind::prefix, "");
  deletes.no_put = true;
  WatchSpec nothing = deletes;
  nothing.no_delete = true;
  WatchIndex index;
  const auto group = index.acquire(deletes);
  (void)index.acquire(nothing);
  const auto batch = batch_of({erase("c"), put("b"), erase("a")});
  CHECK(index.match(batch) == std::vector{group});
  CHECK(keys_of(filtered(batch, deletes)) == std::vector<std::string>{"-c", "-a"});
  CHECK(filtered(batch, nothing).empty());
}

TEST_CASE("the watch index finds the same groups and events as a comparison with every watch") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Prng prng(seed);
    WatchIndex index;
    std::multimap<WatchGroupId, WatchSpec> watches;
    for (int step = 0; step < 120; ++step) {
      if (watches.empty() || prng.chance(3, 5)) {
        const WatchSpec spec = random_spec(prng);
        watches.emplace(index.acquire(spec), spec);
      } else {
        const auto leaving = std::next(watches.begin(), static_cast<std::ptrdiff_t>(prng.below(watches.size())));
        index.release(leaving->first);
        watches.erase(leaving);
      }
      const EventBatch batch = random_batch(prng);
      std::set<WatchGroupId> expected;
      std::set<WatchGroupId> groups;
      for (const auto& [group, spec] : watches) {
        groups.insert(group);
        std::vector<Event> wanted;
        std::copy_if(batch.events.begin(), batch.events.end(), std::back_inserter(wanted),
                     [&spec = spec](const Event& event) { return model_wants(spec, event); });
        if (!wanted.empty()) expected.insert(group);
        REQUIRE(index.spec(group) == spec);
        REQUIRE(keys_of(filtered(batch, spec)) == keys_of(wanted));
      }
      INFO("seed " << seed << ", step " << step);
      REQUIRE(index.match(batch) == std::vector<WatchGroupId>(expected.begin(), expected.end()));
      REQUIRE(index.group_count() == groups.size());
    }
  }
}

TEST_CASE("the interval tree stays balanced and ordered under inserts and erases in any order") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Prng prng(seed);
    IntervalTree tree;
    std::vector<std::pair<Interval, std::uint64_t>> inside;
    for (std::uint64_t step = 0; step < 400; ++step) {
      if (inside.empty() || prng.chance(step < 200 ? 4 : 1, 5)) {
        Interval interval{random_key(prng, 5), std::nullopt};
        if (prng.chance(9, 10)) interval.end = interval.begin + random_key(prng, 2);
        inside.emplace_back(interval, step);
        tree.insert(interval, step);
      } else {
        std::swap(inside[prng.below(inside.size())], inside.back());
        tree.erase(inside.back().first, inside.back().second);
        inside.pop_back();
      }
      tree.check_invariants();
      const std::string key = random_key(prng, 6);
      std::vector<std::uint64_t> found;
      tree.find(key, found);
      std::vector<std::uint64_t> expected;
      for (const auto& [interval, value] : inside) {
        if (interval.contains(key)) expected.push_back(value);
      }
      std::sort(found.begin(), found.end());
      std::sort(expected.begin(), expected.end());
      REQUIRE(found == expected);
    }
  }
}

TEST_CASE("a hundred thousand watches on keys and prefixes that are not hit cost an event next to nothing") {
  WatchIndex index;
  for (int i = 0; i < 100'000; ++i) (void)index.acquire(spec_of(Kind::single, "/jobs/" + std::to_string(i)));
  for (int i = 0; i < 5'000; ++i) (void)index.acquire(spec_of(Kind::prefix, "/locks/" + std::to_string(i) + "/"));
  for (int i = 0; i < 5'000; ++i)
    (void)index.acquire(spec_of(Kind::range, "/r/" + std::to_string(i), "/r/" + std::to_string(i) + "z"));
  // Comparing with every watch would be 22,000,000,000 comparisons here: the test's time limit is the check.
  for (int i = 0; i < 200'000; ++i) REQUIRE(index.match(batch_of({put("/locks/" + std::to_string(i % 5'000) + "/x")})).size() == 1);
}

}  // namespace conclave::mvcc
