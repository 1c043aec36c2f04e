#pragma once

#include "conclave/protocol/handshake.hpp"
#include "link.hpp"

namespace conclave::transport {

class PeerLane;
class PeerTable;

/// A connection that this member dialled, on which it only sends.
class PeerOutLink final : public Link {
 public:
  PeerOutLink(Hub& hub, PeerTable& table, PeerLane& lane, Stream stream, std::size_t queue_bytes_max);

  /// The lane is gone or wants another link.
  void detach() { lane_ = nullptr; }

 private:
  void on_secured() override;
  void on_frame(protocol::Frame frame) override;
  void on_closed(bool by_other_side, const std::string& why) override;
  void welcomed(const protocol::Frame& frame);
  void rejected(const Error& why);

  PeerTable& table_;
  PeerLane* lane_;
  protocol::PeerHello sent_;
  std::string farewell_;
};

}  // namespace conclave::transport
