#include "conclave/test/watch_checker.hpp"

#include <algorithm>
#include <utility>

namespace conclave::test {

WatchChecker::WatchChecker(WatchRequest request, const std::vector<WatchedBatch>& reference)
    : request_(std::move(request)), reference_(reference), next_(request_.from) {}

void WatchChecker::received(Revision revision, const std::vector<WatchedEvent>& events, bool more) {
  if (ended_) fail("ordered", "events of revision " + to_string(revision) + " after the end of the watch");
  if (part_of_ && *part_of_ != revision) {
    fail("atomic", "revision " + to_string(*part_of_) + " came in part, then revision " + to_string(revision));
    part_.clear();
  }
  if (!part_of_) {
    if (revision <= bookmark_)
      fail("bookmarkable", "revision " + to_string(revision) + " after a bookmark of " + to_string(bookmark_));
    if (revision < request_.from) fail("resumable", "revision " + to_string(revision) + " is before the one asked for");
    if (revision.next() == next_) fail("unique", "revision " + to_string(revision) + " came again, or in two parts without a mark");
    if (revision < next_) fail("ordered", "revision " + to_string(revision) + " where " + to_string(next_) + " or later must come");
    expect_nothing_between(next_, revision, "reliable");
  }
  part_of_ = revision;
  part_.insert(part_.end(), events.begin(), events.end());
  if (more) return;
  compare(revision, wanted_at(revision));
  part_of_.reset();
  part_.clear();
  next_ = std::max(next_, revision.next());
}

void WatchChecker::bookmark(Revision revision) {
  if (part_of_) fail("atomic", "a bookmark within revision " + to_string(*part_of_));
  if (revision < bookmark_) fail("bookmarkable", "bookmark " + to_string(revision) + " after " + to_string(bookmark_));
  const Revision newest = reference_.empty() ? Revision() : reference_.back().revision;
  if (revision > newest) fail("bookmarkable", "bookmark " + to_string(revision) + ", but the store is at " + to_string(newest));
  expect_nothing_between(next_, revision.next(), "bookmarkable");
  bookmark_ = std::max(bookmark_, revision);
  next_ = std::max(next_, revision.next());
}

void WatchChecker::resumed(Revision from) {
  part_of_.reset();
  part_.clear();
  bookmark_ = Revision();
  next_ = from;
  request_.from = from;
}

void WatchChecker::compacted(Revision oldest) {
  if (oldest <= next_) fail("resumable", "told that " + to_string(next_) + " is compacted, but the oldest is " + to_string(oldest));
  ended_ = true;
}

void WatchChecker::expect_all_up_to(Revision revision) {
  if (ended_) return;
  if (part_of_ && *part_of_ <= revision) fail("atomic", "revision " + to_string(*part_of_) + " came in part only");
  expect_nothing_between(next_, revision.next(), "reliable");
}

const WatchedBatch* WatchChecker::batch_at(Revision revision) const {
  const auto found = std::lower_bound(reference_.begin(), reference_.end(), revision,
                                      [](const WatchedBatch& batch, Revision wanted) { return batch.revision < wanted; });
  return found == reference_.end() || found->revision != revision ? nullptr : &*found;
}

std::vector<const WatchedEvent*> WatchChecker::wanted_at(Revision revision) const {
  std::vector<const WatchedEvent*> wanted;
  const WatchedBatch* batch = batch_at(revision);
  if (batch == nullptr) return wanted;
  for (const auto& event : batch->events) {
    const bool passes = event.deleted ? !request_.no_delete : !request_.no_put;
    if (passes && request_.selects(event.key)) wanted.push_back(&event);
  }
  return wanted;
}

void WatchChecker::fail(const char* guarantee, const std::string& why) {
  if (verdict_.holds()) verdict_ = Verdict::violated(std::string(guarantee) + ": " + why);
}

void WatchChecker::expect_nothing_between(Revision from, Revision end, const char* guarantee) {
  const auto first = std::lower_bound(reference_.begin(), reference_.end(), from,
                                      [](const WatchedBatch& batch, Revision wanted) { return batch.revision < wanted; });
  for (auto it = first; it != reference_.end() && it->revision < end; ++it) {
    const auto wanted = wanted_at(it->revision);
    if (!wanted.empty()) fail(guarantee, "revision " + to_string(it->revision) + " with '" + wanted.front()->key + "' is left out");
  }
}

void WatchChecker::compare(Revision revision, const std::vector<const WatchedEvent*>& wanted) {
  const std::string at = "revision " + to_string(revision);
  for (std::size_t i = 0; i < part_.size(); ++i) {
    const auto is_same = [&](const WatchedEvent& other) { return other.key == part_[i].key; };
    if (std::count_if(part_.begin(), part_.end(), is_same) > 1) fail("unique", at + " brings '" + part_[i].key + "' twice");
  }
  if (batch_at(revision) == nullptr) fail("reliable", at + " does not exist in the store");
  if (part_.empty()) fail("filtered", at + " without an event");
  if (part_.size() < wanted.size()) fail("atomic", at + " lacks events");
  if (part_.size() > wanted.size()) fail("filtered", at + " brings events that nobody asked for");
  for (std::size_t i = 0; i < std::min(part_.size(), wanted.size()); ++i) compare(revision, *wanted[i], part_[i]);
}

void WatchChecker::compare(Revision revision, const WatchedEvent& wanted, const WatchedEvent& actual) {
  const std::string what = "'" + wanted.key + "' of revision " + to_string(revision);
  if (actual.key != wanted.key) return fail("filtered", "'" + actual.key + "' in the place of " + what);
  if (actual.deleted != wanted.deleted) return fail("filtered", what + ": a put for a delete, or a delete for a put");
  if (actual.row.mod != wanted.row.mod) return fail("filtered", what + " with another mod revision");
  if (actual.is_create() != wanted.is_create()) return fail("is-create", what);
  if (!wanted.deleted) {
    const bool same_row = actual.row.create == wanted.row.create && actual.row.version == wanted.row.version;
    if (!same_row) return fail("filtered", what + " with another create revision or version");
    if (actual.row.value != (request_.keys_only ? std::string() : wanted.row.value))
      return fail("filtered", what + " with another value");
  }
  if (!request_.want_previous) {
    if (actual.previous) fail("previous value", what + " has one that nobody asked for");
    return;
  }
  if (actual.previous.has_value() != wanted.previous.has_value()) return fail("previous value", what + " has none, or should not");
  if (!wanted.previous) return;
  WatchedRow previous = *wanted.previous;
  if (request_.keys_only) previous.value.clear();
  if (*actual.previous != previous) fail("previous value", what + " has a wrong one");
}

}  // namespace conclave::test
