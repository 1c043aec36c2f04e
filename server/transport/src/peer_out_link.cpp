#include "peer_out_link.hpp"

#include "peer_table.hpp"

namespace conclave::transport {

using protocol::FrameKind;

PeerOutLink::PeerOutLink(Hub& hub, PeerTable& table, PeerLane& lane, Stream stream, std::size_t queue_bytes_max)
    : Link(hub, std::move(stream),
           {.port = "to " + lane.peer().name,
            .accepted = false,
            .queue_bytes_max = queue_bytes_max,
            .ping_interval = hub.config.limits.peer_ping_interval,
            .silence_max = hub.config.limits.peer_silence_max}),
      table_(table),
      lane_(&lane) {}

void PeerOutLink::on_secured() {
  if (lane_ == nullptr) return;
  if (ssl() != nullptr) {
    const unsigned char* name = nullptr;
    unsigned int size = 0;
    SSL_get0_alpn_selected(ssl(), &name, &size);
    if (size == 0) return refuse(Refusal::version_mismatch, "the peer does not speak conclave/1");
  }
  const Config& config = hub_.config;
  sent_.cluster = config.cluster;
  sent_.token_hash = config.token_hash;
  sent_.member = config.self;
  sent_.incarnation = config.incarnation;
  sent_.expected_member = lane_->peer().id;
  sent_.known_incarnation = lane_->peer().incarnation;
  sent_.machine_version_max = mvcc::machine_version_max;
  sent_.has_entries = hub_.member.has_entries;
  send(protocol::encode(sent_));
}

void PeerOutLink::on_frame(protocol::Frame frame) {
  if (frame.kind == FrameKind::farewell) {
    const auto why = protocol::decode_farewell(frame.payload);
    farewell_ = why.has_value() ? why->message() : "farewell";
    return close(std::nullopt);
  }
  if (!is_established() && frame.kind == FrameKind::peer_welcome) return welcomed(frame);
  refuse(Refusal::malformed, "a frame that members do not answer with");
}

void PeerOutLink::welcomed(const protocol::Frame& frame) {
  const auto welcome = protocol::decode_peer_welcome(frame.payload);
  if (!welcome.has_value()) return rejected(welcome.error());
  const auto verdict = protocol::judge(*welcome, sent_);
  if (!verdict.has_value()) {
    const bool of_us =
        welcome->cluster == sent_.cluster && welcome->token_hash == sent_.token_hash && welcome->member == sent_.expected_member;
    const bool known = !welcome->known_incarnation.is_zero() && welcome->known_incarnation != sent_.incarnation;
    if (of_us && known) table_.disowned(verdict.error());
    return rejected(verdict.error());
  }
  established(protocol::hello_bytes_max);
  if (lane_ != nullptr) lane_->link_up(welcome->incarnation);
}

void PeerOutLink::rejected(const Error& why) { refuse(refusal_of(why.code), why.context, why); }

void PeerOutLink::on_closed(bool by_other_side, const std::string& why) {
  if (lane_ == nullptr) return;
  PeerLane* lane = std::exchange(lane_, nullptr);
  lane->link_down(this, is_established(), by_other_side || !farewell_.empty(), farewell_.empty() ? why : farewell_);
}

}  // namespace conclave::transport
