#include "conclave/test/watch_checker.hpp"

#include <map>

#include "conclave/base/prng.hpp"
#include "conclave/test/catch.hpp"

namespace conclave::test {
namespace {

// Builds the reference as a store would.
class Reference {
 public:
  void commit(const std::vector<std::pair<std::string, std::optional<std::string>>>& changes) {
    WatchedBatch batch{Revision(batches.size() + 1), {}};
    for (const auto& [key, value] : changes) batch.events.push_back(event(batch.revision, key, value));
    batches.push_back(std::move(batch));
  }
  std::vector<WatchedBatch> batches;

 private:
  WatchedEvent event(Revision revision, const std::string& key, const std::optional<std::string>& value) {
    WatchedEvent event{key, !value, {}, std::nullopt};
    const auto found = rows_.find(key);
    if (found != rows_.end()) event.previous = found->second;
    event.row.mod = revision;
    if (!value) {
      rows_.erase(key);
      return event;
    }
    event.row = {*value, event.previous ? event.previous->create : revision, revision,
                 event.previous ? event.previous->version + 1 : 1};
    rows_[key] = event.row;
    return event;
  }
  std::map<std::string, WatchedRow> rows_;
};

Reference sample() {
  Reference reference;
  reference.commit({{"a/1", "x"}});
  reference.commit({{"a/1", "y"}, {"a/2", "z"}});
  reference.commit({{"b/1", "other"}});
  reference.commit({{"a/2", std::nullopt}, {"b/1", std::nullopt}, {"a/3", "w"}});
  reference.commit({{"a/1", "v"}});
  return reference;
}

WatchRequest under_a() {
  WatchRequest request;
  request.selects = [](std::string_view key) { return key.starts_with("a/"); };
  return request;
}

// What a correct server sends for one revision.
std::vector<WatchedEvent> sent(const WatchRequest& request, const WatchedBatch& batch) {
  std::vector<WatchedEvent> events;
  for (WatchedEvent event : batch.events) {
    if (!request.selects(event.key) || (event.deleted ? request.no_delete : request.no_put)) continue;
    if (!request.want_previous) event.previous.reset();
    if (request.keys_only) event.row.value.clear();
    if (request.keys_only && event.previous) event.previous->value.clear();
    events.push_back(event);
  }
  return events;
}

struct Fixture {
  explicit Fixture(WatchRequest wanted = under_a()) : request(std::move(wanted)), checker(request, reference.batches) {}
  std::vector<WatchedEvent> at(std::uint64_t revision) const { return sent(request, reference.batches[revision - 1]); }
  void deliver(std::uint64_t revision) { checker.received(Revision(revision), at(revision)); }
  std::string broken() const {
    const auto& why = checker.verdict().why;
    return why.substr(0, why.find(':'));
  }
  Reference reference = sample();
  WatchRequest request;
  WatchChecker checker;
};

}  // namespace

TEST_CASE("a watch that receives every wanted event in order holds, with bookmarks and a resume") {
  Fixture f;
  f.deliver(1);
  f.deliver(2);
  f.checker.bookmark(Revision(3));
  f.checker.resumed(Revision(4));
  f.deliver(4);
  f.deliver(5);
  f.checker.bookmark(Revision(5));
  f.checker.expect_all_up_to(Revision(5));
  CHECK(f.broken() == "");
}

TEST_CASE("a batch in several frames is whole, and one that is cut off by a reconnection comes anew") {
  Fixture f;
  f.deliver(1);
  const auto events = f.at(2);
  f.checker.received(Revision(2), {events[0]}, true);
  f.checker.received(Revision(2), {events[1]});
  const auto next = f.at(4);
  f.checker.received(Revision(4), {next[0]}, true);
  f.checker.resumed(Revision(4));
  f.deliver(4);
  CHECK(f.broken() == "");
}

TEST_CASE("a watch that goes backwards is not ordered") {
  Fixture f;
  f.deliver(1);
  f.deliver(2);
  f.deliver(4);
  f.deliver(2);
  CHECK(f.broken() == "ordered");
}

TEST_CASE("a revision that comes twice is not unique, nor is a key twice in one") {
  Fixture again;
  again.deliver(1);
  again.deliver(1);
  CHECK(again.broken() == "unique");
  Fixture twice;
  twice.checker.received(Revision(1), {twice.at(1)[0], twice.at(1)[0]});
  CHECK(twice.broken() == "unique");
}

TEST_CASE("a batch of which a part is missing, or that another interrupts, is not atomic") {
  Fixture part;
  part.deliver(1);
  part.checker.received(Revision(2), {part.at(2)[0]});
  CHECK(part.broken() == "atomic");
  Fixture interrupted;
  interrupted.deliver(1);
  interrupted.checker.received(Revision(2), {interrupted.at(2)[0]}, true);
  interrupted.deliver(4);
  CHECK(interrupted.broken() == "atomic");
  Fixture unfinished;
  unfinished.deliver(1);
  unfinished.checker.received(Revision(2), {unfinished.at(2)[0]}, true);
  unfinished.checker.expect_all_up_to(Revision(2));
  CHECK(unfinished.broken() == "atomic");
}

TEST_CASE("a revision left out is not reliable, in the middle or at the end") {
  Fixture middle;
  middle.deliver(1);
  middle.deliver(4);
  CHECK(middle.broken() == "reliable");
  Fixture end;
  end.deliver(1);
  end.deliver(2);
  end.checker.expect_all_up_to(Revision(4));
  CHECK(end.broken() == "reliable");
  Fixture invented;
  invented.deliver(1);
  invented.deliver(2);
  invented.deliver(4);
  invented.deliver(5);
  invented.checker.received(Revision(6), invented.at(5));
  CHECK(invented.broken() == "reliable");
}

TEST_CASE("after a resume nothing is left out and nothing comes from before") {
  Fixture gap;
  gap.deliver(1);
  gap.checker.resumed(Revision(2));
  gap.deliver(4);
  CHECK(gap.broken() == "reliable");
  Fixture before;
  before.checker.resumed(Revision(4));
  before.deliver(2);
  CHECK(before.broken() == "resumable");
  Fixture untrue;
  untrue.checker.resumed(Revision(4));
  untrue.checker.compacted(Revision(3));
  CHECK(untrue.broken() == "resumable");
  Fixture compacted;
  compacted.checker.resumed(Revision(2));
  compacted.checker.compacted(Revision(3));
  CHECK(compacted.broken() == "");
  compacted.deliver(4);
  CHECK(compacted.broken() == "ordered");
}

TEST_CASE("a bookmark ahead of undelivered events, of the store, or behind which events come is found") {
  Fixture ahead;
  ahead.deliver(1);
  ahead.checker.bookmark(Revision(2));
  CHECK(ahead.broken() == "bookmarkable");
  Fixture beyond;
  beyond.deliver(1);
  beyond.deliver(2);
  beyond.deliver(4);
  beyond.deliver(5);
  beyond.checker.bookmark(Revision(6));
  CHECK(beyond.broken() == "bookmarkable");
  Fixture behind;
  behind.deliver(1);
  behind.deliver(2);
  behind.checker.bookmark(Revision(3));
  behind.checker.received(Revision(3), {behind.reference.batches[2].events[0]});
  CHECK(behind.broken() == "bookmarkable");
}

TEST_CASE("a wrong, missing or unasked previous value is found") {
  WatchRequest request = under_a();
  request.want_previous = true;
  Fixture wrong(request);
  wrong.deliver(1);
  auto events = wrong.at(2);
  events[0].previous->value = "y";
  wrong.checker.received(Revision(2), events);
  CHECK(wrong.broken() == "previous value");
  Fixture missing(request);
  missing.deliver(1);
  events = missing.at(2);
  events[0].previous.reset();
  missing.checker.received(Revision(2), events);
  CHECK(missing.broken() == "previous value");
  Fixture unasked;
  unasked.deliver(1);
  unasked.checker.received(Revision(2), wrong.at(2));
  CHECK(unasked.broken() == "previous value");
}

TEST_CASE("a put that is taken for a create, or a create for a put, is found") {
  Fixture f;
  f.deliver(1);
  auto events = f.at(2);
  events[0].row.version = 1;
  f.checker.received(Revision(2), events);
  CHECK(f.broken() == "is-create");
}

TEST_CASE("events outside the range or the filter, in another order or with other contents are found") {
  Fixture foreign;
  foreign.deliver(1);
  foreign.deliver(2);
  foreign.checker.received(Revision(3), foreign.reference.batches[2].events);
  CHECK(foreign.broken() == "filtered");
  WatchRequest no_delete = under_a();
  no_delete.no_delete = true;
  Fixture kind(no_delete);
  kind.deliver(1);
  kind.deliver(2);
  kind.checker.received(Revision(4), sent(under_a(), kind.reference.batches[3]));
  CHECK(kind.broken() == "filtered");
  Fixture order;
  order.deliver(1);
  order.checker.received(Revision(2), {order.at(2)[1], order.at(2)[0]});
  CHECK(order.broken() == "filtered");
  WatchRequest keys_only = under_a();
  keys_only.keys_only = true;
  Fixture value(keys_only);
  value.checker.received(Revision(1), sent(under_a(), value.reference.batches[0]));
  CHECK(value.broken() == "filtered");
}

TEST_CASE("whatever a correct server sends holds, and any one frame dropped, doubled or swapped is found") {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Prng prng(seed);
    Reference reference;
    for (int i = 0; i < 40; ++i) {
      std::map<std::string, std::optional<std::string>> changes;
      for (auto count = prng.between(1, 3); count > 0; --count) {
        const std::string key = (prng.chance(1, 2) ? "a/" : "b/") + std::to_string(prng.below(4));
        changes[key] = prng.chance(1, 4) ? std::nullopt : std::optional(std::to_string(i));
      }
      reference.commit({changes.begin(), changes.end()});
    }
    WatchRequest request = under_a();
    request.no_delete = prng.chance(1, 3);
    request.want_previous = prng.chance(1, 2);
    request.keys_only = prng.chance(1, 4);
    std::vector<std::pair<Revision, std::vector<WatchedEvent>>> frames;
    for (const auto& batch : reference.batches) {
      if (auto events = sent(request, batch); !events.empty()) frames.emplace_back(batch.revision, std::move(events));
    }
    const auto run = [&](const auto& list) {
      WatchChecker checker(request, reference.batches);
      for (const auto& [revision, events] : list) checker.received(revision, events);
      checker.expect_all_up_to(reference.batches.back().revision);
      return checker.verdict();
    };
    INFO("seed " << seed << " " << run(frames).why);
    REQUIRE(run(frames).holds());
    const std::size_t victim = prng.below(frames.size() - 1);
    auto dropped = frames;
    dropped.erase(dropped.begin() + static_cast<std::ptrdiff_t>(victim));
    CHECK(run(dropped).is_violated());
    auto doubled = frames;
    doubled.insert(doubled.begin() + static_cast<std::ptrdiff_t>(victim), frames[victim]);
    CHECK(run(doubled).is_violated());
    auto swapped = frames;
    std::swap(swapped[victim], swapped[victim + 1]);
    CHECK(run(swapped).is_violated());
  }
}

}  // namespace conclave::test
