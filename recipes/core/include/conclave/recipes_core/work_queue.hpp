#pragma once

#include <optional>
#include <string>
#include <vector>

#include "conclave/recipes_core/item_record.hpp"
#include "conclave/recipes_core/place.hpp"
#include "conclave/recipes_core/queue_sweeper.hpp"

namespace conclave::recipes::core {

/// An item that was handed out: what it is, and the claim on it. When this goes the claim is given up and the item comes back. On
/// the store's thread, except where it says otherwise.
class TakenItem : public std::enable_shared_from_this<TakenItem> {
 public:
  TakenItem(QueueKeys keys, ItemRecord record, std::string body, PlacePtr claim);

  [[nodiscard]] const QueueKeys& keys() const { return keys_; }
  [[nodiscard]] const ItemRecord& record() const { return record_; }
  [[nodiscard]] const std::string& body() const { return body_; }
  [[nodiscard]] const PlacePtr& claim() const { return claim_; }
  /// Any thread.
  [[nodiscard]] bool is_held() const;
  /// Raised when it was lost or its time is over.
  [[nodiscard]] Signal& lost() { return lost_; }
  /// It is given back at `until` unless that is moved before; Instant::max(): it is not.
  void hold_until(Instant until) {
    extend(until);
    arm();
  }
  /// Any thread; arm() has to follow.
  void extend(Instant until) { until_ = until.time_since_epoch().count(); }
  void arm();
  /// Any thread.
  [[nodiscard]] Instant until() const { return Instant(Duration(until_.load())); }
  /// A write disposed of it.
  void settle();

 private:
  void give_back();

  QueueKeys keys_;
  ItemRecord record_;
  std::string body_;
  PlacePtr claim_;
  Signal lost_;
  Subscription on_lost_;
  std::atomic<std::int64_t> until_{Instant::max().time_since_epoch().count()};
  std::unique_ptr<Timer> timer_;
};
using TakenItemPtr = std::shared_ptr<TakenItem>;

struct PushRequest {
  std::string body;
  std::string id;  ///< empty: made up
  unsigned priority = 0;
  std::uint64_t attempts_max = 5;
  milliseconds delay{0};
};
struct Pushed {
  std::string id;
  bool is_new = true;  ///< false: an item with this id is in the queue already
};

struct QueueCounts {
  std::uint64_t ready = 0;
  std::uint64_t delayed = 0;
  std::uint64_t taken = 0;      ///< on a lease that lives, as far as the servers know
  std::uint64_t returning = 0;  ///< their takers were lost or their delays are over; on their way back
  std::uint64_t dead = 0;
  std::optional<ItemRecord> first;  ///< who is next
  Revision revision;
};

/// What the takes of one queue object share.
struct Consumer {
  std::vector<KeyValue> next;  ///< what waited when this was last told; a guess
  std::size_t spread = 1;      ///< among how many of the first it picks, so that many consumers do not all grasp for one
  SweeperPtr sweeper;
};

/// A work queue; conclave/recipes/work_queue.hpp tells what it promises. A value: its calls outlive it.
class WorkQueue {
 public:
  WorkQueue(HubPtr hub, KeeperOptions keeper, std::string directory);

  [[nodiscard]] Task<Result<Pushed>> push(PushRequest request, Call call) const {
    return push_item(*this, std::move(request), std::move(call));
  }
  /// `wait` false: null if nothing waits. `patience`: for how long the item is held unless that is extended.
  [[nodiscard]] Task<Result<TakenItemPtr>> take(bool wait, Duration patience, Call call) const {
    return take_item(*this, wait, patience, std::move(call));
  }
  [[nodiscard]] Task<Result<QueueCounts>> counts(Call call) const { return count(hub_, keys_, std::move(call)); }
  [[nodiscard]] const QueueKeys& keys() const { return keys_; }
  [[nodiscard]] const HubPtr& hub() const { return hub_; }
  /// No more is swept on behalf of this object.
  void stop() const { consumer_->sweeper->stop(); }

