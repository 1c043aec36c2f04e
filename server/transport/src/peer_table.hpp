#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "conclave/engine/ports.hpp"
#include "hub.hpp"
#include "peer_in_link.hpp"
#include "peer_lane.hpp"
#include "tls.hpp"

namespace conclave::transport {

/// The links between members. Each member dials every other and sends on what it dialled; what it accepted it only reads. Snapshot
/// chunks have a connection of their own, so that heartbeats never wait behind them. Loop thread only.
class PeerTable final : public engine::PeerLinks {
 public:
  /// `tls` may be empty; it outlives the table.
  PeerTable(Hub& hub, TlsSide* tls) : hub_(hub), tls_(tls) {}

  void accept(asio::ip::tcp::socket socket);
  void close_all(const Error& why);
  void on_disowned(std::function<void(const Error&)> handler) { disowned_ = std::move(handler); }

  void send(MemberId to, engine::PeerMessage message) override;
  void set_members(const raft::Membership& membership) override;

  // --- For the links
  // ----------------------------------------------------------------------------------------------------------------
  [[nodiscard]] std::optional<raft::Member> record_of(MemberId member) const;
  [[nodiscard]] TlsSide* tls() const { return tls_; }
  void lane_up(MemberId peer, Incarnation incarnation);
  void lane_down(MemberId peer, bool by_other_side);
  /// A frame to this peer was dropped. Told to the engine at most once per interval: it may answer by sending more.
  void dropped(MemberId peer);
  void disowned(const Error& why);
  /// A peer's connection is established: it lives, so dial back now if we wait to try again.
  void heard_from(MemberId peer, const std::shared_ptr<PeerInLink>& link);
  void forget(const PeerInLink* link);

 private:
  struct Peer {
    raft::Member record;
    std::shared_ptr<PeerLane> main;
    std::shared_ptr<PeerLane> bulk;
    Instant told_unreachable{};
  };
  void log_members() const;
  void remove_strangers();
  void make_room(MemberId peer);

  Hub& hub_;
  TlsSide* tls_;
  raft::Membership membership_;
  std::map<MemberId, Peer> peers_;
  std::vector<std::shared_ptr<PeerInLink>> accepted_;  // in order of age
  std::function<void(const Error&)> disowned_;
};

}  // namespace conclave::transport
