#pragma once

#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>
#include <deque>
#include <memory>
#include <string>

#include "conclave/raft/types.hpp"
#include "link.hpp"
#include "peer_out_link.hpp"

namespace conclave::transport {

class PeerTable;

/// The way to one peer: dials, dials again with a growing and jittered pause, and sends.
class PeerLane : public std::enable_shared_from_this<PeerLane> {
 public:
  enum class Kind {
    main,  ///< kept open always; frames without a connection are dropped
    bulk,  ///< opened when there is something to send, which waits for it; closed when idle
  };
  PeerLane(Hub& hub, PeerTable& table, const raft::Member& peer, Kind kind);

  void start();
  void stop();
  /// The peer's record has changed, not its address.
  void renew(const raft::Member& peer);
  void send(protocol::OutFrame frame, Outbox::Options options);
  /// Do not wait any longer before dialling.
  void hurry();

  // --- For the link
  // -----------------------------------------------------------------------------------------------------------------
  [[nodiscard]] const raft::Member& peer() const { return peer_; }
  void link_up(Incarnation incarnation);
  void link_down(const PeerOutLink* link, bool was_up, bool by_other_side, const std::string& why);

 private:
  enum class State { idle, pausing, dialling, opening, up };

  void dial();
  void resolve(const std::string& host, std::uint16_t port);
  void connect(const std::vector<asio::ip::tcp::endpoint>& endpoints);
  void open(asio::ip::tcp::socket socket);
  void failed(const std::string& why);
  void pause();
  void watch_idle();
  void drop_waiting();

  Hub& hub_;
  PeerTable& table_;
  raft::Member peer_;
  std::string host_;  // of the peer, as its certificate must name it
  Kind kind_;
  State state_ = State::idle;
  std::uint64_t attempt_ = 0;  // what an older attempt still reports is ignored
  Duration pause_{};
  bool failure_logged_ = false;
  asio::steady_timer timer_;
  asio::ip::tcp::resolver resolver_;
  std::shared_ptr<PeerOutLink> link_;
  Incarnation incarnation_;                 // of the other side of the link, while it is up
  std::deque<protocol::OutFrame> waiting_;  // bulk only
  std::size_t waiting_bytes_ = 0;
  Instant sent_{};
};

}  // namespace conclave::transport
