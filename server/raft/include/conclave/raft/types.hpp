#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "conclave/base/bytes.hpp"
#include "conclave/base/ids.hpp"
#include "conclave/base/strong_id.hpp"

namespace conclave::raft {

/// Names one write handed to the log store; ids grow by one (docs/decisions/0001-ready-with-write-ids.md).
using WriteId = StrongId<struct WriteIdTag>;
/// A value that raft carries and compares but does not understand: the engine's cluster time in milliseconds.
using Stamp = StrongId<struct StampTag>;

/// Where an entry stands. Two entries with the same id are the same entry (log matching, dissertation 3.5).
struct EntryId {
  Term term;
  Index index;
  auto operator<=>(const EntryId&) const = default;
};

/// A member as the replicated membership records it.
struct Member {
  MemberId id;
  Incarnation incarnation;     ///< zero until the first leader has learned it
  std::string name;
  std::string peer_address;    ///< HOST:PORT other members connect to
  std::string client_address;  ///< HOST:PORT clients connect to
  std::string http_address{};  ///< HOST:PORT where it serves HTTP; empty: it does not
  bool operator==(const Member&) const = default;
};

/// Who takes part (dissertation 4.3, joint consensus). Sorted by id, no id twice in one list. `outgoing` is not empty just while a
/// joint change is going on: then a decision needs a majority of `voters` and one of `outgoing`.
struct Membership {
  std::vector<MemberId> voters;
  std::vector<MemberId> outgoing;
  std::vector<MemberId> learners;       ///< receive the log, do not vote
  std::vector<MemberId> learners_next;  ///< outgoing voters that become learners when the joint configuration is left
  std::vector<Member> members;          ///< one record for each id named above
  bool operator==(const Membership&) const = default;

  [[nodiscard]] bool is_joint() const { return !outgoing.empty(); }
};

struct NoOp {
  bool operator==(const NoOp&) const = default;
};
/// What an entry carries: nothing (a new leader's first entry), a batch of commands (encoded by the engine's codec), or a membership
/// that takes effect when the entry is appended.
using EntryBody = std::variant<NoOp, Bytes, Membership>;

struct Entry {
  EntryId id;
  EntryBody body;
  bool operator==(const Entry&) const = default;
};
/// Entries are immutable and shared between log, disk and network.
using EntryPtr = std::shared_ptr<const Entry>;

/// Bytes an entry counts for in flow control and limits.
[[nodiscard]] std::size_t size_of(const Entry& entry);

/// What must survive a crash beside the entries. There is no commit index here: the state store records what was applied.
struct HardState {
  Term term;
  std::optional<MemberId> vote;
  bool operator==(const HardState&) const = default;
};

/// Names a snapshot: everything up to and including `last` is in it.
struct SnapshotMeta {
  EntryId last;
  Membership membership;        ///< as of `last`
  std::uint64_t total_bytes = 0;
  bool operator==(const SnapshotMeta&) const = default;
};

enum class Role : std::uint8_t { follower, pre_candidate, candidate, leader, learner };
[[nodiscard]] std::string_view name_of(Role role);

/// One read round of one leader. Grants of another term or incarnation are not ours.
struct ReadRoundId {
  Term term;
  std::uint64_t counter = 0;
  auto operator<=>(const ReadRoundId&) const = default;
};

}  // namespace conclave::raft
