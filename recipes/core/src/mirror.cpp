#include "conclave/recipes_core/mirror.hpp"

#include <utility>

namespace conclave::recipes::core {
namespace {

/// What leads from one listing to another, in the order of the keys.
std::vector<KeyChange> difference(const KeyMap& before, const KeyMap& after) {
  std::vector<KeyChange> changes;
  auto old = before.begin();
  auto now = after.begin();
  while (old != before.end() || now != after.end()) {
    if (now == after.end() || (old != before.end() && old->first < now->first)) {
      changes.push_back({old->first, old->second, std::nullopt});
      ++old;
    } else if (old == before.end() || now->first < old->first) {
      changes.push_back({now->first, std::nullopt, now->second});
      ++now;
    } else {
      if (old->second != now->second) changes.push_back({now->first, old->second, now->second});
      ++old;
      ++now;
    }
  }
  return changes;
}

}  // namespace

MirrorChange Mirror::replace(Revision revision, KeyMap keys) {
  const std::lock_guard lock(mutex_);
  MirrorChange change{revision, difference(*keys_, keys)};
  keys_ = std::make_shared<KeyMap>(std::move(keys));
  lent_ = false;
  revision_ = revision;
  return change;
}

MirrorChange Mirror::apply(const WatchEvents& events) {
  const std::lock_guard lock(mutex_);
  MirrorChange change{events.revision, {}};
  if (events.revision <= revision_) return change;
  KeyMap& keys = writable();
  for (const Event& event : events.events) {
    KeyChange step{event.kv.key, std::nullopt, std::nullopt};
    const auto found = keys.find(event.kv.key);
    if (found != keys.end()) step.before = found->second;
    if (event.kind == EventKind::put) {
      step.after = event.kv;
      keys.insert_or_assign(event.kv.key, event.kv);
    } else if (found != keys.end()) {
      keys.erase(found);
    }
    change.keys.push_back(std::move(step));
  }
  revision_ = events.revision;
  return change;
}

void Mirror::reach(Revision revision) {
  const std::lock_guard lock(mutex_);
  if (revision > revision_) revision_ = revision;
}

/// A state that was lent must not change: it keeps the map, and this goes on with a copy.
KeyMap& Mirror::writable() {
  if (std::exchange(lent_, false)) keys_ = std::make_shared<KeyMap>(*keys_);
  return *keys_;
}

Revision Mirror::revision() const {
  const std::lock_guard lock(mutex_);
  return revision_;
}

std::size_t Mirror::size() const {
  const std::lock_guard lock(mutex_);
  return keys_->size();
}

std::optional<KeyValue> Mirror::get(std::string_view key) const {
  const std::lock_guard lock(mutex_);
  const auto found = keys_->find(key);
  if (found == keys_->end()) return std::nullopt;
  return found->second;
}

MirrorState Mirror::state() const {
  const std::lock_guard lock(mutex_);
  lent_ = true;
  return {revision_, keys_};
}

void Mirror::look(const std::function<void(const KeyMap&)>& look) const {
  const std::lock_guard lock(mutex_);
  look(*keys_);
}

}  // namespace conclave::recipes::core
