#include "turn_index_board.hpp"

#include <algorithm>

#include "conclave/base/assert.hpp"
#include "turn_mutants.hpp"

namespace conclave::mvcc {
namespace {

bool is_turn(std::uint64_t ahead, std::uint64_t places) {
  if constexpr (mutant_fire_turn_early) return ahead <= places;
  return ahead < places;
}

}  // namespace

bool TurnBoard::queues(const TurnSpec& spec, const TurnKeys& keys) const {
  const auto found = by_prefix_.find(spec.prefix);
  if (found == by_prefix_.end()) return false;
  const Group& group = groups_.at(found->second);
  const Revision create = keys.create_of(spec.own_key);
  if (create.is_zero() || is_behind(group, keys)) return false;
  return !is_turn(group.ages.count_below(create), spec.places);
}

bool TurnBoard::is_waited_for(ByteView key) const {
  std::vector<GroupId> found;
  prefixes_.find(key, found);
  return !found.empty();
}

std::vector<TurnFired> TurnBoard::add(TurnId id, const TurnSpec& spec, const TurnKeys& keys) {
  CONCLAVE_ASSERT(!waiters_.contains(id));
  const Revision create = keys.create_of(spec.own_key);
  if (create.is_zero()) return {TurnFired{id, keys.revision(), true, 0}};
  const GroupId group_id = group_of(spec.prefix);
  Group& group = groups_.at(group_id);
  // Somebody may add a watch when the store is ahead of the events that came here; ages from before would hide keys that are older.
  const bool behind = is_behind(group, keys);
  if (group.queues.empty() || behind) load(group, keys);
  group.queues[spec.places].emplace(create, id);
  by_own_key_[spec.own_key].insert(id);
  waiters_.emplace(id, Waiter{spec.own_key, create, spec.places, group_id});
  return fire(behind ? gone_of(group, keys) : std::vector<TurnFired>{}, {group_id}, keys.revision());
}

void TurnBoard::remove(TurnId id) {
  const auto found = waiters_.find(id);
  if (found == waiters_.end()) return;
  const Waiter waiter = std::move(found->second);
  waiters_.erase(found);

  const auto own = by_own_key_.find(waiter.own_key);
  CONCLAVE_ASSERT(own != by_own_key_.end());
  own->second.erase(id);
  if (own->second.empty()) by_own_key_.erase(own);

  Group& group = groups_.at(waiter.group);
  const auto queue = group.queues.find(waiter.places);
  CONCLAVE_ASSERT(queue != group.queues.end());
  CONCLAVE_ASSERT(queue->second.erase({waiter.create, id}) == 1);
  if (queue->second.empty()) group.queues.erase(queue);
  if (!group.queues.empty()) return;
  prefixes_.erase(Interval::of_prefix(group.prefix), waiter.group);
  by_prefix_.erase(group.prefix);
  groups_.erase(waiter.group);
}

std::vector<TurnFired> TurnBoard::on_events(const EventBatch& batch) {
  std::set<TurnId> gone;
  std::set<GroupId> shrunk;
  for (const Event& event : batch.events) {
    if (event.kind == EventKind::put && !event.is_create()) continue;  // changes nobody's place
    find_gone(event, batch.revision, gone);
    follow(event, batch.revision, shrunk);
  }
  seen_ = std::max(seen_, batch.revision);
  std::vector<TurnFired> fired;
  for (const TurnId id : gone) fired.push_back(TurnFired{id, batch.revision, true, 0});
  return fire(std::move(fired), shrunk, batch.revision);
}

std::vector<TurnFired> TurnBoard::reevaluate(const TurnKeys& keys) {
  std::vector<TurnFired> gone;
  std::set<GroupId> all;
  for (auto& [id, group] : groups_) {
    const auto of_group = gone_of(group, keys);
    gone.insert(gone.end(), of_group.begin(), of_group.end());
    load(group, keys);
    all.insert(id);
  }
  seen_ = keys.revision();
  return fire(std::move(gone), all, keys.revision());
}

TurnBoard::GroupId TurnBoard::group_of(const std::string& prefix) {
  const auto [place, fresh] = by_prefix_.try_emplace(prefix, last_group_ + 1);
  if (!fresh) return place->second;
  const GroupId id = ++last_group_;
  Group& group = groups_[id];
  group.prefix = prefix;
  prefixes_.insert(Interval::of_prefix(prefix), id);
  return id;
}

bool TurnBoard::is_behind(const Group& group, const TurnKeys& keys) const { return std::max(group.known, seen_) < keys.revision(); }

void TurnBoard::load(Group& group, const TurnKeys& keys) {
  group.ages = KeyAges(keys.creates_under(group.prefix));
  group.known = keys.revision();
}

void TurnBoard::evaluate(const Group& group, Revision revision, std::vector<TurnFired>& fired) const {
  for (const auto& [places, queue] : group.queues) {
    for (const auto& [create, id] : queue) {
      const std::uint64_t ahead = group.ages.count_below(create);
      if (!is_turn(ahead, places)) break;  // nor is it for those behind
      fired.push_back(TurnFired{id, revision, false, ahead});
    }
  }
}

void TurnBoard::find_gone(const Event& event, Revision revision, std::set<TurnId>& gone) const {
  const auto own = by_own_key_.find(event.kv->key());
  if (own == by_own_key_.end()) return;
  for (const TurnId id : own->second) {
    // An event from before the key was made, or of its making, came late: the watch was added when the store was ahead.
    if (revision > waiters_.at(id).create) gone.insert(id);
  }
}

void TurnBoard::follow(const Event& event, Revision revision, std::set<GroupId>& shrunk) {
  std::vector<GroupId> found;
  prefixes_.find(event.kv->key(), found);
  for (const GroupId id : found) {
    Group& group = groups_.at(id);
    if (revision <= group.known) continue;  // the ages were read after it
    if (event.kind == EventKind::put) {
      group.ages.add(event.kv->create_revision());
    } else {
      CONCLAVE_ASSERT(event.prev != nullptr);
      group.ages.remove(event.prev->create_revision());
      shrunk.insert(id);
    }
  }
}

std::vector<TurnFired> TurnBoard::gone_of(const Group& group, const TurnKeys& keys) const {
  std::vector<TurnFired> gone;
  for (const auto& [places, queue] : group.queues) {
    for (const auto& [create, id] : queue) {
      if (keys.create_of(waiters_.at(id).own_key) != create) gone.push_back(TurnFired{id, keys.revision(), true, 0});
    }
  }
  return gone;
}

// Those that are gone leave the queues before anybody's turn is looked for; all that fire leave the board.
std::vector<TurnFired> TurnBoard::fire(std::vector<TurnFired> fired, const std::set<GroupId>& groups, Revision revision) {
  for (const TurnFired& gone : fired) remove(gone.id);
  std::vector<TurnFired> turns;
  for (const GroupId id : groups) {
    if (const auto group = groups_.find(id); group != groups_.end()) evaluate(group->second, revision, turns);
  }
  for (const TurnFired& turn : turns) remove(turn.id);
  fired.insert(fired.end(), turns.begin(), turns.end());
  std::sort(fired.begin(), fired.end(), [](const TurnFired& one, const TurnFired& other) { return one.id < other.id; });
  return fired;
}

}  // namespace conclave::mvcc
