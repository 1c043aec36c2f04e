#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "conclave/base/prng.hpp"
#include "conclave/base/result.hpp"
#include "conclave/raft/config.hpp"
#include "conclave/raft/message.hpp"
#include "conclave/raft/ready.hpp"

namespace conclave::raft {

/// What the log store holds when a member starts.
struct Recovered {
  HardState hard_state;
  std::optional<SnapshotMeta> snapshot;  ///< entries at or below snapshot->last are gone from the log
  Membership membership;                 ///< as of the snapshot, or the bootstrap membership if there is none
  std::vector<EntryPtr> entries;         ///< contiguous, from snapshot->last + 1 (or 1); all durable
  Index applied;                         ///< the state store's applied index; >= snapshot->last
  Stamp stamp;                           ///< the greatest cluster time in state and log
};

/// What one peer looks like from the leader.
struct PeerStatus {
  MemberId id;
  Index match;
  Index next;
  bool snapshotting = false;
  bool active = false;  ///< heard from within an election timeout
  std::size_t inflight_messages = 0;
  bool operator==(const PeerStatus&) const = default;
};

struct Status {
  MemberId self;
  Role role = Role::follower;
  Term term;
  std::optional<MemberId> vote;
  std::optional<MemberId> leader;
  Index first;  ///< the first index still in the log (memory or store)
  Index last;
  Index committed;
  Index applied;
  Index durable;
  bool term_committed = false;           ///< leader: its first entry is committed, so reads may be granted
  std::optional<MemberId> transferring;  ///< leader: to whom
  std::vector<PeerStatus> peers;         ///< leader only, sorted by id
};

struct Parts;

/// The consensus of one member as a pure state machine (Ongaro's dissertation, sections 3, 4.3, 6.4, 9.6, 10.2.1): same inputs,
/// same outputs. No clock, no thread, no I/O; random timeouts come from `prng`. Not thread-safe: one loop owns it.
///
/// Use: feed inputs, then take_ready() and carry it out, as often as there is something ready.
/// Inputs never fail on what a peer sends: a message that makes no sense is dropped.
class Core {
 public:
  Core(const Config& config, Recovered recovered, Prng prng);
  ~Core();
  Core(Core&&) noexcept;
  Core& operator=(Core&&) noexcept;

  // --- Inputs -------------------------------------------------------------------------------------------------------------------
  void tick();
  void step(MemberId from, Message message);
  /// Appends one entry and returns its id. Errors: not_leader (also while leadership is being transferred), overloaded.
  [[nodiscard]] Result<EntryId> propose(Bytes batch);
  /// Starts a change to the given voters and learners (joint if more than a single record changes; left automatically when
  /// committed). Learners listed in `promote` become voters when they have caught up. Records of known members are updated.
  /// Errors: not_leader, membership_busy, invalid_argument.
  [[nodiscard]] Result<EntryId> propose_membership(std::vector<Member> voters, std::vector<Member> learners,
                                                   std::vector<MemberId> promote = {});
  /// Joins the read round that has not been sent yet (dissertation 6.4). Errors: not_leader.
  [[nodiscard]] Result<ReadRoundId> begin_read();
  /// Errors: not_leader, invalid_argument (not a voter, or self). Gives up by itself after an election timeout.
  [[nodiscard]] Result<void> transfer_leadership(MemberId to);
  /// Campaigns now if allowed (a single-member cluster at start; tests).
  void campaign();
  /// The link to `peer` was closed by the other side or the system (not merely silent): if it leads, fast failover starts.
  void on_link_closed(MemberId peer);
  /// A message to `peer` was dropped by its full or missing link: stop streaming, probe.
  void on_unreachable(MemberId peer);
  /// A patient peer, while this member leads, is told of a commit with the next entries or the next heartbeat, not by a message of
  /// its own. Kept whoever leads; nobody is patient at first.
  void set_patient(MemberId peer, bool patient);
  /// The cluster time that this member knows, as leader by its own clock; carried by its heartbeats, appends and vote replies. A
  /// lesser one than is known changes nothing.
  void set_stamp(Stamp stamp);

  // --- Completions --------------------------------------------------------------------------------------------------------------
  /// Writes up to and including `id` are durable.
  void on_durable(WriteId id);
  /// The engine applied everything up to `index`.
  void on_applied(Index index);
  /// The answer to a LogRead. Empty entries: the log was cut past `from`; the peer gets a snapshot.
  void on_log_read(MemberId peer, Index from, std::vector<EntryPtr> entries);
  /// The answer to a SnapshotRead. No chunk: there is none at the moment; asked again later.
  void on_snapshot_read(MemberId peer, std::optional<SnapshotChunk> chunk);
  /// A SnapshotReceived was stored up to `next_offset`. `complete`: all bytes are there and verified; the core then issues the
  /// install write. Not `ok`: the bytes were bad, the receipt starts again.
  void on_snapshot_stored(EntryId last, std::uint64_t next_offset, bool complete, bool ok);
  /// The log store may drop entries up to and including `to`, which must be applied and durable.
  void compact(EntryId to);

  // --- Outputs ------------------------------------------------------------------------------------------------------------------
  [[nodiscard]] bool has_ready() const;
  [[nodiscard]] Ready take_ready();

  // --- Observers ----------------------------------------------------------------------------------------------------------------
  [[nodiscard]] Status status() const;
  [[nodiscard]] bool is_leader() const;
  [[nodiscard]] bool is_term_committed() const;  ///< it leads, and an entry of its term is committed
  [[nodiscard]] Term term() const;
  [[nodiscard]] std::optional<MemberId> leader() const;
  [[nodiscard]] const Membership& membership() const;
  [[nodiscard]] bool membership_committed() const;  ///< the membership in force is committed and not joint
  /// More is committed than Config::apply_bytes_max lets out before some of it is applied.
  [[nodiscard]] bool withholds_committed() const;
  /// The term of an entry still known to this member, or nothing.
  [[nodiscard]] std::optional<Term> term_at(Index index) const;
  /// The stamp that this member would go on from if it led: set, or heard from leaders whose logs held all of its own. It goes back
  /// when a leader who knew less is followed.
  [[nodiscard]] Stamp stamp() const;
  /// Leader: the tick count at the start of the newest heartbeat round that a quorum confirmed; 0 before the first. Ticks are
  /// counted from construction. A single-member cluster is always confirmed.
  [[nodiscard]] std::uint64_t quorum_confirmed_tick() const;
  [[nodiscard]] std::uint64_t ticks() const;

  /// For invariants.hpp and describe.hpp, which are part of this layer.
  [[nodiscard]] const Parts& parts() const { return *parts_; }

 private:
  std::unique_ptr<Parts> parts_;
};

}  // namespace conclave::raft
