#include "peer_probe.hpp"

#include <asio/connect.hpp>

#include "conclave/protocol/handshake.hpp"
#include "conclave/transport/address.hpp"

namespace conclave::transport {
namespace {

class ProbeLink final : public Link {
 public:
  ProbeLink(Hub& hub, Stream stream, std::weak_ptr<PeerProbe> probe)
      : Link(hub, std::move(stream),
             {.port = "probe",
              .accepted = false,
              .queue_bytes_max = 4 * protocol::hello_bytes_max,
              .ping_interval = hub.config.limits.peer_ping_interval,
              .silence_max = hub.config.limits.peer_silence_max}),
        probe_(std::move(probe)) {}

 private:
  void on_secured() override {
    const auto probe = probe_.lock();
    if (probe == nullptr) return;
    const Config& config = hub_.config;
    protocol::PeerHello hello;
    hello.token_hash = config.token_hash;
    hello.cluster = config.cluster;
    hello.member = config.self;
    hello.incarnation = config.incarnation;
    hello.expected_member = probe->target().id;
    hello.probe = true;
    send(protocol::encode(hello));
  }

  void on_frame(protocol::Frame frame) override {
    const auto probe = probe_.lock();
    if (probe == nullptr || frame.kind != protocol::FrameKind::peer_welcome) return close(std::nullopt);
    const auto welcome = protocol::decode_peer_welcome(frame.payload);
    const bool of_us = welcome.has_value() && welcome->token_hash == hub_.config.token_hash &&
                       welcome->cluster == hub_.config.cluster && welcome->member == probe->target().id;
    if (of_us) probe->answered(welcome->known_incarnation);
    close(std::nullopt);
  }

  void on_closed(bool, const std::string& why) override { hub_.log.debug("asked a peer", {{"remote", remote()}, {"end", why}}); }

  std::weak_ptr<PeerProbe> probe_;
};

}  // namespace

PeerProbe::PeerProbe(Hub& hub, TlsSide* tls, ProbeTarget target)
    : hub_(hub), tls_(tls), target_(std::move(target)), resolver_(hub.io), socket_(hub.io) {}

void PeerProbe::start() {
  const auto address = parse_address(target_.peer_address);
  if (!address.has_value()) return;
  resolver_.async_resolve(address->host, std::to_string(address->port),
                          [self = shared_from_this(), host = address->host](std::error_code failed, const auto& found) {
                            if (!failed) self->connect(host, found);
                          });
}

void PeerProbe::connect(const std::string& host, const asio::ip::tcp::resolver::results_type& found) {
  asio::async_connect(socket_, found, [self = shared_from_this(), host](std::error_code failed, const auto&) {
    if (failed) return;
    SslPtr ssl = self->tls_ == nullptr ? nullptr : self->tls_->connecting(host, Hub::now());
    self->link_ = std::make_shared<ProbeLink>(self->hub_, Stream(std::move(self->socket_), std::move(ssl)), self);
    self->link_->start();
  });
}

void PeerProbe::stop() {
  resolver_.cancel();
  std::error_code ignored;
  socket_.close(ignored);
  if (const auto link = std::exchange(link_, nullptr)) link->close(std::nullopt);
}

}  // namespace conclave::transport
