#pragma once

#include <optional>
#include <vector>

#include "conclave/raft/message.hpp"
#include "conclave/raft/types.hpp"

/// What the core wants done: the contract between raft and its shell (docs/decisions/0001-ready-with-write-ids.md).
namespace conclave::raft {

/// One write for the log store. The store executes writes in the order of their ids, may flush several at once, and reports the
/// highest finished id. Order within a write: install_snapshot, then truncate_from, then entries; all of it is durable or none is
/// reported.
struct Write {
  WriteId id;
  std::optional<HardState> hard_state;
  std::optional<Index> truncate_from;           ///< entries at and after this index are removed before `entries` are appended
  std::vector<EntryPtr> entries;                ///< contiguous
  std::optional<SnapshotMeta> install_snapshot; ///< the received snapshot becomes the state and the whole log is dropped; a barrier
  bool operator==(const Write&) const = default;
};

struct Outbound {
  MemberId to;
  Message message;
  bool operator==(const Outbound&) const = default;
};

struct ReadGrant {
  ReadRoundId round;
  Index index;  ///< reads of this round may be answered once this index is applied
  bool operator==(const ReadGrant&) const = default;
};

struct RoleChange {
  Role role = Role::follower;
  Term term;
  std::optional<MemberId> leader;  ///< who leads as far as this member knows
  bool operator==(const RoleChange&) const = default;
};

/// A follower needs entries that are no longer in memory: read [from, ...) from the log store, up to `bytes_max` and at least one
/// entry, and answer with Core::on_log_read.
struct LogRead {
  MemberId peer;
  Index from;
  std::size_t bytes_max = 0;
  bool operator==(const LogRead&) const = default;
};

/// A follower needs a chunk of a snapshot. `meta` is empty when the transfer starts: the shell picks its newest snapshot at or past
/// `at_least` and answers with Core::on_snapshot_read.
struct SnapshotRead {
  MemberId peer;
  std::optional<SnapshotMeta> meta;
  Index at_least;
  std::uint64_t offset = 0;
  std::size_t bytes_max = 0;
  bool operator==(const SnapshotRead&) const = default;
};

/// A chunk arrived that belongs at `offset` of the snapshot being received; the shell stores it and answers with
/// Core::on_snapshot_stored. A chunk at offset 0 starts a new receipt and discards an older one.
struct SnapshotReceived {
  SnapshotMeta meta;
  std::uint64_t offset = 0;
  Bytes bytes;
  bool done = false;
  bool operator==(const SnapshotReceived&) const = default;
};

/// Everything since the last take_ready(). A value: moved out once, no acknowledgement of the Ready itself.
struct Ready {
  std::optional<Write> write;
  std::vector<Outbound> messages;        ///< all may be sent now, in any order; what must wait for a write is not here yet
  std::vector<EntryPtr> apply;           ///< committed entries, contiguous, each exactly once, in order; answer with on_applied
  Index durable;                         ///< state at or below min(this, applied) may go to disk
  std::vector<ReadGrant> reads;
  std::vector<ReadRoundId> reads_lost;   ///< rounds that will never be granted (this member no longer leads)
  std::optional<RoleChange> role;
  std::optional<Membership> membership;  ///< the one in force (as appended, not as committed)
  std::vector<EntryId> lost;             ///< own proposals whose index is now committed with another term: definite
  std::vector<EntryId> unknown;          ///< own proposals whose index was passed by a snapshot: nobody can tell
  std::vector<LogRead> log_reads;
  std::vector<SnapshotRead> snapshot_reads;
  std::vector<MemberId> snapshot_released;   ///< transfers to these peers ended: their pinned snapshot may go
  std::optional<SnapshotReceived> snapshot_received;

  [[nodiscard]] bool empty() const;
};

}  // namespace conclave::raft
