#include <utility>

#include "parts.hpp"

namespace conclave::engine {
namespace {

template <class... F>
struct Overload : F... {
  using F::operator()...;
};
template <class... F>
Overload(F...) -> Overload<F...>;

}  // namespace

void Engine::Parts::handle(Event& event) {
  std::visit(Overload{
                 [&](ClientConnected& connected) {
                   identities[connected.connection] = std::move(connected.identity);
                   watches.on_connected(connected.connection);
                   stewardship.on_clients(identities.size());
                   apply_queued();  // what waited because nobody looked
                 },
                 [&](ClientClosed& closed) {
                   identities.erase(closed.connection);
                   watches.on_closed(closed.connection);
                   proposals.on_connection_closed(closed.connection);
                   reads.on_connection_closed(closed.connection);
                   stewardship.on_connection_closed(closed.connection);
                   stewardship.on_clients(identities.size());
                   members.on_connection_closed(closed.connection);
                 },
                 [&](ClientAsked& asked) { handle_request(asked); },
                 [&](ClientWritten& written) { watches.on_written(written.connection, written.bytes); },
                 [&](PeerConnected& connected) { stewardship.on_peer_connected(connected.peer, connected.incarnation); },
                 [&](PeerClosed& closed) {
                   stewardship.on_peer_closed(closed.peer);
                   proposals.on_peer_closed(closed.peer);
                   if (closed.by_other_side) context.core.on_link_closed(closed.peer);
                 },
                 [&](PeerUnreachable& unreachable) { context.core.on_unreachable(unreachable.peer); },
                 [&](PeerSaid& said) { handle_peer(said); },
                 [&](LogDurable& done) { handle_durable(done); },
                 [&](LogEntries& read) { context.core.on_log_read(read.peer, read.from, std::move(read.entries)); },
                 [&](CheckpointDone& done) { checkpoints.on_done(done); },
                 [&](HistoryRead& read) { watches.on_history(std::move(read)); },
                 [&](OverlayRead& read) { reads.on_overlay(std::move(read)); },
                 [&](SnapshotChunkRead& read) {
                   checkpoints.on_chunk_read(read);
                   context.core.on_snapshot_read(read.peer, std::move(read.chunk));
                 },
                 [&](SnapshotStored& stored) {
                   context.core.on_snapshot_stored(stored.last, stored.next_offset, stored.complete, stored.ok);
                 },
                 [&](MachineLoaded& loaded) { handle_machine(loaded); },
                 [&](DiskSpace& space) { handle_disk(space); },
                 [&](StorageFailed& failed) { context.finished = std::move(failed.error); },
                 [&](ShutdownAsked&) {
                   stewardship.shut_down();
                   reads.refuse_all(Errc::shutting_down);
                   watches.end_all(Errc::shutting_down);
                 },
             },
             event);
}

void Engine::Parts::handle_request(ClientAsked& asked) {
  const ConnectionId connection = asked.connection;
  const RequestId request = asked.request;
  if (!identities.contains(connection)) return;  // closed meanwhile
  if (stewardship.shutting_down()) return context.refuse(connection, request, Errc::shutting_down);
  std::visit(Overload{
                 [&](WriteRequest& write) { handle_write(connection, request, write); },
                 [&](ReadRequest& read) { reads.ask(connection, request, std::move(read)); },
                 [&](WatchCreate& create) { watches.create(connection, request, create); },
                 [&](WatchCancel& cancel) {
                   reads.cancel(connection, cancel.id);
                   watches.cancel(connection, request, cancel.id);
                 },
                 [&](TurnWatch& turn) {
                   if (!turn.with.is_zero()) return watches.plan_turn(connection, request, turn);
                   if (watches.queues(turn)) return watches.create_turn(connection, request, turn);
                   // On an older state the own key would be missing, and the client would be told that it is gone.
                   reads.ask_then(connection, request, turn.id, [this, connection, request, spec = std::move(turn)] {
                     watches.create_turn(connection, request, spec);
                   });
                 },
                 [&](WatchProgressRequest&) { watches.ask_progress(connection, request); },
                 [&](StatusRequest&) { context.reply(connection, request, status()); },
                 [&](MemberListRequest&) { context.reply(connection, request, MemberListReply{context.core.membership()}); },
                 [&](MoveLeaderRequest& move) { stewardship.move_leader(connection, request, move.to); },
                 [&](MemberAddRequest& add) { members.add(connection, request, add); },
                 [&](MemberRemoveRequest& remove) { members.remove(connection, request, remove); },
                 [&](HashRequest&) {
                   context.reply(connection, request,
                                 HashReply{context.machine->applied(), context.machine->revision(), context.machine->state_hash()});
                 },
             },
             asked.body);
}

void Engine::Parts::handle_write(ConnectionId connection, RequestId request, WriteRequest& write) {
  const std::string& identity = identities[connection];
  if (write.is_renewal && !write.has_session) {
    watches.on_write_done(connection, request, mvcc::Refused{Errc::invalid_argument, "no turn begins with a renewal", {}});
    return leases.renew(connection, request, identity, std::move(write.lease_ids));
  }
  Proposals::Command command{identity,
                             std::move(write.request),
                             write.has_session || write.opens_session,
                             write.adds_data,
                             connection,
                             !write.leased_key.empty() && watches.are_before(write.leased_key)};
  proposals.submit(std::move(command), [this, connection, request](const Outcome& outcome) {
    if (outcome) {
      context.reply(connection, request, *outcome);
      return watches.on_write_done(connection, request, (*outcome)->body);
    }
    context.refuse(connection, request, outcome.error().code, outcome.error().context);
    watches.on_write_done(connection, request, mvcc::Refused{outcome.error().code, outcome.error().context, {}});
  });
}

void Engine::Parts::handle_peer(PeerSaid& said) {
  std::visit(Overload{
                 [&](raft::Message& message) {
                   const auto* append = std::get_if<raft::AppendRequest>(&message);
                   if (append != nullptr && !append->entries.empty() && context.disk_full) return;  // no room for entries
                   const bool from_leader = append != nullptr || std::holds_alternative<raft::Heartbeat>(message);
                   context.core.step(said.from, std::move(message));
                   if (from_leader && context.core.leader() == said.from) reads.on_leader_heard();
                 },
                 [&](Forward& forward) { proposals.on_forward(said.from, forward); },
                 [&](ForwardRefused& refused) { proposals.on_forward_refused(said.from, refused); },
                 [&](ReadIndexAsk& ask) { reads.on_index_ask(said.from, ask); },
                 [&](ReadIndexAnswer& answer) { reads.on_index_answer(said.from, answer); },
                 [&](StateHash& hash) { hashes.on_hash(said.from, hash); },
                 [&](MemberNews& news) { stewardship.on_news(said.from, news); },
             },
             said.message);
}

void Engine::Parts::handle_durable(const LogDurable& done) {
  if (done.id <= last_durable) return;
  proposals.on_writes_done(done.id.minus(last_durable), done.flush);
  last_durable = done.id;
  checkpoints.on_log_written(done.bytes);
  context.core.on_durable(done.id);
  if (installing && !install_durable && done.id >= installing->id) {
    install_durable = true;
    context.ports.snapshots.load_installed(*installing->install_snapshot);
  }
}

void Engine::Parts::handle_machine(MachineLoaded& loaded) {
  if (!installing || loaded.meta.last != installing->install_snapshot->last) return;  // of an install that another has overtaken
  const Revision before = context.machine->revision();
  context.machine = std::move(loaded.machine);
  context.ports.snapshots.set_membership(loaded.meta.last.index, loaded.meta.membership);
  installing.reset();
  ++context.counters.snapshots_installed;
  context.log.info("snapshot installed",
                   {{"index", loaded.meta.last.index.value()}, {"revision", context.machine->revision().value()}});
  leases.on_applied_stamp(context.machine->stamp());
  proposals.on_entry_applied(context.machine->applied());
  context.core.on_applied(context.machine->applied());
  watches.on_machine_replaced(before);
  apply_queued();
}

void Engine::Parts::handle_disk(const DiskSpace& space) {
  if (space.low != context.disk_low || space.full != context.disk_full)
    context.log.warning("disk space", {{"low", space.low ? "yes" : "no"}, {"full", space.full ? "yes" : "no"}});
  context.disk_low = space.low;
  context.disk_full = space.full;
  stewardship.on_disk_changed();
}

}  // namespace conclave::engine
