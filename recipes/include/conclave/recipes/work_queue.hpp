#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conclave/client/types.hpp"
#include "conclave/recipes/wait.hpp"

namespace conclave {
class Client;
}
namespace conclave::recipes {

/// Who pushes and takes.
struct WorkQueueOptions {
  std::chrono::milliseconds ttl{10'000};  ///< 2 s at least: how long others wait for the items of a process that died
  std::string owner{};                    ///< shown to others; empty: HOST:PID
};

/// What an item has beside its body.
struct PushOptions {
  /// The item's identity: pushing another while one with the same id is in the queue does nothing. Up to 128 bytes without slashes.
  /// Empty: one is made up.
  std::string id{};
  unsigned priority = 0;           ///< 0 to 99; the greater comes first
  std::uint64_t attempts_max = 5;  ///< when it came back so often it is dead
  /// Not handed out before, by the servers' clock. What is less than 2 s becomes 2 s; a day at most.
  std::chrono::milliseconds delay{0};
};
/// What came of a push.
struct Pushed {
  std::string id;
  bool is_new = true;  ///< false: an item with this id is in the queue already; nothing was done
};

/// How long an item is held.
struct TakeOptions {
  /// For how long the item is held unless WorkItem::extend() is called; zero: as long as this process lives. A worker that hangs
  /// while its process goes on loses the item then.
  std::chrono::milliseconds hold_for{0};
};

/// An item that was handed out to this program and to nobody else. Destroying it gives it back, without waiting; that counts as an
/// attempt.
///
/// Whether it is still held is judged by this machine's clock alone, as with a Hold. A process that is stopped learns late: put
/// guard() into every write that the work makes, or make them with acknowledge(), and the server refuses them once another may have
/// the item.
///
/// Move-only; different threads may call the const functions at the same time.
class WorkItem {
 public:
  WorkItem();
  WorkItem(WorkItem&&) noexcept;
  WorkItem& operator=(WorkItem&&) noexcept;
  ~WorkItem();

  /// Its identity in the queue.
  [[nodiscard]] const std::string& id() const;
  /// What was pushed.
  [[nodiscard]] const std::string& body() const;
  /// As it was pushed.
  [[nodiscard]] unsigned priority() const;
  [[nodiscard]] std::uint64_t attempt() const;  ///< from one on
  /// After how many it is dead.
  [[nodiscard]] std::uint64_t attempts_max() const;
  [[nodiscard]] std::chrono::system_clock::time_point pushed_at() const;  ///< by the clock of who pushed it
  /// Who pushed it.
  [[nodiscard]] const std::string& pushed_by() const;

  /// Judged by the local clock.
  [[nodiscard]] bool is_held() const;
  /// For any request: it is refused with Errc::fenced once this is not held any more.
  [[nodiscard]] const Guard& guard() const;
  /// Called once, on the client's thread, when the item is lost or its time is over (at once if it is already); not after it was
  /// settled, nor after the destructor, which waits for a handler that is being called, unless it runs within it.
  void on_lost(std::function<void()> handler);
  /// It is held for `span` from now on. Costs nothing: while the process lives its lease is kept, and it is this process that gives
  /// the item back in time.
  void extend(std::chrono::milliseconds span);

  /// The item is done. `with` happens at the same revision or not at all: what the work changed in the store is changed exactly
  /// once. One write. Errors: fenced, definite: it is another's, and nothing happened; if unknown the item is still held, try
  /// again.
  Result<void> acknowledge(std::vector<Op> with = {}, Wait wait = {std::chrono::seconds(5), {}});
  void acknowledge(std::function<void(Result<void>)> done, std::vector<Op> with = {}, Wait wait = {std::chrono::seconds(5), {}});
  /// The item comes back, after `delay` if that is not zero (by the servers' clock; less than 2 s becomes 2 s); it is dead if this
  /// was its last attempt. One write, with a delay two. `why` is kept with it. It is not held from the call on; after an error it
  /// comes back in the background.
  Result<void> reject(std::string why = {}, std::chrono::milliseconds delay = {}, Wait wait = {std::chrono::seconds(5), {}});
  void reject(std::function<void(Result<void>)> done, std::string why = {}, std::chrono::milliseconds delay = {},
              Wait wait = {std::chrono::seconds(5), {}});
  /// Lets go of the item without giving it back: it stays out for `ttl` (2 s to a day, by the servers' clock), whatever becomes of
  /// this program, and comes back then unless its lease is renewed. Two writes. Whoever has the guard that this gives disposes of
  /// the item by WorkQueue::acknowledge or reject, in any program. After an error that is unknown it is given back.
  Result<Guard> detach(std::chrono::milliseconds ttl, Wait wait = {std::chrono::seconds(5), {}});
  void detach(std::function<void(Result<Guard>)> done, std::chrono::milliseconds ttl, Wait wait = {std::chrono::seconds(5), {}});

