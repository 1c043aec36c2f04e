#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "conclave/engine/types.hpp"
#include "conclave/mvcc/state_row.hpp"
#include "conclave/raft/ready.hpp"

/// Everything the engine touches. A port only enqueues: it never calls back into the engine; what it has to tell comes later as an
/// Event through Engine::deliver. Time is not a port: whoever drives the engine passes `now`
/// (docs/decisions/0002-time-is-an-argument.md).
namespace conclave::engine {

/// The raft log. Writes are executed in order. A crash keeps every write that was reported durable, any prefix of the rest, and
/// perhaps a torn last one, which recovery removes. A failed write or flush is not retried: StorageFailed is delivered and the
/// process ends.
class LogStore {
 public:
  virtual ~LogStore() = default;
  /// Answered by LogDurable with this or a later id.
  virtual void submit(raft::Write write) = 0;
  /// Entries from `from` on, at least one unless they were cut, up to `bytes_max`. Answered by LogEntries.
  virtual void read(MemberId peer, Index from, std::size_t bytes_max) = 0;
  /// Entries up to and including `to` may be removed; they are in a durable checkpoint. Lazy.
  virtual void cut(raft::EntryId to) = 0;
};

/// The durable form of the state machine: rows, and the applied index they belong to, in one transaction. A crash returns to some
/// earlier consistent point that is not before the last checkpoint reported. It never holds anything beyond the index given to
/// set_durable.
class StateStore {
 public:
  virtual ~StateStore() = default;
  /// Hands over what one applied entry changed, in order, without gaps in meta.applied (a membership or empty entry has a delta
  /// too).
  virtual void apply(mvcc::StateDelta delta) = 0;
  /// Deltas up to this index may go to disk.
  virtual void set_durable(Index durable) = 0;
  /// Starts a checkpoint of everything handed over and allowed so far. Answered by CheckpointDone, when the work that comes with it
  /// is done as well. `data_bytes` is what current keys and values take: what the store holds beyond that is old.
  virtual void checkpoint(std::uint64_t data_bytes) = 0;
  /// Event batches with revisions in [from, to], ascending, up to `bytes_max` but at least one. Answered by HistoryRead. What was
  /// handed over by apply() counts, on disk or not.
  virtual void read_history(std::uint64_t token, Revision from, Revision to, std::size_t bytes_max) = 0;
  /// The values at revision `at` of keys within the selector that changed in (at, until]. Answered by OverlayRead.
  virtual void read_overlay(std::uint64_t token, const mvcc::WatchSpec& keys, Revision at, Revision until) = 0;
};

/// Snapshots: images of the state at an applied index, read in chunks. Sending reads from a pinned checkpoint; receiving writes a
/// second set of tables that becomes the state only by a log write with install_snapshot.
class SnapshotStore {
 public:
  virtual ~SnapshotStore() = default;
  /// Answers with SnapshotChunkRead. The first read of a transfer (no meta) pins the newest checkpoint at or past at_least for this
  /// peer, or makes one. `membership` is the committed membership that goes with applied indexes from `membership_index` on.
  virtual void read(const raft::SnapshotRead& request) = 0;
  virtual void release(MemberId peer) = 0;
  /// Stores a received chunk. Answered by SnapshotStored. The last chunk verifies the whole and makes it durable.
  virtual void store(raft::SnapshotReceived chunk) = 0;
  /// After a write with install_snapshot is durable: builds the machine from the installed rows. Answered by MachineLoaded.
  virtual void load_installed(const raft::SnapshotMeta& meta) = 0;
  /// The membership in force at and after an applied index; checkpoints record it so that snapshots can name theirs.
  virtual void set_membership(Index from, const raft::Membership& membership) = 0;
};

/// Links to peers: lossy, unordered across reconnects. Frames to a peer without a link are dropped (PeerUnreachable). A message
/// that is not raft's arrives at most once, and not after its link was closed; raft bears repeats and late messages.
class PeerLinks {
 public:
  virtual ~PeerLinks() = default;
  virtual void send(MemberId to, PeerMessage message) = 0;
  /// Who there is, with addresses and incarnations: links to others are refused or closed.
  virtual void set_members(const raft::Membership& membership) = 0;
};

/// Links to clients. Everything is queued; a connection that is gone swallows it.
class ClientLinks {
 public:
  virtual ~ClientLinks() = default;
  virtual void reply(ConnectionId connection, RequestId request, const ReplyHeader& header, const ReplyBody& body) = 0;
  /// One frame of events for all these watches of one group. `events` comes from EventEncoder and is shared between connections.
  /// `more`: further frames of the same revision follow. Returns the bytes queued, which ClientWritten later gives back.
  virtual std::size_t push_events(ConnectionId connection, std::span<const WatchId> watches, Revision revision, const Bytes& events,
                                  bool more) = 0;
  virtual std::size_t push_bookmark(ConnectionId connection, std::span<const WatchId> watches, Revision revision) = 0;
  virtual void push_watch_ended(ConnectionId connection, WatchId watch, const WatchEnded& why) = 0;
  virtual void push_turn(ConnectionId connection, WatchId watch, const mvcc::TurnFired& turn) = 0;
  /// This member has had no leader for an election timeout (or has one again): the client should move its watches and renewals.
  virtual void push_leader_news(ConnectionId connection, bool has_leader, MemberId leader) = 0;
  virtual void close(ConnectionId connection, const Error& why) = 0;
  /// What was said so far leaves now, where it would otherwise leave when the pass of the engine ends. Costs a system call for each
  /// connection that was told something. Nothing to do for who hands everything on at once.
  virtual void flush() {}
};

/// A command waiting to be put into a log entry.
struct PendingCommand {
  MemberId origin;
  Incarnation incarnation;
  std::uint64_t request = 0;
  std::string identity;
  std::uint64_t auth_revision = 0;
  Bytes command;  ///< verified request bytes
};

/// Between the bytes of a log entry and the values the state machine applies. Implemented by server/codec; pure.
class BatchCodec {
 public:
  virtual ~BatchCodec() = default;
  [[nodiscard]] virtual Bytes encode(MachineVersion version, ClusterTime stamp, std::span<const PendingCommand> commands) const = 0;
  /// Views into `payload` and `arena`. A command that does not decode becomes mvcc::Undecodable; a batch whose frame does not is
  /// Errc::corruption (it was committed by a bug: the member stops).
  [[nodiscard]] virtual Result<mvcc::Batch> decode(const Bytes& payload, Arena& arena) const = 0;
  /// Request bytes of commands that only a leader makes.
  [[nodiscard]] virtual Bytes expire_leases(std::span<const LeaseId> ids) const = 0;
  [[nodiscard]] virtual Bytes renew_leases(std::span<const LeaseId> ids) const = 0;
  [[nodiscard]] virtual Bytes compact(Revision revision) const = 0;
  [[nodiscard]] virtual Bytes set_machine_version(MachineVersion version) const = 0;
};

/// Encodes events once per watch group. Pure.
class EventEncoder {
 public:
  virtual ~EventEncoder() = default;
  [[nodiscard]] virtual Bytes encode(std::span<const mvcc::Event> events, bool want_previous, bool keys_only) const = 0;
};

/// The ports of one engine; all outlive it.
struct Ports {
  LogStore& log;
  StateStore& state;
  SnapshotStore& snapshots;
  PeerLinks& peers;
  ClientLinks& clients;
  const BatchCodec& batches;
  const EventEncoder& events;
};

}  // namespace conclave::engine
