#include "conclave/raft/core.hpp"

#include <utility>

#include "activities.hpp"
#include "conclave/base/assert.hpp"
#include "conclave/raft/quorum.hpp"
#include "mutants.hpp"

namespace conclave::raft {
namespace {

EntryId base_of(const Recovered& recovered) { return recovered.snapshot ? recovered.snapshot->last : EntryId{}; }

[[nodiscard]] bool can_write(const Parts& p) {
  if (p.log.writes_in_flight() >= p.config.writes_in_flight_max) return false;
  if (p.install) return !p.install->write;  // a barrier
  return p.hard_changed || p.log.has_unwritten();
}

[[nodiscard]] bool can_apply(const Parts& p) { return !p.install && p.log.can_apply(p.config.apply_bytes_max); }

void issue_write(Parts& p) {
  if (!can_write(p)) return;
  Write write;
  if (p.install) {
    write.id = p.log.issue_barrier();
    write.install_snapshot = p.install->meta;
    p.install->write = write.id;
  } else {
    Log::Issued issued = p.log.issue_write(p.config.write_bytes_max);
    write.id = issued.id;
    write.truncate_from = issued.truncate_from;
    write.entries = std::move(issued.entries);
  }
  if (p.hard_changed) {
    write.hard_state = p.hard;
    if (mutants::forget_vote) write.hard_state->vote.reset();
    p.hard_changed = false;
    p.hard_write = write.id;
  }
  p.gate.on_issued(write.id, p.log.next_to_write());
  p.out.write = std::move(write);
}

void report_changes(Parts& p) {
  if (const RoleChange role = current_role(p); role != p.reported.role) p.out.role = p.reported.role = role;
  if (p.memberships.version() != p.reported.membership_version) {
    p.reported.membership_version = p.memberships.version();
    p.out.membership = p.membership();
  }
  p.reported.durable = p.log.durable();
  p.out.durable = mutants::durable_at_commit ? p.log.committed() : p.log.durable();
}

}  // namespace

Parts::Parts(const Config& config_in, Recovered recovered, Prng prng_in)
    : config(config_in),
      prng(prng_in),
      stamp(recovered.stamp),
      hard(recovered.hard_state),
      log(base_of(recovered), recovered.entries, recovered.applied),
      memberships(base_of(recovered).index, std::move(recovered.membership)) {
  CONCLAVE_ASSERT(config.validate().has_value());
  for (const EntryPtr& entry : recovered.entries) {
    if (const auto* membership = std::get_if<Membership>(&entry->body)) memberships.append(entry->id.index, *membership);
  }
  CONCLAVE_ASSERT(hard.term >= log.last_id().term);
  stamp_term = log.last_id().term;
  reset_election_timer(*this);
  reported = {current_role(*this), memberships.version(), log.durable()};
}

void send(Parts& p, MemberId to, Message message) { p.out.messages.push_back({to, std::move(message)}); }

void send_when_durable(Parts& p, MemberId to, Message message, Index through) {
  Outbound outbound{to, std::move(message)};
  if (p.hard_changed || through >= p.log.next_to_write()) {
    p.gate.hold_unissued(std::move(outbound), through);
    return;
  }
  std::optional<WriteId> until = through.is_zero() ? std::nullopt : p.log.write_of(through);
  if (!is_hard_state_durable(p)) until = std::max(until.value_or(p.hard_write), p.hard_write);
  if (until) {
    p.gate.hold(std::move(outbound), *until);
  } else {
    p.out.messages.push_back(std::move(outbound));
  }
}

bool is_hard_state_durable(const Parts& p) { return !p.hard_changed && p.hard_write <= p.log.last_durable(); }

void hear_stamp(Parts& p, Term leader, Stamp stamp) {
  if (leader == p.stamp_term) p.stamp = std::max(p.stamp, stamp);
}

void follow_stamp(Parts& p, Term leader, Stamp stamp) {
  if (leader == p.stamp_term) return hear_stamp(p, leader, stamp);
  p.stamp = stamp;
  p.stamp_term = leader;
}

void after_commit(Parts& p, Index before) {
  p.proposals.on_committed(p.log, p.out.lost);
  if (!p.lead) return;
  for (Index index = before.next(); index <= p.log.committed(); index = index.next()) {
    p.lead->uncommitted_bytes -= size_of(*p.log.at(index));
  }
  grant_reads(p);
  settle_membership(p);
}

RoleChange current_role(const Parts& p) {
  const bool learns = p.role == Role::follower && !is_voter(p.membership(), p.self());
  return {learns ? Role::learner : p.role, p.hard.term, p.leader};
}

Core::Core(const Config& config, Recovered recovered, Prng prng)
    : parts_(std::make_unique<Parts>(config, std::move(recovered), prng)) {}
Core::~Core() = default;
Core::Core(Core&&) noexcept = default;
Core& Core::operator=(Core&&) noexcept = default;

void Core::tick() {
  ++parts_->ticks;
  if (parts_->lead) {
    tick_leader(*parts_);
  } else {
    tick_election(*parts_);
  }
}

void Core::step(MemberId from, Message message) { receive(*parts_, from, message); }

Result<EntryId> Core::propose(Bytes batch) { return raft::propose(*parts_, std::move(batch)); }

Result<EntryId> Core::propose_membership(std::vector<Member> voters, std::vector<Member> learners, std::vector<MemberId> promote) {
  return raft::propose_membership(*parts_, std::move(voters), std::move(learners), promote);
}

Result<ReadRoundId> Core::begin_read() { return raft::begin_read(*parts_); }

Result<void> Core::transfer_leadership(MemberId to) { return begin_transfer(*parts_, to); }

void Core::campaign() { campaign_if_allowed(*parts_); }

void Core::on_link_closed(MemberId peer) {
  if (parts_->lead) {
    on_unreachable(peer);
  } else if (parts_->leader == peer) {
    on_leader_link_closed(*parts_);
  }
}

void Core::on_unreachable(MemberId peer) {
  if (!parts_->lead) return;
  const auto found = parts_->lead->peers.find(peer);
  if (found != parts_->lead->peers.end()) found->second.on_unreachable();
}

void Core::set_patient(MemberId peer, bool patient) {
  if (patient) {
    parts_->patient.insert(peer);
  } else {
    parts_->patient.erase(peer);
  }
}

void Core::set_stamp(Stamp stamp) { parts_->stamp = std::max(parts_->stamp, stamp); }

void Core::on_durable(WriteId id) {
  Parts& p = *parts_;
  if (id <= p.log.last_durable()) return;
  p.log.on_durable(id);
  for (Outbound& message : p.gate.release(id)) p.out.messages.push_back(std::move(message));
  if (p.install && p.install->write && *p.install->write <= id) finish_install(p);
  count_own_vote(p);
  advance_commit(p);
  p.log.trim_memory(p.config.memory_log_bytes_max);
}

void Core::on_applied(Index index) {
  parts_->log.on_applied(index);
  parts_->log.trim_memory(parts_->config.memory_log_bytes_max);
}

void Core::on_log_read(MemberId peer, Index from, std::vector<EntryPtr> entries) {
  raft::on_log_read(*parts_, peer, from, std::move(entries));
}

void Core::on_snapshot_read(MemberId peer, std::optional<SnapshotChunk> chunk) {
  raft::on_snapshot_read(*parts_, peer, std::move(chunk));
}

void Core::on_snapshot_stored(EntryId last, std::uint64_t next_offset, bool complete, bool ok) {
  raft::on_snapshot_stored(*parts_, last, next_offset, complete, ok);
}

void Core::compact(EntryId to) {
  if (parts_->install) return;  // the whole log goes in a moment, and `to` may speak of the state that comes
  parts_->log.compact(to);
  parts_->memberships.compact(parts_->log.base().index);
}

bool Core::has_ready() const {
  const Parts& p = *parts_;
  return !p.out.empty() || can_write(p) || can_apply(p) || has_something_to_send(p) || current_role(p) != p.reported.role ||
         p.memberships.version() != p.reported.membership_version || p.log.durable() != p.reported.durable;
}

Ready Core::take_ready() {
  Parts& p = *parts_;
  send_to_peers(p);
  issue_write(p);
  if (can_apply(p)) p.out.apply = p.log.take_apply(p.config.apply_bytes_max);
  report_changes(p);
  return std::exchange(p.out, Ready{});
}

Status Core::status() const {
  const Parts& p = *parts_;
  const RoleChange role = current_role(p);
  Status out{.self = p.self(),
             .role = role.role,
             .term = p.hard.term,
             .vote = p.hard.vote,
             .leader = p.leader,
             .first = p.log.first(),
             .last = p.log.last(),
             .committed = p.log.committed(),
             .applied = p.log.applied(),
             .durable = p.log.durable(),
             .term_committed = raft::is_term_committed(p),
             .transferring = std::nullopt,
             .peers = {}};
  if (!p.lead) return out;
  if (p.lead->transfer) out.transferring = p.lead->transfer->to;
  for (const auto& [id, peer] : p.lead->peers) {
    out.peers.push_back({.id = id,
                         .match = peer.match(),
                         .next = peer.next(),
                         .snapshotting = peer.state() == Progress::State::snapshot,
                         .active = p.ticks - peer.heard_tick <= p.config.election_timeout_ticks,
                         .inflight_messages = peer.inflight().messages()});
  }
  return out;
}

bool Core::is_leader() const { return parts_->role == Role::leader; }
bool Core::is_term_committed() const { return raft::is_term_committed(*parts_); }
Term Core::term() const { return parts_->hard.term; }
std::optional<MemberId> Core::leader() const { return parts_->leader; }
const Membership& Core::membership() const { return parts_->membership(); }
bool Core::membership_committed() const {
  return !parts_->membership().is_joint() && parts_->memberships.since() <= parts_->log.committed();
}
bool Core::withholds_committed() const { return parts_->log.withholds_committed(); }
std::optional<Term> Core::term_at(Index index) const { return parts_->log.term_at(index); }
Stamp Core::stamp() const { return parts_->stamp; }
std::uint64_t Core::quorum_confirmed_tick() const { return raft::quorum_confirmed_tick(*parts_); }
std::uint64_t Core::ticks() const { return parts_->ticks; }

}  // namespace conclave::raft
