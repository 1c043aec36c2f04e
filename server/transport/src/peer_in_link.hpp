#pragma once

#include "conclave/protocol/handshake.hpp"
#include "link.hpp"

namespace conclave::transport {

class PeerTable;

/// A connection that another member dialled: its hello is judged against the membership, then what it says goes to the engine.
class PeerInLink final : public Link {
 public:
  PeerInLink(Hub& hub, PeerTable& table, Stream stream);

  [[nodiscard]] MemberId member() const { return member_; }  ///< zero before the hello
  [[nodiscard]] Incarnation incarnation() const { return incarnation_; }

 private:
  void on_frame(protocol::Frame frame) override;
  void on_closed(bool by_other_side, const std::string& why) override;

  void greet(const protocol::Frame& frame);
  [[nodiscard]] Result<void> judge(const protocol::PeerHello& hello) const;
  void welcome(const protocol::PeerHello& hello);

  PeerTable& table_;
  MemberId member_;
  Incarnation incarnation_;
};

}  // namespace conclave::transport
