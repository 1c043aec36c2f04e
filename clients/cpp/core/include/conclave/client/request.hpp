#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "conclave/client/types.hpp"

/// What a program can ask, as one variant: every call of the client becomes one of these.
namespace conclave {

/// A replicated command. All but renewals are carried out exactly once, however often they are sent.
struct Write {
  /// A new lease.
  struct LeaseGrant {
    LeaseId id{};  ///< zero: the server chooses
    std::chrono::milliseconds ttl{};
    std::string owner;
    std::string note;
  };
  /// Ends a lease; its keys are deleted.
  struct LeaseRevoke {
    LeaseId id{};
  };
  /// Renews leases once.
  struct LeaseRenew {
    std::vector<LeaseId> ids;
  };
  /// Forgets the history up to and including a revision.
  struct Compact {
    Revision revision{};
  };
  std::variant<PutOp, DeleteOp, Txn, LeaseGrant, LeaseRevoke, LeaseRenew, Compact> body;
  std::vector<Guard> guards{};
};

/// Something that changes nothing, with how recent it is to be.
struct Read {
  /// How long a lease has.
  struct LeaseTimeToLive {
    LeaseId id{};
    bool with_keys = false;
  };
  /// One page of the leases.
  struct LeaseList {
    LeaseId from{};
    std::uint32_t count_max = 0;
  };
  std::variant<RangeOp, Txn, LeaseTimeToLive, LeaseList> query;
  Consistency consistency = Consistency::linearizable;
  Revision revision{};
  std::chrono::milliseconds age{};
  std::vector<Guard> guards{};
};

/// Questions about the member that is asked or the cluster; never retried on another member when the question is about one.
struct Ask {
  /// How the member is that is asked.
  struct Status {};
  /// Who belongs to the cluster.
  struct MemberList {};
  /// Hands the leadership over.
  struct MoveLeader {
    MemberId to{};  ///< zero: the most caught-up other voter
  };
  /// A checksum of the state of the member that is asked.
  struct Hash {};
  /// A new member: it learns first and votes when it has caught up.
  struct MemberAdd {
    std::string name;
    std::string peer_address;  ///< HOST:PORT
  };
  /// A member leaves the cluster.
  struct MemberRemove {
    std::string name;
  };
  std::variant<Status, MemberList, MoveLeader, Hash, MemberAdd, MemberRemove> body;
};

using Request = std::variant<Write, Read, Ask>;

}  // namespace conclave
