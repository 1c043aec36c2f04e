#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>

#include "conclave/raft/core.hpp"
#include "conclave/raft/gate.hpp"
#include "conclave/raft/log.hpp"
#include "conclave/raft/membership_change.hpp"
#include "conclave/raft/progress.hpp"
#include "proposals.hpp"

/// The state of one core, shared by the activities (activities.hpp). Values only.
namespace conclave::raft {

/// Numbers from messages at or above this are refused, so that no arithmetic on them can wrap.
constexpr std::uint64_t number_max = std::uint64_t{1} << 62;

/// What a member that does not lead does about it.
struct Election {
  std::uint32_t elapsed = 0;                      ///< ticks since the leader was heard, a vote was granted or a campaign began
  std::uint32_t timeout = 0;                      ///< campaign when elapsed reaches this; drawn at random
  std::map<MemberId, bool> votes;                 ///< of the campaign going on
  bool leader_link_closed = false;                ///< fast failover: the leader counts as unheard
  std::optional<std::uint32_t> fast_campaign_in;  ///< ticks
  std::uint32_t fast_campaigns = 0;               ///< since the link closed
};

struct HeartbeatRound {
  std::uint64_t round = 0;
  std::uint64_t tick = 0;  ///< when it was sent
};

/// A read round on its way: granted once heartbeat round `round` is confirmed by a quorum.
struct SentRead {
  ReadRoundId id;
  std::uint64_t round = 0;
  Index index;
};

struct Transfer {
  MemberId to;
  std::uint64_t deadline_tick = 0;
};

/// What a leader knows beyond its log.
struct Leadership {
  std::map<MemberId, Progress> peers;
  Index first_of_term;  ///< the entry every leader begins with
  std::size_t uncommitted_bytes = 0;

  std::uint32_t heartbeat_elapsed = 0;
  bool heartbeat_due = false;
  std::uint64_t round = 0;  ///< of the newest heartbeat round
  std::uint64_t confirmed_round = 0;
  std::uint64_t confirmed_tick = 0;
  std::deque<HeartbeatRound> rounds;  ///< sent and not confirmed

  std::uint64_t read_counter = 0;
  std::optional<ReadRoundId> open_read;  ///< not sent yet: reads may join
  std::deque<SentRead> sent_reads;

  std::optional<Transfer> transfer;
  std::set<MemberId> promote;  ///< learners that become voters when they have caught up
};

/// A snapshot that arrives in chunks.
struct Receipt {
  SnapshotMeta meta;
  std::uint64_t next_offset = 0;
  bool storing = false;  ///< the shell has a chunk and has not answered
};

/// A snapshot that arrived and replaces the log: a barrier, nothing else is written or applied until it is durable.
struct Install {
  SnapshotMeta meta;
  std::optional<WriteId> write;  ///< once issued
};

/// What the last Ready said, to tell changes only.
struct Reported {
  RoleChange role;
  std::uint64_t membership_version = 0;
  Index durable;
};

struct Parts {
  Parts(const Config& config_in, Recovered recovered, Prng prng_in);

  Config config;
  Prng prng;
  std::uint64_t ticks = 0;
  /// The cluster time that this member would go on from if it led: the greatest in its log, and what leaders said whose logs held
  /// all of ours. What others said does not count, or a lease granted by a leader that did not know it would end early when it
  /// comes to light (decision 0026).
  Stamp stamp;
  Term stamp_term;  ///< the leader of this term holds our whole log and has not said more than `stamp`

  HardState hard;
  bool hard_changed = false;  ///< since the last write was issued
  WriteId hard_write;         ///< the last write that carried it

  Role role = Role::follower;  ///< never learner: whether a follower is one depends on the membership
  std::optional<MemberId> leader;
  Log log;
  MembershipLog memberships;
  Gate gate;
  Proposals proposals;
  Election election;
  std::optional<Leadership> lead;  ///< exactly while role is leader
  std::set<MemberId> patient;
  std::optional<Receipt> receipt;
  std::optional<Install> install;

  Ready out;
  Reported reported;

  [[nodiscard]] const Membership& membership() const { return memberships.in_force(); }
  [[nodiscard]] MemberId self() const { return config.self; }
};

}  // namespace conclave::raft
