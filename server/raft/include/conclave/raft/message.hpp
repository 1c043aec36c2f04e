#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "conclave/raft/types.hpp"

/// What members say to each other. Every message carries the sender's term; the link says who sent it. All are lossy and may be
/// repeated, delayed and reordered.
namespace conclave::raft {

/// Pre-vote (dissertation 9.6) or vote (3.4). For a pre-vote `term` is the term the candidate would start and its own term stays.
struct VoteRequest {
  Term term;
  EntryId last;  ///< the end of the candidate's log
  bool pre_vote = false;
  bool transfer = false;  ///< asked to campaign by the leader: voters do not protect the leader (3.10)
  bool operator==(const VoteRequest&) const = default;
};
struct VoteReply {
  Term term;  ///< of the request if granted, else the voter's own
  bool pre_vote = false;
  bool granted = false;
  Stamp stamp;        ///< the cluster time that the voter may go on from (Parts::stamp)
  Term stamp_term{};  ///< whose log is known to hold all of the voter's
  bool operator==(const VoteReply&) const = default;
};
/// Entries after `previous` (3.5).
struct AppendRequest {
  Term term;
  EntryId previous;
  std::vector<EntryPtr> entries;
  Index commit;
  Stamp stamp;
  bool news_only =
      false;  ///< nothing but news of a commit: the leader knows what an acceptance would say, so only a refusal is answered
  bool operator==(const AppendRequest&) const = default;
};
struct AppendReply {
  Term term;
  bool accepted = false;
  Index last;    ///< accepted: the follower is durable and equal up to here. Rejected: the `previous.index` that was refused
  EntryId hint;  ///< rejected: the follower's best guess of where the logs still agree
  bool operator==(const AppendReply&) const = default;
};
struct Heartbeat {
  Term term;
  Index commit;  ///< never beyond what the follower is known to match
  std::uint64_t round =
      0;  ///< counts this leader's heartbeat rounds; a reply confirms the leader as of that round and read rounds at or below it
  Stamp stamp;
  bool operator==(const Heartbeat&) const = default;
};
struct HeartbeatReply {
  Term term;
  std::uint64_t round = 0;
  bool operator==(const HeartbeatReply&) const = default;
};
/// One chunk of a snapshot. A receiver that has some bytes already answers with how far it is, and the sender resumes there.
struct SnapshotChunk {
  Term term;
  SnapshotMeta meta;
  std::uint64_t offset = 0;
  Bytes bytes;        ///< may be empty: a question how far the receiver is
  bool done = false;  ///< offset + bytes.size() == meta.total_bytes
  bool operator==(const SnapshotChunk&) const = default;
};
struct SnapshotReply {
  Term term;
  EntryId last;  ///< of the snapshot meant
  std::uint64_t next_offset = 0;
  bool installed = false;  ///< the snapshot is durable here (or the log had passed it already)
  bool rejected = false;   ///< the bytes did not verify: start again at 0
  bool operator==(const SnapshotReply&) const = default;
};
/// The leader asks the receiver to campaign at once (3.10).
struct TimeoutNow {
  Term term;
  bool operator==(const TimeoutNow&) const = default;
};

using Message = std::variant<VoteRequest, VoteReply, AppendRequest, AppendReply, Heartbeat, HeartbeatReply, SnapshotChunk,
                             SnapshotReply, TimeoutNow>;

[[nodiscard]] Term term_of(const Message& message);

}  // namespace conclave::raft
