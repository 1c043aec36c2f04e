#include "client_link.hpp"

#include "client_table.hpp"

namespace conclave::transport {

using protocol::FrameKind;

ClientLink::ClientLink(Hub& hub, ClientTable& table, engine::ConnectionId id, Stream stream)
    : Link(hub, std::move(stream),
           {.port = "client",
            .accepted = true,
            .queue_bytes_max = hub.config.limits.queued_bytes_max,
            .ping_interval = hub.config.limits.client_ping_interval,
            .silence_max = hub.config.limits.client_silence_max}),
      table_(table),
      id_(id) {}

void ClientLink::on_frame(protocol::Frame frame) {
  if (!is_established()) {
    if (frame.kind == FrameKind::client_hello) return greet(frame);
    return refuse(Refusal::malformed, "the first frame is no client's hello");
  }
  switch (frame.kind) {
    case FrameKind::write:
    case FrameKind::read:
    case FrameKind::ask: return request(frame);
    case FrameKind::farewell: return close(std::nullopt);
    default:
      return refuse(Refusal::malformed, "a frame that clients do not send",
                    Error{Errc::malformed, "a frame that clients do not send"});
  }
}

void ClientLink::greet(const protocol::Frame& frame) {
  const auto hello = protocol::decode_client_hello(frame.payload);
  if (!hello.has_value()) return refuse(refusal_of(hello.error().code), hello.error().context, hello.error());
  const Config& config = hub_.config;
  const auto version = protocol::judge(*hello, {config.cluster, config.token_hash, config.self, config.incarnation});
  if (!version.has_value()) return refuse(refusal_of(version.error().code), version.error().context, version.error());
  protocol::ServerHello answer;
  answer.version = *version;
  answer.features = hello->features & protocol::features_known;
  answer.cluster = config.cluster;
  answer.member = config.self;
  answer.member_name = config.name;
  answer.leader = hub_.member.leader;
  answer.frame_bytes_max = answer.request_bytes_max = static_cast<std::uint32_t>(config.limits.request_bytes_max);
  answer.requests_max = static_cast<std::uint32_t>(config.limits.requests_in_flight_max);
  answer.machine_version = mvcc::machine_version_max;
  send(protocol::encode(answer));
  established(config.limits.request_bytes_max);
  hub_.log.debug("client connected", {{"remote", remote()}, {"program", hello->name}});
  hub_.emit(engine::ClientConnected{id_, ssl() == nullptr ? std::string() : verified_common_name(ssl())});
}

void ClientLink::request(const protocol::Frame& frame) {
  const engine::RequestId id(frame.id);
  const bool always_answered = frame.kind != FrameKind::ask;
  if (always_answered && in_flight_.size() >= hub_.config.limits.requests_in_flight_max) {
    ++hub_.counters.requests_overloaded;
    return answer_refused(id, {Errc::overloaded, "too many requests in flight on this connection"});
  }
  auto body = codec::decode_request(frame.kind, frame.payload, hub_.config.command_limits);
  if (!body.has_value() && body.error().code == Errc::malformed)
    return refuse(Refusal::malformed, body.error().context, body.error());
  if (!body.has_value()) return answer_refused(id, body.error());
  if (always_answered && !in_flight_.insert(id).second) {
    const Error twice{Errc::malformed, "a request number that is already in flight"};
    return refuse(Refusal::malformed, twice.context, twice);
  }
  hub_.emit(engine::ClientAsked{id_, id, std::move(*body)});
}

void ClientLink::answer_refused(engine::RequestId request, const Error& why) {
  const engine::ReplyHeader header{hub_.config.self, hub_.member.leader, hub_.member.term, hub_.member.revision};
  push({hub_.client_encoder.reply(request, header, mvcc::Refused{why.code, why.context, {}}), {}}, false);
}

void ClientLink::reply(engine::RequestId request, const engine::ReplyHeader& header, const engine::ReplyBody& body) {
  in_flight_.erase(request);
  push({hub_.client_encoder.reply(request, header, body), {}}, false);
}

std::size_t ClientLink::push(protocol::OutFrame frame, bool with_credit, Outbox::Order order) {
  const std::size_t bytes = frame.size();
  if (!is_open()) return 0;
  if (!send(std::move(frame), {.order = order, .credit_bytes = with_credit ? bytes : 0})) {
    refuse(Refusal::slow, "does not read what it asked for");
    return 0;
  }
  return with_credit ? bytes : 0;
}

void ClientLink::on_credit(std::size_t bytes) { hub_.emit(engine::ClientWritten{id_, bytes}); }

void ClientLink::on_closed(bool, const std::string& why) {
  hub_.log.debug("client gone", {{"remote", remote()}, {"why", why}});
  if (is_established()) hub_.emit(engine::ClientClosed{id_});
  table_.forget(id_);
}

}  // namespace conclave::transport
