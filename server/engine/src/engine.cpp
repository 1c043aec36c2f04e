#include "conclave/engine/engine.hpp"

#include <algorithm>
#include <utility>

#include "conclave/base/assert.hpp"
#include "parts.hpp"

namespace conclave::engine {
namespace {
/// Readies carried out in one pass; more wait for the next, so that input is never starved.
constexpr int readies_max = 16;

/// A snapshot at an applied index names the membership as of that index, which may be older than the one in force.
raft::Membership membership_at_applied(const raft::Recovered& recovered) {
  raft::Membership membership = recovered.membership;
  for (const raft::EntryPtr& entry : recovered.entries) {
    if (entry->id.index > recovered.applied) break;
    if (const auto* change = std::get_if<raft::Membership>(&entry->body)) membership = *change;
  }
  return membership;
}

}  // namespace

Engine::Parts::Parts(const Config& config, Recovered recovered, const Ports& ports, LogSink& log, Prng prng, Instant now)
    : applied_membership(membership_at_applied(recovered.raft)),
      context(config, std::move(recovered.raft), std::move(recovered.machine), ports, log, prng, now),
      proposals(context),
      reads(context),
      leases(context, proposals),
      watches(context),
      checkpoints(context),
      history(context, proposals, watches),
      hashes(context),
      stewardship(context, proposals, checkpoints),
      members(context),
      next_tick(now + config.tick),
      last_run(now),
      leader_seen(now) {
  CONCLAVE_ASSERT(context.machine != nullptr);
  ports.peers.set_members(context.core.membership());
  ports.snapshots.set_membership(context.machine->applied(), applied_membership);
  const auto& voters = context.core.membership().voters;
  if (voters.size() == 1 && voters.front() == config.self) context.core.campaign();
}

Engine::Engine(const Config& config, Recovered recovered, const Ports& ports, LogSink& log, Prng prng, Instant now)
    : parts_(std::make_unique<Parts>(config, std::move(recovered), ports, log, prng, now)) {}

Engine::~Engine() = default;

void Engine::deliver(Event event) { parts_->inbox.push_back(std::move(event)); }

void Engine::run_once(Instant now) {
  Parts& parts = *parts_;
  CONCLAVE_ASSERT(now >= parts.context.now);
  parts.context.now = now;
  // What arrived is read before time passes: a process that was stopped hears of a new leader before it acts as the old one.
  std::vector<Event> events = std::exchange(parts.inbox, {});
  for (Event& event : events) parts.handle(event);
  const bool stalled = now - parts.last_run > parts.context.config.election_timeout / 2;
  parts.last_run = now;
  parts.run_ticks();
  parts.leases.advance(stalled);
  parts.work();
}

/// After a stall at most a quarter of an election timeout passes at once: the sockets are read before anybody campaigns.
void Engine::Parts::run_ticks() {
  const Duration tick_length = context.config.tick;
  const auto ticks_max = std::max<std::int64_t>(1, context.config.election_timeout / tick_length / 4);
  for (std::int64_t count = 0; next_tick <= context.now && count < ticks_max; ++count) {
    next_tick += tick_length;
    tick();
  }
  if (next_tick <= context.now) next_tick = context.now + tick_length;
}

void Engine::Parts::tick() {
  apply_queued();
  context.core.tick();
  leases.on_tick();
  proposals.expire_patience();
  reads.expire_patience();
  stewardship.tick();
  members.tick();
  history.propose_if_due();
  hashes.announce_if_due();
  watches.send_bookmarks();
  watch_for_silence();
}

/// Everything that follows from the events and the ticks. A member that has much to apply does not do it all at once: its leader
/// and its peers wait to hear of it.
void Engine::Parts::work() {
  leases.flush_renewals();
  applied_bytes = 0;
  for (int round = 0; round < readies_max && applied_bytes < context.config.raft.apply_bytes_max; ++round) {
    proposals.cut_batch(leases.time());
    reads.start_round();
    if (!carry_out_ready()) break;
  }
  allow_on_disk();
  reads.answer();
  watches.catch_up();
}

bool Engine::Parts::carry_out_ready() {
  if (!context.core.has_ready()) return false;
  raft::Ready ready = context.core.take_ready();
  carry_out(ready);
  return true;
}

void Engine::Parts::carry_out(raft::Ready& ready) {
  if (ready.write) {
    if (ready.write->install_snapshot) {
      installing = *ready.write;
      installing->entries.clear();
      install_durable = false;
    }
    proposals.on_write_submitted();
    context.ports.log.submit(std::move(*ready.write));
  }
  for (raft::Outbound& outbound : ready.messages) context.ports.peers.send(outbound.to, std::move(outbound.message));
  if (ready.membership) {
    context.ports.peers.set_members(*ready.membership);
  }
  if (ready.role) leader_changed();
  for (const raft::EntryId& id : ready.lost) proposals.on_lost(id);
  for (const raft::EntryId& id : ready.unknown) proposals.on_unknown(id);
  for (const raft::ReadGrant& grant : ready.reads) reads.on_granted(grant);
  for (const raft::ReadRoundId& round : ready.reads_lost) reads.on_round_lost(round);
  for (const raft::LogRead& read : ready.log_reads) context.ports.log.read(read.peer, read.from, read.bytes_max);
  for (const raft::SnapshotRead& read : ready.snapshot_reads) context.ports.snapshots.read(read);
  for (const MemberId peer : ready.snapshot_released) {
    checkpoints.on_transfer_released(peer);
    context.ports.snapshots.release(peer);
  }
  if (ready.snapshot_received) context.ports.snapshots.store(std::move(*ready.snapshot_received));
  log_durable = ready.durable;
  queue_to_apply(ready.apply);
  if (!applying_can_wait()) apply_queued();
}

/// What is durable and not applied may still be replaced in the log by other entries, whose effects would then pass the log on the
/// disk: the state store is told of an index once its entry is both.
void Engine::Parts::allow_on_disk() {
  const Index allowed = std::min(log_durable, context.machine->applied());
  if (allowed <= durable) return;
  durable = allowed;
  context.ports.state.set_durable(durable);
}

void Engine::Parts::leader_changed() {
  const auto leader = context.core.leader();
  const bool leads = context.core.is_leader();
  const bool changed = leader != known_leader || leads != was_leader || context.core.term() != known_term;
  if (!changed) return;
  if (leader && (leader != known_leader || context.core.term() != known_term)) {
    ++context.counters.leader_changes;
    context.log.info("leader",
                     {{"leader", leader->value()}, {"term", context.core.term().value()}, {"self", leads ? "yes" : "no"}});
  }
  known_leader = leader;
  known_term = context.core.term();
  was_leader = leads;
  leases.on_leader_changed();
  reads.on_leader_changed();
  proposals.on_leader_changed();
  stewardship.on_leader_changed();
  members.on_leader_changed();
}

/// A member without a leader for an election timeout says so, and says when there is one again.
void Engine::Parts::watch_for_silence() {
  if (context.core.leader()) {
    leader_seen = context.now;
    if (told_silence) watches.tell_leader(true);
    told_silence = false;
    return;
  }
  if (told_silence || context.now - leader_seen < context.config.election_timeout) return;
  told_silence = true;
  watches.tell_leader(false);
}

Instant Engine::next_deadline() const {
  Instant deadline = parts_->next_tick;
  if (const auto renewals = parts_->leases.next_deadline()) deadline = std::min(deadline, *renewals);
  if (const auto batch = parts_->proposals.next_deadline()) deadline = std::min(deadline, *batch);
  if (!parts_->inbox.empty() || parts_->context.core.has_ready()) deadline = std::min(deadline, parts_->context.now);
  return deadline;
}

std::optional<Error> Engine::finished() const {
  if (parts_->context.finished) return parts_->context.finished;
  if (parts_->stewardship.done()) return Error{Errc::shutting_down, "handed over"};
  return std::nullopt;
}

StatusReply Engine::Parts::status() const {
  const raft::Status raft = context.core.status();
  StatusReply reply;
  reply.name = context.config.name;
  reply.member = context.config.self;
  reply.cluster = context.config.cluster;
  reply.role = static_cast<std::uint8_t>(raft.role);
  reply.leader = raft.leader.value_or(MemberId{});
  reply.term = raft.term;
  reply.index = raft.last;
  reply.committed = raft.committed;
  reply.applied = context.machine->applied();
  reply.durable = raft.durable;
  reply.revision = context.machine->revision();
  reply.compacted = context.machine->compacted();
  reply.db_size = context.db_size;
  reply.data_bytes = context.machine->data_bytes();
  reply.key_count = context.machine->key_count();
  reply.lease_count = context.machine->lease_count();
  reply.watch_count = watches.watch_count();
  reply.connection_count = watches.connection_count();
  reply.cluster_time_millis = to_millis(leases.time());
  reply.version = context.config.version;
  reply.machine_version = context.machine->meta().machine_version;
  if (context.disk_full) reply.alarms.emplace_back("disk-full");
  if (context.disk_low) reply.alarms.emplace_back("disk-low");
  if (proposals.disk_stalled()) reply.alarms.emplace_back("disk-stalled");
  if (reply.data_bytes > context.config.quota_bytes) reply.alarms.emplace_back("quota");
  return reply;
}

StatusReply Engine::status() const { return parts_->status(); }
const Counters& Engine::counters() const { return parts_->context.counters; }
const raft::Core& Engine::core() const { return parts_->context.core; }
const mvcc::Machine& Engine::machine() const { return *parts_->context.machine; }

}  // namespace conclave::engine
