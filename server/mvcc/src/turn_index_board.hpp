#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "conclave/mvcc/turn_index.hpp"
#include "interval_tree.hpp"
#include "turn_index_ages.hpp"

namespace conclave::mvcc {

/// What the turn watches read of the store, at its newest revision.
class TurnKeys {
 public:
  virtual ~TurnKeys() = default;
  [[nodiscard]] virtual Revision revision() const = 0;
  /// The create revision of a key; zero if there is no such key.
  [[nodiscard]] virtual Revision create_of(ByteView key) const = 0;
  /// The create revisions of all keys under the prefix, in any order.
  [[nodiscard]] virtual std::vector<Revision> creates_under(ByteView prefix) const = 0;
};

/// The turn watches themselves. A prefix that somebody waits on has the ages of all its keys, kept up with the events, and a queue
/// of waiters for each number of places, in the order of the create revisions of their keys. A key has no fewer keys ahead than one
/// before it in the queue, so a look at the front of the queue tells whether anybody fires.
class TurnBoard {
 public:
  [[nodiscard]] bool queues(const TurnSpec& spec, const TurnKeys& keys) const;
  [[nodiscard]] bool is_waited_for(ByteView key) const;
  [[nodiscard]] std::vector<TurnFired> add(TurnId id, const TurnSpec& spec, const TurnKeys& keys);
  void remove(TurnId id);
  [[nodiscard]] std::vector<TurnFired> on_events(const EventBatch& batch);
  [[nodiscard]] std::vector<TurnFired> reevaluate(const TurnKeys& keys);
  [[nodiscard]] std::size_t size() const { return waiters_.size(); }
  [[nodiscard]] bool is_watched(ByteView prefix) const { return by_prefix_.contains(prefix); }
  /// Prefixes that somebody waits on.
  [[nodiscard]] std::size_t prefix_count() const { return groups_.size(); }

 private:
  using GroupId = std::uint64_t;
  using Queue = std::set<std::pair<Revision, TurnId>>;
  struct Group {
    std::string prefix;
    Revision known;  // `ages` is as of this revision or, if events came since, of the last of them
    KeyAges ages;
    std::map<std::uint64_t, Queue> queues;  // by places
  };
  struct Waiter {
    std::string own_key;
    Revision create;
    std::uint64_t places = 0;
    GroupId group = 0;
  };

  [[nodiscard]] GroupId group_of(const std::string& prefix);
  [[nodiscard]] bool is_behind(const Group& group, const TurnKeys& keys) const;
  void load(Group& group, const TurnKeys& keys);
  void evaluate(const Group& group, Revision revision, std::vector<TurnFired>& fired) const;
  void find_gone(const Event& event, Revision revision, std::set<TurnId>& gone) const;
  void follow(const Event& event, Revision revision, std::set<GroupId>& shrunk);
  [[nodiscard]] std::vector<TurnFired> gone_of(const Group& group, const TurnKeys& keys) const;
  [[nodiscard]] std::vector<TurnFired> fire(std::vector<TurnFired> fired, const std::set<GroupId>& groups, Revision revision);

  std::unordered_map<TurnId, Waiter> waiters_;
  std::map<std::string, std::set<TurnId>, std::less<>> by_own_key_;
  std::map<GroupId, Group> groups_;
  std::map<std::string, GroupId, std::less<>> by_prefix_;
  IntervalTree prefixes_;
  GroupId last_group_ = 0;
  Revision seen_;  // of the last event batch
};

}  // namespace conclave::mvcc
