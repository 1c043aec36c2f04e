#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "conclave/engine/event.hpp"
#include "context.hpp"

namespace conclave::engine {

/// Delivery of events to watches (architecture, section 8): ordered, without gap or repeat, resumable, bounded. A live watch gets
/// each batch as it is applied, encoded once for its group. A watch that starts in the past, or whose connection has too much
/// queued, catches up from the window in memory or from history on disk. A writer never waits for a watch.
class WatchFeed {
 public:
  explicit WatchFeed(Context& context);

  // --- Inputs
  // ---------------------------------------------------------------------------------------------------------------------
  void create(ConnectionId connection, RequestId request, const WatchCreate& watch);
  /// It is surely not its turn yet: it waits for events of the future, so the state need not be the newest.
  [[nodiscard]] bool queues(const TurnWatch& watch) const { return turns_.queues(watch.spec, *context_.machine); }
  /// A key made now is behind others that wait for their turn.
  [[nodiscard]] bool are_before(ByteView key) const { return turns_.is_waited_for(key) && !context_.machine->get(key); }
  void create_turn(ConnectionId connection, RequestId request, const TurnWatch& watch);
  /// To be created when the write `watch.with` is done.
  void plan_turn(ConnectionId connection, RequestId request, const TurnWatch& watch);
  /// A write was answered: what was planned for then is created, or refused as the write was.
  void on_write_done(ConnectionId connection, RequestId write, const mvcc::ResponseBody& outcome);
  void cancel(ConnectionId connection, RequestId request, WatchId watch);
  /// Answered when no watch of the connection is behind any more.
  void ask_progress(ConnectionId connection, RequestId request);
  void on_connected(ConnectionId connection);
  void on_closed(ConnectionId connection);
  void on_written(ConnectionId connection, std::size_t bytes);
  /// An entry was applied: whoever's turn it has become is told. True: somebody was.
  bool fire_turns(const std::vector<mvcc::EventBatchPtr>& batches);
  /// Then those who watch.
  void on_applied(const std::vector<mvcc::EventBatchPtr>& batches);
  void on_history(HistoryRead read);
  /// The machine, at revision `before`, was replaced by a snapshot: live watches go on from history, or are told COMPACTED.
  void on_machine_replaced(Revision before);
  void tell_leader(bool has_leader);
  void end_all(Errc reason);

  // --- Each pass
  // ------------------------------------------------------------------------------------------------------------------
  /// Bounded work for watches that catch up. True if there is more to do at once.
  bool catch_up();
  void send_bookmarks();

  [[nodiscard]] std::size_t watch_count() const { return watch_count_; }
  [[nodiscard]] std::size_t connection_count() const { return connections_.size(); }
  /// The oldest revision a young catching-up watch still needs; compaction by policy does not pass it.
  [[nodiscard]] std::optional<Revision> oldest_needed() const;

 private:
  struct Watch {
    mvcc::WatchGroupId group;
    Revision next;  ///< first revision not delivered yet (meaningful while catching up or ahead)
    bool live = false;
    bool bookmarks = true;
    bool reading = false;  ///< waits for history from disk
    Instant catching_up_since{};
  };
  struct PlannedTurn {
    RequestId request;
    TurnWatch watch;
  };
  struct Connection {
    std::map<WatchId, Watch> watches;
    std::map<WatchId, mvcc::TurnId> turns;
    std::map<WatchId, PlannedTurn> planned;
    std::size_t queued_bytes = 0;
  };
  using Key = std::pair<ConnectionId, WatchId>;

  void deliver_live(mvcc::WatchGroupId group, const mvcc::EventBatch& batch);
  void push(ConnectionId connection, Connection& to, std::span<const WatchId> watches, Revision revision,
            const std::vector<Bytes>& frames, std::size_t events);
  [[nodiscard]] std::vector<Bytes> encode(const std::vector<mvcc::Event>& events, const mvcc::WatchSpec& spec);
  bool catch_up_some();
  /// One step of one watch; false if it has to wait (credit, history).
  bool catch_up_one(const Key& key, Connection& connection, Watch& watch, std::size_t& budget);
  bool deliver_past(const Key& key, Connection& connection, Watch& watch, const mvcc::EventBatch& batch);
  void answer_progress();
  [[nodiscard]] bool is_behind(ConnectionId connection) const;
  void make_live(const Key& key, Watch& watch);
  void make_lagging(const Key& key, Watch& watch, Revision next);
  void end(const Key& key, const WatchEnded& why);
  void forget(const Key& key, Watch& watch);
  void fire(const std::vector<mvcc::TurnFired>& fired);
  void cancel_turn(ConnectionId id, Connection& connection, WatchId watch);
  void forget_turns(ConnectionId id, const Connection& connection);
  [[nodiscard]] bool may_add(Connection& connection, RequestId request, ConnectionId id, WatchId watch);

  Context& context_;
  mvcc::WatchIndex index_;
  mvcc::TurnIndex turns_;
  std::map<mvcc::TurnId, Key> turn_owners_;
  std::uint64_t next_turn_ = 1;
  std::map<std::pair<ConnectionId, RequestId>, WatchId> plans_;  ///< by the write that each waits for
  std::map<ConnectionId, Connection> connections_;
  std::map<mvcc::WatchGroupId, std::map<ConnectionId, std::vector<WatchId>>> live_;
  std::set<Key> behind_;  ///< catching up, or ahead of this member's revision
  std::vector<std::pair<ConnectionId, RequestId>> progress_asks_;
  std::map<std::uint64_t, Key> history_reads_;
  std::uint64_t next_token_ = 1;
  std::optional<Key> resume_at_;  ///< round robin among those behind
  std::size_t watch_count_ = 0;
  Instant next_bookmarks_{};
};

}  // namespace conclave::engine
