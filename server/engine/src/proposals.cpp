#include "proposals.hpp"

#include <algorithm>
#include <utility>

namespace conclave::engine {
namespace {
constexpr std::uint32_t tries_max = 3;
/// What a command costs in a batch beside its own bytes.
constexpr std::size_t command_overhead = 64;
}  // namespace

// Numbers start at a random place: entries of this member's earlier life (same incarnation) are replayed and must not match new
// requests.
Proposals::Proposals(Context& context) : context_(context), next_number_(context.prng.next() >> 1) {}

void Proposals::submit(Command command, Done done) {
  if (shut_down_) return done(fail(Errc::shutting_down));
  if (command.adds_data && context_.core.is_leader() && no_room()) return done(fail(Errc::no_space, *no_room()));
  const std::uint64_t number = next_number_++;
  auto [it, inserted] = waiting_.emplace(number, Waiting{std::move(command), std::move(done), context_.now, {}, false, 0, false});
  route(number, it->second);
}

/// Why the leader takes nothing that adds data; nothing: it does.
std::optional<std::string> Proposals::no_room() const {
  if (context_.disk_low) return "the leader's disk is nearly full";
  if (context_.machine->data_bytes() <= context_.config.quota_bytes) return std::nullopt;
  return "the current data is over the quota of " + std::to_string(context_.config.quota_bytes) + " bytes; delete keys";
}

void Proposals::route(std::uint64_t number, Waiting& waiting) {
  waiting.since = context_.now;
  if (context_.core.is_leader()) {
    if (pending_full(waiting.command.bytes.size())) {
      ++context_.counters.refused_overload;
      return finish(number, fail(Errc::overloaded, "too many commands wait for the log"));
    }
    waiting.proposed_here = true;
    waiting.sent_to.reset();
    return add_pending(
        {context_.config.self, context_.config.incarnation, number, waiting.command.identity, 0, waiting.command.bytes},
        waiting.command.unhurried);
  }
  const auto leader = context_.other_leader();
  if (!leader) return;  // waits for one, or for the end of its patience
  waiting.sent_to = leader;
  ++waiting.tries;
  ++context_.counters.forwarded;
  context_.ports.peers.send(*leader, Forward{number, context_.config.incarnation, waiting.command.identity,
                                             waiting.command.adds_data, waiting.command.bytes, waiting.command.unhurried});
}

void Proposals::on_forward(MemberId from, const Forward& forward) {
  const auto refuse = [&](Errc code) { context_.ports.peers.send(from, ForwardRefused{forward.request, code}); };
  if (!context_.core.is_leader()) {
    ++context_.counters.refused_not_leader;
    return refuse(Errc::not_leader);
  }
  if (shut_down_) return refuse(Errc::not_leader);
  if (forward.adds_data && no_room()) return refuse(Errc::no_space);
  if (pending_full(forward.command.size())) {
    ++context_.counters.refused_overload;
    return refuse(Errc::overloaded);
  }
  add_pending({from, forward.incarnation, forward.request, forward.identity, 0, forward.command}, forward.unhurried);
}

void Proposals::on_forward_refused(MemberId from, const ForwardRefused& refused) {
  const auto it = waiting_.find(refused.request);
  if (it == waiting_.end() || it->second.sent_to != from) return;  // an answer to an earlier try
  it->second.sent_to.reset();
  retry_or_finish(refused.request, refused.code);
}

/// The command definitely did not happen, so it may be sent again.
void Proposals::retry_or_finish(std::uint64_t number, Errc code) {
  const auto it = waiting_.find(number);
  if (it == waiting_.end()) return;
  it->second.proposed_here = false;
  const bool may_retry = (code == Errc::not_leader || code == Errc::dropped) && it->second.tries < tries_max && !shut_down_;
  if (!may_retry) return finish(number, fail(code));
  ++it->second.tries;
  if (code == Errc::not_leader && context_.other_leader() == it->second.sent_to)
    return;  // its news and ours cross: wait for the next leader
  route(number, it->second);
}

void Proposals::on_leader_changed() {
  if (!context_.core.is_leader()) return_pending();
  std::vector<std::uint64_t> numbers;
  for (const auto& [number, waiting] : waiting_) numbers.push_back(number);
  for (const std::uint64_t number : numbers) {
    const auto it = waiting_.find(number);
    if (it == waiting_.end()) continue;
    Waiting& waiting = it->second;
    const bool may_have_happened = waiting.proposed_here || waiting.sent_to.has_value();
    if (may_have_happened && !waiting.command.repeatable) continue;  // its entry, `lost`, or the end of patience decides
    if (waiting.sent_to && waiting.sent_to == context_.other_leader()) continue;
    waiting.uncertain = waiting.uncertain || may_have_happened;
    waiting.proposed_here = false;
    waiting.sent_to.reset();
    route(number, waiting);
  }
}

/// This member leads no longer: what it had not yet put into the log goes back, and nothing has happened to it.
void Proposals::return_pending() {
  std::vector<PendingCommand> pending = std::exchange(pending_, {});
  pending_bytes_ = 0;
  for (const PendingCommand& command : pending) {
    if (command.origin != context_.config.self) {
      context_.ports.peers.send(command.origin, ForwardRefused{command.request, Errc::not_leader});
      continue;
    }
    const auto it = waiting_.find(command.request);
    if (it != waiting_.end()) it->second.proposed_here = false;
  }
}

void Proposals::on_peer_closed(MemberId peer) {
  // What was sent on the closed link may have arrived. Repeatable commands are routed again when a leader is known; others wait for
  // their entry or the end of their patience.
  for (auto& [number, waiting] : waiting_) {
    if (waiting.sent_to != peer || !waiting.command.repeatable) continue;
    waiting.uncertain = true;
    waiting.sent_to.reset();
  }
}

void Proposals::on_connection_closed(ConnectionId connection) {
  std::erase_if(waiting_, [&](const auto& item) { return item.second.command.connection == connection; });
}

void Proposals::on_applied(const mvcc::Envelope& envelope, mvcc::Response&& response) {
  if (envelope.origin != context_.config.self || envelope.origin_incarnation != context_.config.incarnation) return;
  if (!waiting_.contains(envelope.origin_request)) return;
  finish(envelope.origin_request, std::make_shared<const mvcc::Response>(std::move(response)));
}

void Proposals::on_entry_applied(Index index) { proposed_.erase(proposed_.begin(), proposed_.upper_bound(index)); }

void Proposals::on_lost(const raft::EntryId& id) {
  const auto it = proposed_.find(id.index);
  if (it == proposed_.end() || it->second.term != id.term) return;
  const Proposed lost = std::move(it->second);
  proposed_.erase(it);
  for (const Origin& origin : lost.origins) {
    if (origin.member == context_.config.self)
      retry_or_finish(origin.request, Errc::dropped);
    else
      context_.ports.peers.send(origin.member, ForwardRefused{origin.request, Errc::dropped});
  }
}

void Proposals::on_unknown(const raft::EntryId& id) {
  const auto it = proposed_.find(id.index);
  if (it == proposed_.end() || it->second.term != id.term) return;
  const Proposed unknown = std::move(it->second);
  proposed_.erase(it);
  for (const Origin& origin : unknown.origins) {
    if (origin.member != context_.config.self) continue;  // the origin sees its own entry, or loses its patience
    const auto waiting = waiting_.find(origin.request);
    if (waiting == waiting_.end()) continue;
    if (!waiting->second.command.repeatable) {
      finish(origin.request, fail(Errc::unknown_outcome, "a snapshot passed the entry"));
      continue;
    }
    waiting->second.uncertain = true;
    waiting->second.proposed_here = false;
    route(origin.request, waiting->second);
  }
}

void Proposals::shut_down() {
  shut_down_ = true;
  std::vector<std::uint64_t> unsent;
  for (const auto& [number, waiting] : waiting_)
    if (!waiting.proposed_here && !waiting.sent_to) unsent.push_back(number);
  for (const std::uint64_t number : unsent) finish(number, fail(Errc::shutting_down));
}

void Proposals::expire_patience() {
  std::vector<std::pair<std::uint64_t, Errc>> impatient;
  std::vector<std::uint64_t> again;
  for (const auto& [number, waiting] : waiting_) {
    if (context_.now - waiting.since < context_.config.forward_patience) continue;
    if (waiting.proposed_here && context_.core.is_leader()) continue;  // its own log decides
    const bool may_have_happened = waiting.proposed_here || waiting.sent_to.has_value();
    if (may_have_happened && waiting.command.repeatable && context_.core.leader() && waiting.tries < tries_max)
      again.push_back(number);  // the frame or its answer was lost
    else
      impatient.emplace_back(number, may_have_happened ? Errc::unknown_outcome : Errc::no_leader);
  }
  for (const std::uint64_t number : again) {
    const auto it = waiting_.find(number);
    it->second.uncertain = true;
    it->second.proposed_here = false;
    route(number, it->second);
  }
  for (const auto& [number, code] : impatient) finish(number, fail(code));
}

std::optional<Instant> Proposals::next_deadline() const {
  if (pending_.empty() || !waits_for_company()) return std::nullopt;
  return company_until_;
}

bool Proposals::pending_full(std::size_t bytes) const {
  return pending_bytes_ + bytes + command_overhead > context_.config.pending_bytes_max;
}

void Proposals::add_pending(PendingCommand command, bool unhurried) {
  if (pending_.empty()) company_until_ = context_.now + company_wait();
  is_unhurried_ = unhurried && (is_unhurried_ || pending_.empty());
  pending_bytes_ += command.command.size() + command_overhead;
  pending_.push_back(std::move(command));
}

Duration Proposals::company_wait() const {
  const Config& config = context_.config;
  return std::max(config.company_wait, std::min(3 * last_flush_, config.company_wait_max));
}

void Proposals::on_writes_done(std::uint64_t count, Duration flush) {
  last_flush_ = flush;
  const auto done = static_cast<std::ptrdiff_t>(count);
  writes_in_flight_.erase(writes_in_flight_.begin(), writes_in_flight_.begin() + done);
}

bool Proposals::disk_stalled() const {
  return !writes_in_flight_.empty() && context_.now - writes_in_flight_.front() >= context_.config.election_timeout / 2;
}

/// Group commit without a timer: a batch is cut when no log write is in flight, or when it is full; one write is at the disk and at
/// most one is queued. Only what nobody waits for waits for company, and not for long: a key that queues up for a lock shares the
/// entry and the flush of the next release.
bool Proposals::cut_batch(ClusterTime stamp) {
  if (pending_.empty() || !context_.core.is_leader()) return false;
  const bool full = pending_bytes_ >= context_.config.batch_bytes_max || pending_.size() >= context_.config.batch_commands_max;
  if (waits_for_company() && !full) return false;
  if (writes_in_flight_.size() > 1 || (writes_in_flight_.size() == 1 && !full)) return false;

  std::size_t count = 0;
  for (std::size_t bytes = 0; count < pending_.size() && count < context_.config.batch_commands_max; ++count) {
    const std::size_t next = pending_[count].command.size() + command_overhead;
    if (count > 0 && bytes + next > context_.config.batch_bytes_max) break;
    bytes += next;
  }
  const std::span<const PendingCommand> cut(pending_.data(), count);
  const auto id = context_.core.propose(context_.ports.batches.encode(context_.machine->meta().machine_version, stamp, cut));
  if (!id) return false;  // leadership is being handed over, or too much is uncommitted: they wait

  Proposed& proposed = proposed_[id->index];
  proposed = {id->term, {}};
  for (const PendingCommand& command : cut) {
    proposed.origins.push_back({command.origin, command.request});
    pending_bytes_ -= command.command.size() + command_overhead;
  }
  pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(count));
  is_unhurried_ = false;  // what was left over has waited long enough
  ++context_.counters.proposals;
  context_.counters.commands_proposed += count;
  return true;
}

bool Proposals::propose_time(ClusterTime stamp) {
  const auto id = context_.core.propose(context_.ports.batches.encode(context_.machine->meta().machine_version, stamp, {}));
  if (id) ++context_.counters.proposals;
  return id.has_value();
}

void Proposals::finish(std::uint64_t number, const Outcome& outcome) {
  const auto it = waiting_.find(number);
  if (it == waiting_.end()) return;
  const Done done = std::move(it->second.done);
  const bool uncertain = it->second.uncertain;
  waiting_.erase(it);
  if (!outcome && uncertain && outcome.error().certainty() == Certainty::definite)
    return done(fail(Errc::unknown_outcome, "an earlier try may have happened; the last one: " + outcome.error().message()));
  done(outcome);
}

}  // namespace conclave::engine
