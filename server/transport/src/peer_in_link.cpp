#include "peer_in_link.hpp"

#include "conclave/transport/address.hpp"
#include "peer_table.hpp"

namespace conclave::transport {

using protocol::FrameKind;

PeerInLink::PeerInLink(Hub& hub, PeerTable& table, Stream stream)
    : Link(hub, std::move(stream),
           {.port = "peer",
            .accepted = true,
            .queue_bytes_max = protocol::hello_bytes_max * 4,  // only a welcome, pongs and a farewell go this way
            .ping_interval = hub.config.limits.peer_ping_interval,
            .silence_max = hub.config.limits.peer_silence_max}),
      table_(table) {}

void PeerInLink::on_frame(protocol::Frame frame) {
  if (!is_established()) {
    if (frame.kind == FrameKind::peer_hello) return greet(frame);
    return refuse(Refusal::malformed, "the first frame is no member's hello");
  }
  if (frame.kind == FrameKind::farewell) return close(std::nullopt);
  if (frame.kind != FrameKind::peer_message || member_.is_zero())
    return refuse(Refusal::malformed, "a frame that members do not send");
  auto message = codec::decode_peer(frame);
  if (message.has_value()) {
    hub_.emit(engine::PeerSaid{member_, std::move(*message)});
  } else if (message.error().code != Errc::unsupported) {  // a kind of message from a newer version is dropped
    refuse(Refusal::malformed, message.error().context);
  }
}

void PeerInLink::greet(const protocol::Frame& frame) {
  const auto hello = protocol::decode_peer_hello(frame.payload);
  if (!hello.has_value()) return refuse(refusal_of(hello.error().code), hello.error().context, hello.error());
  if (auto verdict = judge(*hello); !verdict.has_value()) {
    // A member that has lost its data directory learns from the welcome which one the cluster knows.
    const auto record = table_.record_of(hello->member);
    const bool lost = record && !record->incarnation.is_zero() && record->incarnation != hello->incarnation;
    if (verdict.error().code == Errc::wrong_member && lost) welcome(*hello);
    return refuse(refusal_of(verdict.error().code), verdict.error().context, verdict.error());
  }
  welcome(*hello);
  if (hello->probe) return established(protocol::hello_bytes_max);  // the asker closes
  member_ = hello->member;
  incarnation_ = hello->incarnation;
  established(protocol::peer_bytes_max);
  table_.heard_from(member_, std::static_pointer_cast<PeerInLink>(shared_from_this()));
}

Result<void> PeerInLink::judge(const protocol::PeerHello& hello) const {
  const Config& config = hub_.config;
  const auto record = table_.record_of(hello.member);
  const protocol::OwnIdentity self{config.cluster, config.token_hash, config.self, config.incarnation};
  const auto version = protocol::judge(hello, self, record ? record->incarnation : Incarnation());
  if (!version.has_value()) return fail(version.error());
  if (!record) return fail(Errc::wrong_member, "member " + to_string(hello.member) + " is not in the membership");
  if (ssl() == nullptr) return {};
  const auto address = parse_address(record->peer_address, true);
  if (!address.has_value() || !certificate_names(ssl(), address->host)) {
    return fail(Errc::wrong_member, "the certificate does not name " + record->peer_address + ", the address of " + record->name);
  }
  return {};
}

void PeerInLink::welcome(const protocol::PeerHello& hello) {
  const Config& config = hub_.config;
  const auto record = table_.record_of(hello.member);
  protocol::PeerWelcome welcome;
  welcome.features = hello.features & protocol::features_known;
  welcome.cluster = config.cluster;
  welcome.token_hash = config.token_hash;
  welcome.member = config.self;
  welcome.incarnation = config.incarnation;
  welcome.known_incarnation = record ? record->incarnation : Incarnation();
  welcome.machine_version_max = mvcc::machine_version_max;
  welcome.has_entries = hub_.member.has_entries;
  send(protocol::encode(welcome));
}

void PeerInLink::on_closed(bool, const std::string& why) {
  hub_.log.debug("peer's connection gone", {{"remote", remote()}, {"why", why}});
  table_.forget(this);
}

}  // namespace conclave::transport
