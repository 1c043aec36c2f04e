#pragma once

#include <asio/ip/tcp.hpp>
#include <memory>
#include <string>

#include "conclave/transport/probe.hpp"
#include "hub.hpp"
#include "link.hpp"

namespace conclave::transport {

/// One question to one peer: which data directory of this member it knows.
class PeerProbe : public std::enable_shared_from_this<PeerProbe> {
 public:
  PeerProbe(Hub& hub, TlsSide* tls, ProbeTarget target);

  void start();
  void stop();
  [[nodiscard]] Incarnation known() const { return known_; }  ///< zero: none, or no answer
  [[nodiscard]] const ProbeTarget& target() const { return target_; }
  void answered(Incarnation known) { known_ = known; }

 private:
  void connect(const std::string& host, const asio::ip::tcp::resolver::results_type& found);

  Hub& hub_;
  TlsSide* tls_;
  ProbeTarget target_;
  asio::ip::tcp::resolver resolver_;
  asio::ip::tcp::socket socket_;
  std::shared_ptr<Link> link_;
  Incarnation known_;
};

}  // namespace conclave::transport
