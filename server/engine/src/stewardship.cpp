#include "stewardship.hpp"

#include <algorithm>
#include <utility>

#include "membership_keeper.hpp"

namespace conclave::engine {
namespace {

constexpr Duration quiet_after = seconds(1);

}  // namespace

Stewardship::Stewardship(Context& context, Proposals& proposals, CheckpointKeeper& checkpoints)
    : context_(context), proposals_(proposals), turns_(context, checkpoints), clients_left_(context.now) {}

void Stewardship::on_peer_connected(MemberId peer, Incarnation incarnation) {
  Peer& known = peers_[peer];
  // News may come before this: its link need not be the one that is told of.
  if (!known.incarnation.is_zero() && known.incarnation != incarnation) known.news = {};
  known.connected = true;
  known.incarnation = incarnation;
  context_.core.set_patient(peer, !known.news.serves_clients);
  send_news(peer);
}

void Stewardship::on_peer_closed(MemberId peer) {
  peers_[peer].connected = false;
  peers_[peer].news.serves_clients = true;
  context_.core.set_patient(peer, false);
  turns_.on_peer_closed(peer);
}

void Stewardship::on_news(MemberId from, const MemberNews& news) {
  peers_[from].news = news;
  context_.core.set_patient(from, !news.serves_clients);
  turns_.on_news(from, news);
}

void Stewardship::send_news(MemberId to) const {
  context_.ports.peers.send(to, MemberNews{mvcc::machine_version_max, context_.disk_low, context_.config.client_address,
                                           turns_.asking(), turns_.turn(), context_.config.http_address, serves_clients_});
}

void Stewardship::tell_all() const {
  for (const auto& [peer, known] : peers_)
    if (known.connected) send_news(peer);
}

/// The news go out before anything that the first client asks, and on the same link.
void Stewardship::on_clients(std::size_t count) {
  if (count == 0) {
    clients_left_ = context_.now;
    return;
  }
  clients_left_.reset();
  if (!std::exchange(serves_clients_, true)) tell_all();
}

/// Clients that come and go one after the other, as those of a shell do, change nothing.
void Stewardship::look_at_clients() {
  if (!serves_clients_ || !clients_left_ || context_.now - *clients_left_ < quiet_after) return;
  serves_clients_ = false;
  tell_all();
}

void Stewardship::on_leader_changed() {
  version_proposed_ = false;
  const auto leader = context_.core.leader();
  if (!leader) return;
  std::erase_if(movers_, [&](const Mover& mover) {
    if (*leader == mover.from) return false;
    context_.reply(mover.connection, mover.request, Acknowledged{});
    return true;
  });
}

void Stewardship::on_connection_closed(ConnectionId connection) {
  std::erase_if(movers_, [&](const Mover& mover) { return mover.connection == connection; });
}

std::optional<MemberId> Stewardship::best_successor() const {
  const raft::Status status = context_.core.status();
  const auto& voters = context_.core.membership().voters;
  std::optional<raft::PeerStatus> best;
  for (const auto& peer : status.peers) {
    if (!peer.active || !std::binary_search(voters.begin(), voters.end(), peer.id)) continue;
    const auto known = peers_.find(peer.id);
    if (known != peers_.end() && known->second.news.disk_low) continue;
    if (!best || peer.match > best->match) best = peer;
  }
  return best ? std::optional(best->id) : std::nullopt;
}

void Stewardship::move_leader(ConnectionId connection, RequestId request, MemberId to) {
  if (!context_.core.is_leader()) return context_.refuse(connection, request, Errc::not_leader, "only the leader hands over");
  if (to == context_.config.self) return context_.reply(connection, request, Acknowledged{});
  if (to.is_zero()) to = best_successor().value_or(MemberId{});
  if (to.is_zero()) return context_.refuse(connection, request, Errc::invalid_argument, "no other member can lead at the moment");
  const auto started = context_.core.transfer_leadership(to);
  if (!started) return context_.refuse(connection, request, started.error().code, started.error().context);
  movers_.push_back({connection, request, context_.config.self, context_.now});
}

void Stewardship::shut_down() {
  if (shutdown_since_) return;
  shutdown_since_ = context_.now;
  proposals_.shut_down();
}

bool Stewardship::done() const {
  if (!shutdown_since_) return false;
  const Duration waited = context_.now - *shutdown_since_;
  if (waited >= 2 * context_.config.election_timeout) return true;
  const bool alone = context_.core.membership().voters.size() <= 1;
  return (alone || !context_.core.is_leader()) && (proposals_.idle() || waited >= context_.config.election_timeout);
}

/// A leader that goes, or whose disk is nearly full or stalls, hands over to the most caught-up voter with room.
void Stewardship::hand_over() {
  const bool wanted = shutdown_since_ || context_.disk_low || proposals_.disk_stalled();
  if (!context_.core.is_leader() || !wanted || context_.now < next_hand_over_) return;
  next_hand_over_ = context_.now + context_.config.election_timeout;
  if (const auto to = best_successor()) (void)context_.core.transfer_leadership(*to);
}

void Stewardship::tick() {
  if (turns_.tick()) tell_all();
  look_at_clients();
  hand_over();
  record_members();
  raise_machine_version();
  std::erase_if(movers_, [&](const Mover& mover) {
    if (context_.now - mover.since < 2 * context_.config.election_timeout) return false;
    context_.refuse(mover.connection, mover.request, Errc::timeout, "the transfer was abandoned");
    return true;
  });
}

/// The leader learns who is who and where clients find them: from then on a link from another incarnation of a member is refused.
void Stewardship::record_members() {
  if (!context_.core.is_leader() || !context_.core.membership_committed()) return;
  raft::Membership now = context_.core.membership();
  bool learned = false;
  for (raft::Member& member : now.members) {
    const bool self = member.id == context_.config.self;
    // Only of a link that is up: what was heard before may be of a directory that was lost, and its member added again.
    const auto known = peers_.find(member.id);
    const bool linked = known != peers_.end() && known->second.connected;
    const Incarnation incarnation = self ? context_.config.incarnation : linked ? known->second.incarnation : Incarnation{};
    const std::string address = self ? context_.config.client_address : linked ? known->second.news.client_address : std::string();
    if (member.incarnation.is_zero() && !incarnation.is_zero()) {
      member.incarnation = incarnation;
      learned = true;
    }
    // A member may come back with another address for its clients; who it is does not change.
    const std::string http_address = self ? context_.config.http_address : linked ? known->second.news.http_address : std::string();
    const bool moved = address != member.client_address || http_address != member.http_address;
    if (!address.empty() && moved && member.incarnation == incarnation) {
      member.client_address = address;
      member.http_address = http_address;
      learned = true;
    }
  }
  if (!learned) return;
  Roles roles = roles_of(now);
  (void)context_.core.propose_membership(std::move(roles.voters), std::move(roles.learners));
}

void Stewardship::raise_machine_version() {
  if (!context_.core.is_leader() || version_proposed_) return;
  MachineVersion all = mvcc::machine_version_max;
  for (const raft::Member& member : context_.core.membership().members) {
    if (member.id == context_.config.self) continue;
    const auto known = peers_.find(member.id);
    all = std::min(all, known == peers_.end() ? MachineVersion{} : known->second.news.machine_version_max);
  }
  if (all <= context_.machine->meta().machine_version) return;
  version_proposed_ = true;
  proposals_.submit({{}, context_.ports.batches.set_machine_version(all), false, false, std::nullopt},
                    [this](const Outcome&) { version_proposed_ = false; });
}

}  // namespace conclave::engine