 private:
  friend struct WorkItemAccess;
  struct State;
  explicit WorkItem(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

enum class ItemState : std::uint8_t {
  ready,
  taken,
  delayed,
  returning,  ///< its taker was lost or its delay is over; a consumer puts it back
  dead,
};
/// An item as it stands in the queue.
struct QueuedItem {
  std::string id;
  ItemState state = ItemState::ready;
  unsigned priority = 0;
  std::uint64_t attempts = 0;
  std::uint64_t attempts_max = 0;
  std::chrono::system_clock::time_point pushed_at;
  std::string pushed_by;
  std::string taken_by;
  std::string error;  ///< why it came back the last time, or is dead
};
/// Some items of one state, in their order.
struct QueuePage {
  std::vector<QueuedItem> items;
  std::string next;  ///< what to pass for the next page; empty: there is none
};
/// How many items there are of each state.
struct QueueCounts {
  std::uint64_t ready = 0, delayed = 0, taken = 0, returning = 0, dead = 0;
  std::optional<QueuedItem> first;  ///< who is next; its pushed_at tells how far behind the consumers are
};

/// A queue of work that many programs push to and take from.
///
///     conclave::recipes::WorkQueue queue(client, "mails");
///     queue.push("to: ann", {.id = "mail-17"});
///     ...
///     auto item = queue.take();
///     if (item && send(item->body())) item->acknowledge(); else item->reject("no route", 30s);
///
/// - **Safety.** An item that was pushed is in the queue until it is acknowledged, or discarded once it is dead. At any moment at
///   most one taker's guard is accepted for it. It is handed out again when its taker gave it back or was lost (at-least-once);
///   what is written under its guard, or in the acknowledgement, happens once.
/// - **Fencing token.** WorkItem::guard().create_revision, of the claim on the item: grows from taker to taker.
/// - **Fairness, order.** By priority, then in the order in which pushes reached the servers. An item that comes back keeps its
///   place. Consumers that take at the same moment may take from the first 16 of a priority out of order; a greater priority
///   always goes first. Consumers that wait are served in the order in which they came.
/// - **Unknown outcome.** Of push: the error is unknown; push again with the same id. Of take: there is none; what a lost answer
///   left behind is given back in the background. Of acknowledge: see there.
/// - **Lost lease.** The items are not held any more; WorkItem::on_lost tells at the local deadline. Once the lease ended at the
///   servers they come back by themselves as long as any consumer of the queue is there.
/// - **Cancellation.** A take that is called off leaves nothing behind.
/// - **Waiting.** Consumers that find nothing queue up; the first of them alone is told of new items. Nobody polls, nobody is woken
///   for nothing, no listing grows with the queue.
/// - **Cost.** push(): one write, with a delay two. take(): one read and one write; one more of each if it has to wait; a few if
///   consumers grasp for the same item. acknowledge(): one write. reject(): one write, with a delay two. extend(): none. counts():
///   one read. One of the consumers watches what is held and puts back what lost its taker: one write for each.
///
/// All functions may be called from any thread, the blocking ones not from callbacks of the client. The object may go while its
/// items are held; it takes part in the care for the queue from its first take() on until it goes.
class WorkQueue {
 public:
  WorkQueue(Client& client, std::string name, WorkQueueOptions options = {});
  WorkQueue(WorkQueue&&) noexcept;
  WorkQueue& operator=(WorkQueue&&) noexcept;
  ~WorkQueue();

  /// Adds an item.
  Result<Pushed> push(std::string body, PushOptions options = {}, Wait wait = {std::chrono::seconds(5), {}});
  void push(std::string body, PushOptions options, std::function<void(Result<Pushed>)> done,
            Wait wait = {std::chrono::seconds(5), {}});

  /// Waits for an item.
  Result<WorkItem> take(TakeOptions options = {}, Wait wait = {});
  void take(TakeOptions options, std::function<void(Result<WorkItem>)> done, Wait wait = {});
  /// Nothing if no item waits.
  Result<std::optional<WorkItem>> try_take(TakeOptions options = {}, Wait wait = {});
  void try_take(TakeOptions options, std::function<void(Result<std::optional<WorkItem>>)> done, Wait wait = {});

  /// Of a detached item, by its guard: as the functions of WorkItem. invalid_argument: the guard is of no item of this queue.
  Result<void> acknowledge(Guard detached, Wait wait = {std::chrono::seconds(5), {}});
  void acknowledge(std::function<void(Result<void>)> done, Guard detached, Wait wait = {std::chrono::seconds(5), {}});
  /// Of a detached item, by its guard: it comes back, as with WorkItem::reject.
  Result<void> reject(Guard detached, std::string why = {}, std::chrono::milliseconds delay = {},
                      Wait wait = {std::chrono::seconds(5), {}});
  void reject(std::function<void(Result<void>)> done, Guard detached, std::string why = {}, std::chrono::milliseconds delay = {},
              Wait wait = {std::chrono::seconds(5), {}});

  /// One read, whose cost does not grow with the queue.
  Result<QueueCounts> counts(Wait wait = {});
  void counts(std::function<void(Result<QueueCounts>)> done, Wait wait = {});
  /// One page of at most 60 items of one state, in their order; of taken, delayed and returning ones together. `from`: the page
  /// before's `next`.
  Result<QueuePage> list(ItemState state, std::string from = {}, Wait wait = {});
  void list(std::function<void(Result<QueuePage>)> done, ItemState state, std::string from = {}, Wait wait = {});
  /// A dead item waits again, with no attempt counted. False: no item with this id is dead.
  Result<bool> revive(std::string id, Wait wait = {});
  void revive(std::function<void(Result<bool>)> done, std::string id, Wait wait = {});
  /// A dead item is forgotten. False: no item with this id is dead.
  Result<bool> discard(std::string id, Wait wait = {});
  void discard(std::function<void(Result<bool>)> done, std::string id, Wait wait = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace conclave::recipes
