#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "conclave/base/arena.hpp"
#include "conclave/base/bytes.hpp"
#include "conclave/base/error.hpp"
#include "conclave/base/ids.hpp"
#include "conclave/base/time.hpp"
#include "conclave/mvcc/command.hpp"
#include "conclave/mvcc/machine.hpp"
#include "conclave/mvcc/response.hpp"
#include "conclave/mvcc/turn_index.hpp"
#include "conclave/mvcc/watch_index.hpp"
#include "conclave/raft/message.hpp"
#include "conclave/raft/types.hpp"

/// The values that cross the engine's ports.
namespace conclave::engine {

/// One client connection of this process; never reused.
using ConnectionId = StrongId<struct ConnectionIdTag>;
/// The client's own number for a request on its connection.
using RequestId = StrongId<struct RequestIdTag>;
/// The client's own number for a watch on its connection; unique there while the watch lives.
using WatchId = StrongId<struct WatchIdTag>;

// --- What clients ask
// -------------------------------------------------------------------------------------------------------------

/// A command to be replicated. `request` is the verified client bytes exactly as they go into the log.
struct WriteRequest {
  Bytes request;
  bool has_session = false;
  bool opens_session = false;      ///< with a nonce, which makes a repeat harmless
  bool adds_data = false;          ///< refused while the disk or the quota is full
  bool is_renewal = false;         ///< renewals are coalesced: see lease_ids
  std::vector<LeaseId> lease_ids;  ///< of a renewal without session and guards
  ByteView leased_key;             ///< in `request`: of the first put with a lease; empty: there is none
};

enum class Consistency : std::uint8_t {
  linearizable,       ///< reflects everything that completed before it was asked
  serializable,       ///< this member's state, whatever its age
  at_least_revision,  ///< waits until this member has `revision`
  at_most_old,        ///< this member's state if it has heard from a leader within `age`, else linearizable
};

struct LeaseTimeToLive {
  LeaseId id;
  bool with_keys = false;
};
struct LeaseList {
  LeaseId from;
  std::uint32_t count_max = 0;  ///< zero: the server's page
};

struct ReadRequest {
  Bytes backing;  ///< what the views below point into
  Arena arena;
  Consistency consistency = Consistency::linearizable;
  Revision revision;
  Duration age{};
  std::span<const mvcc::Guard> guards;
  std::variant<mvcc::RangeOp, mvcc::TxnOp, LeaseTimeToLive, LeaseList> query;
};

struct WatchCreate {
  WatchId id;
  mvcc::WatchSpec spec;
  Revision from;  ///< first revision wanted; zero: what comes after now
  bool bookmarks = true;
};
struct WatchCancel {
  WatchId id;
};
/// Acknowledged when all watches of the connection have been pushed everything up to the revision in the reply.
struct WatchProgressRequest {};
struct TurnWatch {
  WatchId id;
  mvcc::TurnSpec spec;
  RequestId with{};  ///< a write that follows on the connection: it begins when that is done; zero: at once
};
struct StatusRequest {};
struct MemberListRequest {};
struct MoveLeaderRequest {
  MemberId to;  ///< zero: the most caught-up other voter
};
/// A new member: it learns first and votes when it has caught up.
struct MemberAddRequest {
  std::string name;
  std::string peer_address;  ///< HOST:PORT
};
struct MemberRemoveRequest {
  std::string name;
};
struct HashRequest {};

using ClientBody = std::variant<WriteRequest, ReadRequest, WatchCreate, WatchCancel, TurnWatch, StatusRequest, MemberListRequest,
                                MoveLeaderRequest, MemberAddRequest, MemberRemoveRequest, HashRequest, WatchProgressRequest>;

// --- What clients are told
// --------------------------------------------------------------------------------------------------------

struct ReplyHeader {
  MemberId member;
  MemberId leader;  ///< zero: none known
  Term term;
  Revision revision;
};

struct StatusReply {
  std::string name;
  MemberId member;
  ClusterId cluster;
  std::uint8_t role = 0;  ///< raft::Role
  MemberId leader;
  Term term;
  Index index;
  Index committed;
  Index applied;
  Index durable;
  Revision revision;
  Revision compacted;
  std::uint64_t db_size = 0;  ///< bytes on disk, as last told by the storage
  std::uint64_t data_bytes = 0;
  std::uint64_t key_count = 0;
  std::uint64_t lease_count = 0;
  std::uint64_t watch_count = 0;
  std::uint64_t connection_count = 0;
  std::int64_t cluster_time_millis = 0;
  std::string version;
  MachineVersion machine_version;
  std::vector<std::string> alarms;  ///< "disk-low", "disk-full", "disk-stalled", "quota"
};
struct MemberListReply {
  raft::Membership membership;
};
struct HashReply {
  Index applied;
  Revision revision;
  std::uint64_t hash = 0;
};
struct Acknowledged {};
struct WatchCreated {
  Revision start;  ///< the first revision that can be delivered
};

using ReplyBody = std::variant<mvcc::Refused, mvcc::ResponsePtr, mvcc::LeaseInfo, mvcc::LeaseListPage, StatusReply, MemberListReply,
                               HashReply, Acknowledged, WatchCreated>;

/// Why a watch ended.
struct WatchEnded {
  Errc reason = Errc::cancelled;  ///< compacted, cancelled, overloaded, shutting_down
  Revision oldest;                ///< for compacted: the oldest revision there is
};

// --- What members say to each other beside raft
// --------------------------------------------------------------------------------------

/// A client's command on its way to the leader. One hop only.
struct Forward {
  std::uint64_t request = 0;  ///< the origin's number; with the origin and its incarnation it names the command in the log
  Incarnation incarnation;
  std::string identity;
  bool adds_data = false;
  Bytes command;
  bool unhurried = false;  ///< it queues up behind others that wait: it may wait for a command to share a log entry with
};
/// It was not proposed, or is definitely lost. The origin decides whether to try another leader.
struct ForwardRefused {
  std::uint64_t request = 0;
  Errc code = Errc::not_leader;
};
/// Asks the leader for a read index; all reads of the asking member that wait at the moment share it.
struct ReadIndexAsk {
  std::uint64_t round = 0;
};
struct ReadIndexAnswer {
  std::uint64_t round = 0;
  bool granted = false;
  Index index;
};
/// Everybody's state hash at a fixed applied index, every minute.
struct StateHash {
  Index applied;
  std::uint64_t hash = 0;
};
/// What the others should know of the sender; sent when it changes and when the link opens.
struct MemberNews {
  MachineVersion machine_version_max;
  bool disk_low = false;
  std::string client_address;   ///< where clients reach it, for the membership records
  bool checkpoint_due = false;  ///< it asks for a turn to make a checkpoint, or is making it
  MemberId checkpoint_turn;     ///< from a leader: who may make one now; zero: nobody asked
  std::string http_address{};   ///< where it serves HTTP, likewise; empty: it does not
  bool serves_clients = true;   ///< some are connected: it must hear of each commit at once
};

using PeerMessage = std::variant<raft::Message, Forward, ForwardRefused, ReadIndexAsk, ReadIndexAnswer, StateHash, MemberNews>;

}  // namespace conclave::engine
