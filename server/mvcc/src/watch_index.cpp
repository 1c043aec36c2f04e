#include "conclave/mvcc/watch_index.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <string_view>
#include <unordered_map>

#include "conclave/base/assert.hpp"
#include "interval_tree.hpp"

namespace conclave::mvcc {
namespace {

struct KeyHash {
  using is_transparent = void;
  std::size_t operator()(ByteView key) const { return std::hash<ByteView>{}(key); }
};

// What does not matter to a kind must not split its groups.
WatchSpec normal_form(WatchSpec spec) {
  if (spec.kind != KeySelector::Kind::range) spec.end.clear();
  return spec;
}

Interval interval_of(const WatchSpec& spec) {
  switch (spec.kind) {
    case KeySelector::Kind::single: return {spec.begin, spec.begin + '\0'};
    case KeySelector::Kind::range: return {spec.begin, spec.end};
    case KeySelector::Kind::prefix: return Interval::of_prefix(spec.begin);
    case KeySelector::Kind::from: return {spec.begin, std::nullopt};
  }
  CONCLAVE_ASSERT(false);
  return {};
}

bool selects(const WatchSpec& spec, ByteView key) {
  switch (spec.kind) {
    case KeySelector::Kind::single: return key == spec.begin;
    case KeySelector::Kind::range: return key >= spec.begin && key < spec.end;
    case KeySelector::Kind::prefix: return key.starts_with(spec.begin);
    case KeySelector::Kind::from: return key >= spec.begin;
  }
  CONCLAVE_ASSERT(false);
  return false;
}

bool passes_filter(const WatchSpec& spec, EventKind kind) { return kind == EventKind::put ? !spec.no_put : !spec.no_delete; }

void sort_and_unite(std::vector<WatchGroupId>& ids) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
}

}  // namespace

bool WatchSpec::wants(const Event& event) const { return passes_filter(*this, event.kind) && selects(*this, event.kv->key()); }

std::vector<Event> filtered(const EventBatch& batch, const WatchSpec& spec) {
  std::vector<Event> wanted;
  for (const Event& event : batch.events) {
    if (spec.wants(event)) wanted.push_back(event);
  }
  return wanted;
}

struct WatchIndex::Parts {
  struct Group {
    const WatchSpec* spec = nullptr;  // the key in by_spec
    std::uint64_t watches = 0;
  };
  std::map<WatchSpec, WatchGroupId> by_spec;
  std::unordered_map<WatchGroupId, Group> groups;
  std::unordered_map<std::string, std::vector<std::uint64_t>, KeyHash, std::equal_to<>> singles;
  IntervalTree intervals;  // of all other kinds
  WatchGroupId last;

  void insert(const WatchSpec& spec, WatchGroupId id);
  void erase(const WatchSpec& spec, WatchGroupId id);
  void find(const Event& event, std::vector<std::uint64_t>& scratch, std::vector<WatchGroupId>& matched) const;
};

void WatchIndex::Parts::insert(const WatchSpec& spec, WatchGroupId id) {
  if (spec.kind == KeySelector::Kind::single) {
    singles[spec.begin].push_back(id.value());
  } else {
    intervals.insert(interval_of(spec), id.value());
  }
}

void WatchIndex::Parts::erase(const WatchSpec& spec, WatchGroupId id) {
  if (spec.kind != KeySelector::Kind::single) {
    intervals.erase(interval_of(spec), id.value());
    return;
  }
  const auto found = singles.find(spec.begin);
  CONCLAVE_ASSERT(found != singles.end());
  std::erase(found->second, id.value());
  if (found->second.empty()) singles.erase(found);
}

void WatchIndex::Parts::find(const Event& event, std::vector<std::uint64_t>& scratch, std::vector<WatchGroupId>& matched) const {
  scratch.clear();
  const ByteView key = event.kv->key();
  if (const auto found = singles.find(key); found != singles.end()) scratch = found->second;
  intervals.find(key, scratch);
  for (const std::uint64_t value : scratch) {
    const WatchGroupId id(value);
    if (passes_filter(*groups.at(id).spec, event.kind)) matched.push_back(id);
  }
}

WatchIndex::WatchIndex() : parts_(std::make_unique<Parts>()) {}
WatchIndex::~WatchIndex() = default;

WatchGroupId WatchIndex::acquire(const WatchSpec& spec) {
  const auto [place, fresh] = parts_->by_spec.try_emplace(normal_form(spec), parts_->last.next());
  const WatchGroupId id = place->second;
  if (fresh) {
    parts_->last = id;
    parts_->groups[id].spec = &place->first;
    parts_->insert(place->first, id);
  }
  ++parts_->groups[id].watches;
  return id;
}

void WatchIndex::release(WatchGroupId group) {
  const auto found = parts_->groups.find(group);
  CONCLAVE_ASSERT(found != parts_->groups.end());
  if (--found->second.watches > 0) return;
  const auto place = parts_->by_spec.find(*found->second.spec);
  CONCLAVE_ASSERT(place != parts_->by_spec.end());
  parts_->erase(place->first, group);
  parts_->groups.erase(found);
  parts_->by_spec.erase(place);
}

const WatchSpec& WatchIndex::spec(WatchGroupId group) const {
  const auto found = parts_->groups.find(group);
  CONCLAVE_ASSERT(found != parts_->groups.end());
  return *found->second.spec;
}

std::vector<WatchGroupId> WatchIndex::match(const EventBatch& batch) const {
  std::vector<std::uint64_t> scratch;
  std::vector<WatchGroupId> matched;
  // A batch of thousands of events may hit the same groups each time: keep what is remembered in proportion to the groups, not the
  // hits.
  std::size_t unite_at = 1024;
  for (const Event& event : batch.events) {
    parts_->find(event, scratch, matched);
    if (matched.size() < unite_at) continue;
    sort_and_unite(matched);
    unite_at = std::max<std::size_t>(1024, 2 * matched.size());
  }
  sort_and_unite(matched);
  return matched;
}

std::size_t WatchIndex::group_count() const { return parts_->groups.size(); }

}  // namespace conclave::mvcc
