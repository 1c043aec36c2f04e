#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <vector>

#include "conclave/engine/event.hpp"
#include "context.hpp"

namespace conclave::engine {

/// Reads of every consistency (architecture, section 7). Linearizable reads of one moment share one read round: of this member's
/// core if it leads, of the leader otherwise. An answer waits until the read index is applied here.
class Reads {
 public:
  explicit Reads(Context& context);

  // --- Inputs
  // ---------------------------------------------------------------------------------------------------------------------
  void ask(ConnectionId connection, RequestId request, ReadRequest read);
  /// Calls `then` in place of an answer, once this member's state reflects everything that completed before. Refused, closed and
  /// timed out like a linearizable read.
  void ask_then(ConnectionId connection, RequestId request, WatchId watch, std::function<void()> then);
  /// The watch that an ask_then() is for is cancelled.
  void cancel(ConnectionId connection, WatchId watch);
  void on_connection_closed(ConnectionId connection);
  void on_index_ask(MemberId from, const ReadIndexAsk& ask);
  void on_index_answer(MemberId from, const ReadIndexAnswer& answer);
  void on_granted(const raft::ReadGrant& grant);
  void on_round_lost(const raft::ReadRoundId& round);
  void on_leader_changed();
  void on_overlay(OverlayRead read);
  void on_leader_heard() { leader_heard_ = context_.now; }
  void refuse_all(Errc code);

  // --- Each pass
  // ------------------------------------------------------------------------------------------------------------------
  /// Sends one round for everything that gathered since the last pass.
  void start_round();
  /// Answers what the applied state now suffices for.
  void answer();
  void expire_patience();
  [[nodiscard]] bool gathering() const { return !gathering_.empty() && context_.core.leader().has_value(); }
  [[nodiscard]] std::size_t waiting() const;

 private:
  struct Waiting {
    ConnectionId connection;
    RequestId request;
    ReadRequest read;
    Instant since;
    WatchId watch;  ///< zero: a read
    std::function<void()> then;
  };
  using Group = std::list<Waiting>;  // spliced from stage to stage without a copy

  /// Who waits for one of this core's rounds.
  struct Round {
    Group local;
    std::vector<std::pair<MemberId, std::uint64_t>> remote;
  };
  struct Asked {
    MemberId leader;
    Group reads;
  };

  [[nodiscard]] bool local_is_enough(const ReadRequest& read) const;
  void await_index(Group&& reads, Index index);
  void gather(Group&& reads);
  void execute_all(Group& group);
  void expect_keys(Group::const_iterator first, Group::const_iterator last) const;
  void execute(Waiting& waiting);
  void execute_range(Waiting& waiting, const mvcc::RangeOp& op, const mvcc::HistoryOverlay* overlay);
  void ask_overlay(Waiting& waiting, const mvcc::RangeOp& op, Revision from);
  template <class Visit>
  void for_each_stage(Visit visit);

  Context& context_;
  std::uint64_t next_ask_;
  std::uint64_t next_token_ = 1;
  Group gathering_;                            ///< wait for a round that has not been sent
  std::map<raft::ReadRoundId, Round> rounds_;  ///< sent by this core
  std::map<std::uint64_t, Asked> asked_;       ///< sent to the leader
  std::multimap<Index, Group> at_index_;       ///< granted, wait for apply
  Group at_revision_;                          ///< wait for a revision
  struct Overlaid {
    Waiting waiting;
    mvcc::HistoryOverlay overlay;
    Revision until;
  };
  std::map<std::uint64_t, Overlaid> overlays_;  ///< wait for history from disk
  std::optional<Instant> leader_heard_;
};

}  // namespace conclave::engine
