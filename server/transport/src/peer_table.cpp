#include "peer_table.hpp"

#include <algorithm>

namespace conclave::transport {
namespace {

constexpr Duration unreachable_interval = milliseconds(50);
constexpr std::ptrdiff_t connections_per_peer_max = 4;

/// These are small, decide elections and leases, and do not depend on what was sent before.
bool is_urgent(const engine::PeerMessage& message) {
  const auto* raft = std::get_if<raft::Message>(&message);
  if (raft == nullptr) return false;
  return std::holds_alternative<raft::VoteRequest>(*raft) || std::holds_alternative<raft::VoteReply>(*raft) ||
         std::holds_alternative<raft::Heartbeat>(*raft) || std::holds_alternative<raft::HeartbeatReply>(*raft);
}

/// Entries and their acknowledgements go before the answers to clients. News of a commit go behind the answers that follow from it:
/// the next entries bring it along, too.
Outbox::Order order_of(const engine::PeerMessage& message) {
  const auto* raft = std::get_if<raft::Message>(&message);
  const auto* append = raft == nullptr ? nullptr : std::get_if<raft::AppendRequest>(raft);
  return append != nullptr && append->entries.empty() ? Outbox::Order::last : Outbox::Order::entries;
}

bool is_bulk(const engine::PeerMessage& message) {
  const auto* raft = std::get_if<raft::Message>(&message);
  const auto* chunk = raft == nullptr ? nullptr : std::get_if<raft::SnapshotChunk>(raft);
  return chunk != nullptr && !chunk->bytes.empty();
}

}  // namespace

void PeerTable::accept(asio::ip::tcp::socket socket) {
  ++hub_.counters.accepted;
  Stream stream(std::move(socket), tls_ == nullptr ? nullptr : tls_->accepting(Hub::now()));
  if (accepted_.size() >= hub_.config.limits.peer_connections_max) {
    hub_.refused(Refusal::too_many, "peer", stream.remote(), std::to_string(accepted_.size()) + " connections");
    return stream.close();
  }
  auto link = std::make_shared<PeerInLink>(hub_, *this, std::move(stream));
  accepted_.push_back(link);
  hub_.counters.peer_connections = accepted_.size();
  link->start();
}

void PeerTable::forget(const PeerInLink* link) {
  std::erase_if(accepted_, [link](const std::shared_ptr<PeerInLink>& other) { return other.get() == link; });
  hub_.counters.peer_connections = accepted_.size();
}

void PeerTable::close_all(const Error& why) {
  for (auto& [id, peer] : peers_) {
    peer.main->stop();
    peer.bulk->stop();
  }
  const auto accepted = accepted_;  // closing takes each from the list
  for (const auto& link : accepted) link->close(why);
}

// --- The engine's side
// ----------------------------------------------------------------------------------------------------------------

void PeerTable::send(MemberId to, engine::PeerMessage message) {
  const auto found = peers_.find(to);
  if (found == peers_.end()) return;
  PeerLane& lane = is_bulk(message) ? *found->second.bulk : *found->second.main;
  lane.send(hub_.peer_encoder.encode(message), {.urgent = is_urgent(message), .order = order_of(message)});
}

void PeerTable::set_members(const raft::Membership& membership) {
  if (membership == membership_) return;
  membership_ = membership;
  log_members();
  std::map<MemberId, Peer> before = std::exchange(peers_, {});
  for (const raft::Member& member : membership.members) {
    if (member.id == hub_.config.self) continue;
    const auto known = before.find(member.id);
    if (known != before.end() && known->second.record == member) {
      peers_.insert(before.extract(known));
      continue;
    }
    // A record that only learned its incarnation is the same peer on the same link.
    if (known != before.end() && known->second.record.peer_address == member.peer_address &&
        (known->second.record.incarnation.is_zero() || known->second.record.incarnation == member.incarnation)) {
      auto node = before.extract(known);
      node.mapped().record = member;
      node.mapped().main->renew(member);
      node.mapped().bulk->renew(member);
      peers_.insert(std::move(node));
      continue;
    }
    Peer peer{member,
              std::make_shared<PeerLane>(hub_, *this, member, PeerLane::Kind::main),
              std::make_shared<PeerLane>(hub_, *this, member, PeerLane::Kind::bulk),
              {}};
    peers_.emplace(member.id, peer);
    peer.main->start();
  }
  for (auto& [id, peer] : before) {
    peer.main->stop();
    peer.bulk->stop();
    hub_.emit(engine::PeerClosed{id, false});
  }
  remove_strangers();
}

void PeerTable::log_members() const {
  std::string names;
  std::uint64_t known = 0;
  for (const raft::Member& member : membership_.members) {
    names += (names.empty() ? "" : ",") + member.name;
    known += member.incarnation.is_zero() ? 0U : 1U;
  }
  hub_.log.info("members", {{"names", names}, {"with_known_directory", known}});
}

void PeerTable::remove_strangers() {
  const auto accepted = accepted_;
  for (const auto& link : accepted) {
    if (!link->is_established() || link->member().is_zero()) continue;
    const auto record = record_of(link->member());
    const bool other = record && !record->incarnation.is_zero() && record->incarnation != link->incarnation();
    if (record && !other) continue;
    const Error why{Errc::wrong_member, record ? "the membership records another data directory" : "no longer in the membership"};
    link->refuse(Refusal::wrong_member, why.context, why);
  }
}

// --- The links' side
// ------------------------------------------------------------------------------------------------------------------

std::optional<raft::Member> PeerTable::record_of(MemberId member) const {
  const auto found = peers_.find(member);
  if (found == peers_.end()) return std::nullopt;
  return found->second.record;
}

void PeerTable::lane_up(MemberId peer, Incarnation incarnation) { hub_.emit(engine::PeerConnected{peer, incarnation}); }

void PeerTable::lane_down(MemberId peer, bool by_other_side) { hub_.emit(engine::PeerClosed{peer, by_other_side}); }

void PeerTable::dropped(MemberId peer) {
  ++hub_.counters.peer_frames_dropped;
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return;
  const Instant now = Hub::now();
  if (now - found->second.told_unreachable < unreachable_interval) return;
  found->second.told_unreachable = now;
  hub_.emit(engine::PeerUnreachable{peer});
}

void PeerTable::disowned(const Error& why) {
  if (disowned_) disowned_(why);
}

void PeerTable::heard_from(MemberId peer, const std::shared_ptr<PeerInLink>& link) {
  // A member that came back with another data directory: what it said before is over.
  const auto accepted = accepted_;
  for (const auto& other : accepted) {
    if (other != link && other->member() == peer && other->incarnation() != link->incarnation()) other->close(std::nullopt);
  }
  make_room(peer);
  if (const auto found = peers_.find(peer); found != peers_.end()) found->second.main->hurry();
}

void PeerTable::make_room(MemberId peer) {
  const auto of_peer = [peer](const std::shared_ptr<PeerInLink>& link) { return link->member() == peer; };
  while (std::ranges::count_if(accepted_, of_peer) > connections_per_peer_max) {
    const auto oldest = *std::ranges::find_if(accepted_, of_peer);
    oldest->close(std::nullopt);
  }
}

}  // namespace conclave::transport
