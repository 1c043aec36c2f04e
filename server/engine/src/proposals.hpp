#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "conclave/engine/event.hpp"
#include "context.hpp"

namespace conclave::engine {

/// What is told to whoever waits for a command of this member.
using Outcome = Result<mvcc::ResponsePtr>;

/// The way of commands from this member's clients into the log and of their outcomes back (architecture, section 2): waiting
/// requests, the pending batch, forwarding to the leader, and what to tell whom when leadership changes.
class Proposals {
 public:
  using Done = std::function<void(const Outcome&)>;

  /// A command of this member on its way. `repeatable`: it has a session or is idempotent, so it may be sent again although it may
  /// have been proposed already.
  struct Command {
    std::string identity;
    Bytes bytes;
    bool repeatable = false;
    bool adds_data = false;
    std::optional<ConnectionId> connection;  ///< whose closing makes the outcome uninteresting
    bool unhurried = false;                  ///< it may wait for company: see Forward
  };

  explicit Proposals(Context& context);

  // --- Inputs
  // ---------------------------------------------------------------------------------------------------------------------
  /// `done` is called once, later, from within a pass of the engine, unless the connection closes first.
  void submit(Command command, Done done);
  void on_forward(MemberId from, const Forward& forward);
  void on_forward_refused(MemberId from, const ForwardRefused& refused);
  /// Another leader is known than before, or none, or this member leads now.
  void on_leader_changed();
  void on_peer_closed(MemberId peer);
  void on_connection_closed(ConnectionId connection);
  /// An applied command that this member sent.
  void on_applied(const mvcc::Envelope& envelope, mvcc::Response&& response);
  void on_entry_applied(Index index);
  void on_lost(const raft::EntryId& id);
  void on_unknown(const raft::EntryId& id);
  void on_write_submitted() { writes_in_flight_.push_back(context_.now); }
  /// `flush`: what the disk took for the last of them; zero if nobody knows.
  void on_writes_done(std::uint64_t count, Duration flush);
  /// A log write has been under way for half an election timeout.
  [[nodiscard]] bool disk_stalled() const;
  /// Refuses everything that waits for a leader and everything new.
  void shut_down();

  // --- Each pass
  // --------------------------------------------------------------------------------------------------------------------
  void expire_patience();
  /// Cuts the pending batch into a log entry if it is time to; `stamp` is the cluster's time. True if something was proposed.
  bool cut_batch(ClusterTime stamp);
  /// Appends an entry without commands now: a time entry.
  bool propose_time(ClusterTime stamp);

  [[nodiscard]] bool idle() const { return waiting_.empty() && pending_.empty(); }
  /// When a batch that waits for company is cut without.
  [[nodiscard]] std::optional<Instant> next_deadline() const;

 private:
  struct Waiting {
    Command command;
    Done done;
    Instant since;                    ///< since it was last sent, or came
    std::optional<MemberId> sent_to;  ///< forwarded there and not refused
    bool proposed_here = false;       ///< in the pending batch or in the log by this member
    std::uint32_t tries = 0;
    bool uncertain = false;  ///< an earlier try may have happened: no later refusal is definite
  };
  struct Origin {
    MemberId member;
    std::uint64_t request = 0;
  };
  struct Proposed {
    Term term;
    std::vector<Origin> origins;
  };

  void route(std::uint64_t number, Waiting& waiting);
  void add_pending(PendingCommand command, bool unhurried);
  [[nodiscard]] bool waits_for_company() const { return is_unhurried_ && context_.now < company_until_; }
  [[nodiscard]] Duration company_wait() const;
  [[nodiscard]] std::optional<std::string> no_room() const;
  [[nodiscard]] bool pending_full(std::size_t bytes) const;
  void finish(std::uint64_t number, const Outcome& outcome);
  void retry_or_finish(std::uint64_t number, Errc code);
  void return_pending();

  Context& context_;
  std::uint64_t next_number_;
  std::map<std::uint64_t, Waiting> waiting_;
  std::vector<PendingCommand> pending_;
  std::size_t pending_bytes_ = 0;
  bool is_unhurried_ = false;  ///< all that is pending is
  Instant company_until_{};    ///< for how long that may wait
  std::map<Index, Proposed> proposed_;
  std::deque<Instant> writes_in_flight_;  ///< when each was submitted
  Duration last_flush_{};
  bool shut_down_ = false;
};

}  // namespace conclave::engine