  /// Done with it; `with` happens at the same revision, or neither does. Errors: fenced if it is not held any more.
  static Task<Result<bool>> acknowledge(TakenItemPtr item, std::vector<Op> with, Call call);
  /// It comes back after `delay`, or is dead if this was its last attempt.
  static Task<Result<bool>> reject(TakenItemPtr item, milliseconds delay, std::string why, Call call);
  /// Hands the claim over to a lease of its own, which nobody renews: the item stays out for `ttl`, whatever becomes of this
  /// client. Whoever has the guard that this gives disposes of it.
  static Task<Result<Guard>> detach(TakenItemPtr item, milliseconds ttl, Call call);

 private:
  static Task<Result<Pushed>> push_item(WorkQueue self, PushRequest request, Call call);
  static Task<Result<TakenItemPtr>> take_item(WorkQueue self, bool wait, Duration patience, Call call);
  static Task<Result<TakenItemPtr>> take_now(WorkQueue self, PlacePtr in_line, Call call);
  static Task<Result<TakenItemPtr>> take_in_line(WorkQueue self, Call call);
  static Task<Result<TakenItemPtr>> claim(WorkQueue self, KeyValue ready, PlacePtr in_line, Call call);
  static Task<Result<Revision>> look(WorkQueue self, Call call);
  static Task<Result<bool>> await_item(WorkQueue self, PlacePtr in_line, Revision from, Call call);
  static Task<Result<QueueCounts>> count(HubPtr hub, QueueKeys keys, Call call);
  [[nodiscard]] KeyValue pick() const;
  static Task<Result<bool>> clear(WorkQueue self, KeyValue scribble, Call call);
  [[nodiscard]] PlaceRequest claim_of(const KeyValue& ready, const ItemRecord& record, const PlacePtr& in_line) const;
  void learn(Entered& entered, const KeyValue& claimed) const;

  HubPtr hub_;
  KeeperOptions keeper_;
  QueueKeys keys_;
  std::shared_ptr<Consumer> consumer_;
};

/// An item as somebody else sees it.
struct ListedItem {
  enum class State : std::uint8_t { ready, taken, delayed, returning, dead };
  ItemRecord record;
  State state = State::ready;
  std::string holder;  ///< of one that is taken: who has it
};
struct ItemPage {
  std::vector<ListedItem> items;
  std::string next;  ///< where the next page begins; empty: there is none
};
enum class Shelf : std::uint8_t { ready, held, dead };
inline constexpr std::uint64_t page_rows_max = 60;

/// At most `rows` items, from key `from` on (empty: from the first). One read, of held items two.
Task<Result<ItemPage>> list_items(HubPtr hub, QueueKeys keys, Shelf shelf, std::string from, std::uint64_t rows, Call call);
/// A dead item waits again, with no attempt counted. False: no item with this id is dead.
Task<Result<bool>> revive_item(HubPtr hub, QueueKeys keys, std::string id, Call call);
/// A dead item is forgotten. False: no item with this id is dead.
Task<Result<bool>> discard_item(HubPtr hub, QueueKeys keys, std::string id, Call call);

/// Dispose of a detached item. Errors: fenced if it is not held any more; invalid_argument if `claim` is on no item of this queue.
Task<Result<bool>> acknowledge_claim(HubPtr hub, QueueKeys keys, Guard claim, Call call);
Task<Result<bool>> reject_claim(HubPtr hub, QueueKeys keys, Guard claim, milliseconds delay, std::string why, Call call);
/// What a rejection does: the item comes back after `delay`, or is dead. Grants the lease of the delay.
Task<Result<Txn>> rejection_of(Store& store, QueueKeys keys, ItemRecord record, std::string claim_key, milliseconds delay,
                               Call call);

/// A lease of `ttl` that nobody renews: what hangs on it goes after that time by the servers' clock.
Task<Result<LeaseId>> grant_delay(Store& store, milliseconds ttl, std::string owner, Call call);
/// Delays are rounded up to this: the shortest lease.
inline constexpr milliseconds delay_min{2000};
inline constexpr milliseconds delay_max = std::chrono::hours(24);

}  // namespace conclave::recipes::core
