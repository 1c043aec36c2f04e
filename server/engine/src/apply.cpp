#include "conclave/base/assert.hpp"
#include "parts.hpp"

namespace conclave::engine {
namespace {

/// What may wait to be applied together.
constexpr std::size_t together_max = 64;
constexpr std::size_t together_bytes_max = std::size_t{8} << 10;

/// Who wrote so few commands is told at once what came of them: they may be all that anybody waits for. More answers share system
/// calls.
constexpr std::size_t told_at_once_max = 3;

}  // namespace

void Engine::Parts::queue_to_apply(const std::vector<raft::EntryPtr>& entries) {
  std::size_t bytes = 0;
  for (const raft::EntryPtr& entry : entries) bytes += raft::size_of(*entry);
  applied_bytes += bytes;
  to_apply_bytes += bytes;
  to_apply.insert(to_apply.end(), entries.begin(), entries.end());
}

/// A follower that serves nobody applies what came between two ticks in one go: what applying takes is fetched into the processor's
/// caches once for all of it, and not on the way to the leader's next acknowledgement (docs/decisions/0040-applying-together.md).
bool Engine::Parts::applying_can_wait() const {
  return to_apply.size() < together_max && to_apply_bytes < together_bytes_max && !stewardship.serves_clients() &&
         !context.core.is_leader() && !context.core.withholds_committed();
}

void Engine::Parts::apply_queued() {
  if (installing) return;  // the entries after a snapshot wait for its machine
  to_apply_bytes = 0;
  while (!to_apply.empty() && !context.finished) {
    const raft::EntryPtr entry = std::move(to_apply.front());
    to_apply.pop_front();
    if (entry->id.index <= context.machine->applied()) continue;  // passed by a snapshot while it waited
    apply(*entry);
  }
}

void Engine::Parts::apply(const raft::Entry& entry) {
  mvcc::Batch batch{context.machine->meta().machine_version, context.machine->stamp(), {}};
  arena.clear();
  if (const Bytes* payload = std::get_if<Bytes>(&entry.body)) {
    auto decoded = context.ports.batches.decode(*payload, arena);
    if (!decoded) {
      context.finished = Error{Errc::corruption, "entry " + to_string(entry.id.index) + ": " + decoded.error().message()};
      return;
    }
    batch = *decoded;
  }
  if (batch.version > mvcc::machine_version_max) {
    context.finished =
        Error{Errc::version_mismatch, "entry " + to_string(entry.id.index) + " needs machine version " + to_string(batch.version) +
                                          "; this program knows up to " + to_string(mvcc::machine_version_max)};
    return;
  }
  mvcc::ApplyResult result = context.machine->apply(entry.id.index, entry.id.term, batch);
  CONCLAVE_ASSERT(result.responses.size() == batch.commands.size());
  if (const auto* membership = std::get_if<raft::Membership>(&entry.body))
    context.ports.snapshots.set_membership(entry.id.index, *membership);
  leases.on_applied_stamp(context.machine->stamp());
  proposals.on_entry_applied(entry.id.index);
  tell(batch, result);
  context.ports.state.apply(std::move(result.delta));
  context.counters.commands_applied += batch.commands.size();
  history.on_applied(result.events);
  watches.on_applied(result.events);
  hashes.on_applied();
  context.core.on_applied(entry.id.index);
}

/// Those who wait for what the entry did, before anything else is done with it. Whoever has the turn now comes first: everybody in
/// the queue waits for what it does next, and nobody for the answers to those who let go.
void Engine::Parts::tell(const mvcc::Batch& batch, mvcc::ApplyResult& result) {
  const bool at_once = to_apply.empty() && !batch.commands.empty() && batch.commands.size() <= told_at_once_max;
  const bool fired = watches.fire_turns(result.events);
  if (fired && at_once) context.ports.clients.flush();
  for (std::size_t i = 0; i < batch.commands.size(); ++i)
    proposals.on_applied(batch.commands[i].envelope, std::move(result.responses[i]));
  if (!fired && at_once) context.ports.clients.flush();
}

}  // namespace conclave::engine
