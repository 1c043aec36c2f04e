#pragma once

#include "parts.hpp"

/// What the activities offer each other; each block is one source file.
namespace conclave::raft {

// core.cpp
void send(Parts& p, MemberId to, Message message);
/// Sends once the hard state and the log up to `through` (zero: the hard state only) are durable.
void send_when_durable(Parts& p, MemberId to, Message message, Index through = Index());
[[nodiscard]] bool is_hard_state_durable(const Parts& p);
/// A leader, or a voter that tells what a leader said, is believed if that leader holds all of our log.
void hear_stamp(Parts& p, Term leader, Stamp stamp);
/// The leader's log was found to hold all of ours: its time is ours, also if others said more.
void follow_stamp(Parts& p, Term leader, Stamp stamp);
/// After log.commit_to moved the index from `before`.
void after_commit(Parts& p, Index before);
[[nodiscard]] RoleChange current_role(const Parts& p);

// receive.cpp
void receive(Parts& p, MemberId from, const Message& message);

// election.cpp
void tick_election(Parts& p);
void become_follower(Parts& p, Term term, std::optional<MemberId> leader);
void campaign_if_allowed(Parts& p);
void start_vote(Parts& p, bool transfer);
void on_leader_link_closed(Parts& p);
/// Votes are refused while a leader is heard (dissertation 4.2.3).
[[nodiscard]] bool is_leader_protected(const Parts& p);
void count_own_vote(Parts& p);
void reset_election_timer(Parts& p);
void handle(Parts& p, MemberId from, const VoteRequest& m);
void handle(Parts& p, MemberId from, const VoteReply& m);

// leadership.cpp
void become_leader(Parts& p);
void leave_leadership(Parts& p);
void tick_leader(Parts& p);
EntryId append_own(Parts& p, EntryBody body);
void sync_peers(Parts& p);
void advance_commit(Parts& p);
[[nodiscard]] bool is_term_committed(const Parts& p);
/// Leaves joint memberships, steps down when removed, promotes learners: whatever is due now.
void settle_membership(Parts& p);
[[nodiscard]] Result<EntryId> propose(Parts& p, EntryBody body);
[[nodiscard]] Result<EntryId> propose_membership(Parts& p, std::vector<Member> voters, std::vector<Member> learners,
                                                 const std::vector<MemberId>& promote);

// replication.cpp
[[nodiscard]] bool has_something_to_send(const Parts& p);
void send_to_peers(Parts& p);
void handle(Parts& p, MemberId from, const AppendReply& m);
void handle(Parts& p, MemberId from, const HeartbeatReply& m);
void on_log_read(Parts& p, MemberId peer, Index from, std::vector<EntryPtr> entries);

// follower.cpp
/// A message of the leader of our own term. False: it cannot be.
[[nodiscard]] bool accept_leader(Parts& p, MemberId from);
void handle(Parts& p, MemberId from, const AppendRequest& m);
void handle(Parts& p, MemberId from, const Heartbeat& m);

// read_index.cpp
[[nodiscard]] Result<ReadRoundId> begin_read(Parts& p);
/// Sends the heartbeats that are due, and with them the open read round.
void send_heartbeat_round(Parts& p);
void confirm_rounds(Parts& p);
void grant_reads(Parts& p);
[[nodiscard]] std::uint64_t quorum_confirmed_tick(const Parts& p);

// snapshot.cpp: the sending side
void ask_for_snapshot_chunk(Parts& p, MemberId id, Progress& peer);
void on_snapshot_read(Parts& p, MemberId id, std::optional<SnapshotChunk> chunk);
void tick_snapshots(Parts& p);
void end_transfer(Parts& p, MemberId id, Progress& peer, Index match);
void handle(Parts& p, MemberId from, const SnapshotReply& m);

// receipt.cpp: the receiving side
void handle(Parts& p, MemberId from, const SnapshotChunk& m);
void on_snapshot_stored(Parts& p, EntryId last, std::uint64_t next_offset, bool complete, bool ok);
void finish_install(Parts& p);

// transfer.cpp
[[nodiscard]] Result<void> begin_transfer(Parts& p, MemberId to);
void tick_transfer(Parts& p);
void send_timeout_now_if_caught_up(Parts& p, MemberId from);
void handle(Parts& p, MemberId from, const TimeoutNow& m);

}  // namespace conclave::raft
