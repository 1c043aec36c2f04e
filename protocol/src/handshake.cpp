#include "conclave/protocol/handshake.hpp"

#include <flatbuffers/flatbuffers.h>

#include "conclave/protocol/client_generated.h"
#include "conclave/protocol/common_generated.h"
#include "conclave/protocol/frame.hpp"
#include "conclave/protocol/peer_generated.h"

namespace conclave::protocol {

namespace {

Bytes finish(flatbuffers::FlatBufferBuilder& builder, FrameKind kind) {
  return make_frame(kind, 0, ByteView(reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()));
}

template <class Table>
Result<const Table*> verified(const Bytes& payload) {
  if (payload.size() > hello_bytes_max) return fail(Errc::too_large, "a handshake frame");
  flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(payload.data()), payload.size(), hello_verify.depth_max,
                                 hello_verify.tables_max);
  if (payload.empty() || !verifier.VerifyBuffer<Table>(nullptr)) return fail(Errc::malformed, "a handshake frame");
  return flatbuffers::GetRoot<Table>(payload.data());
}

/// The start of a hello, which is read before the rest: the rest may look different to another program.
Result<void> check_start(const Bytes& payload, std::uint32_t magic) {
  const auto start = verified<wire::AnyHello>(payload);
  if (!start) return fail(start.error());
  if ((*start)->magic() != magic) {
    return fail(Errc::version_mismatch, magic == client_magic ? "this port is for clients, and the hello is not a client's"
                                                              : "this port is for members, and the hello is not a member's");
  }
  const auto version = choose_version((*start)->version_min(), (*start)->version_max());
  if (!version) return fail(version.error());
  return {};
}

Result<std::string> text(const flatbuffers::String* string, std::size_t bytes_max) {
  if (string == nullptr) return std::string();
  if (string->size() > bytes_max) return fail(Errc::too_large, "a name in a handshake frame");
  return string->str();
}

}  // namespace

Bytes encode(const ClientHello& hello) {
  flatbuffers::FlatBufferBuilder builder(256);
  const auto name = builder.CreateString(hello.name);
  builder.Finish(wire::CreateClientHello(builder, client_magic, hello.version_min, hello.version_max, hello.features,
                                         hello.cluster.value(), hello.member.value(), name));
  return finish(builder, FrameKind::client_hello);
}

Bytes encode(const ServerHello& hello) {
  flatbuffers::FlatBufferBuilder builder(256);
  const auto name = builder.CreateString(hello.member_name);
  builder.Finish(wire::CreateServerHello(builder, hello.version, hello.features, hello.cluster.value(), hello.member.value(), name,
                                         hello.leader.value(), hello.frame_bytes_max, hello.request_bytes_max, hello.requests_max,
                                         hello.machine_version.value()));
  return finish(builder, FrameKind::server_hello);
}

Bytes encode(const PeerHello& hello) {
  flatbuffers::FlatBufferBuilder builder(256);
  builder.Finish(wire::CreatePeerHello(builder, peer_magic, hello.version_min, hello.version_max, hello.features,
                                       hello.cluster.value(), hello.token_hash, hello.member.value(), hello.incarnation.value(),
                                       hello.expected_member.value(), hello.known_incarnation.value(),
                                       hello.machine_version_max.value(), hello.has_entries, hello.probe));
  return finish(builder, FrameKind::peer_hello);
}

Bytes encode(const PeerWelcome& welcome) {
  flatbuffers::FlatBufferBuilder builder(256);
  builder.Finish(wire::CreatePeerWelcome(builder, welcome.version, welcome.features, welcome.cluster.value(), welcome.token_hash,
                                         welcome.member.value(), welcome.incarnation.value(), welcome.known_incarnation.value(),
                                         welcome.machine_version_max.value(), welcome.has_entries));
  return finish(builder, FrameKind::peer_welcome);
}

Bytes encode_farewell(const Error& why) {
  flatbuffers::FlatBufferBuilder builder(256);
  const auto context = builder.CreateString(why.context.substr(0, name_bytes_max));
  builder.Finish(wire::CreateFarewell(builder, static_cast<std::uint16_t>(why.code), context));
  return finish(builder, FrameKind::farewell);
}

Bytes encode_ping(std::uint64_t id) { return make_frame(FrameKind::ping, id); }
Bytes encode_pong(std::uint64_t id) { return make_frame(FrameKind::pong, id); }

Result<ClientHello> decode_client_hello(const Bytes& payload) {
  const auto start = check_start(payload, client_magic);
  if (!start) return fail(start.error());
  const auto table = verified<wire::ClientHello>(payload);
  if (!table) return fail(table.error());
  const wire::ClientHello& wire = **table;
  auto name = text(wire.name(), name_bytes_max);
  if (!name) return fail(name.error());
  return ClientHello{wire.version_min(),        wire.version_max(),      wire.features(),
                     ClusterId(wire.cluster()), MemberId(wire.member()), std::move(*name)};
}

Result<ServerHello> decode_server_hello(const Bytes& payload) {
  const auto table = verified<wire::ServerHello>(payload);
  if (!table) return fail(table.error());
  const wire::ServerHello& wire = **table;
  auto name = text(wire.member_name(), name_bytes_max);
  if (!name) return fail(name.error());
  if (wire.version() < version_min || wire.version() > version_max)
    return fail(Errc::version_mismatch, "the server chose another version");
  ServerHello hello;
  hello.version = wire.version();
  hello.features = wire.features();
  hello.cluster = ClusterId(wire.cluster());
  hello.member = MemberId(wire.member());
  hello.member_name = std::move(*name);
  hello.leader = MemberId(wire.leader());
  hello.frame_bytes_max = wire.frame_bytes_max();
  hello.request_bytes_max = wire.request_bytes_max();
  hello.requests_max = wire.requests_max();
  hello.machine_version = MachineVersion(wire.machine_version());
  return hello;
}

Result<PeerHello> decode_peer_hello(const Bytes& payload) {
  const auto start = check_start(payload, peer_magic);
  if (!start) return fail(start.error());
  const auto table = verified<wire::PeerHello>(payload);
  if (!table) return fail(table.error());
  const wire::PeerHello& wire = **table;
  if (wire.member() == 0) return fail(Errc::malformed, "a peer hello without a member id");
  PeerHello hello;
  hello.version_min = wire.version_min();
  hello.version_max = wire.version_max();
  hello.features = wire.features();
  hello.cluster = ClusterId(wire.cluster());
  hello.token_hash = wire.token_hash();
  hello.member = MemberId(wire.member());
  hello.incarnation = Incarnation(wire.incarnation());
  hello.expected_member = MemberId(wire.expected_member());
  hello.known_incarnation = Incarnation(wire.known_incarnation());
  hello.machine_version_max = MachineVersion(wire.machine_version_max());
  hello.has_entries = wire.has_entries();
  hello.probe = wire.probe();
  return hello;
}

Result<PeerWelcome> decode_peer_welcome(const Bytes& payload) {
  const auto table = verified<wire::PeerWelcome>(payload);
  if (!table) return fail(table.error());
  const wire::PeerWelcome& wire = **table;
  if (wire.version() < version_min || wire.version() > version_max)
    return fail(Errc::version_mismatch, "the peer chose another version");
  PeerWelcome welcome;
  welcome.version = wire.version();
  welcome.features = wire.features();
  welcome.cluster = ClusterId(wire.cluster());
  welcome.token_hash = wire.token_hash();
  welcome.member = MemberId(wire.member());
  welcome.incarnation = Incarnation(wire.incarnation());
  welcome.known_incarnation = Incarnation(wire.known_incarnation());
  welcome.machine_version_max = MachineVersion(wire.machine_version_max());
  welcome.has_entries = wire.has_entries();
  return welcome;
}

Result<Error> decode_farewell(const Bytes& payload) {
  const auto table = verified<wire::Farewell>(payload);
  if (!table) return fail(table.error());
  auto context = text((*table)->text(), hello_bytes_max);
  if (!context) return fail(context.error());
  return Error{errc_from_wire((*table)->code()), std::move(*context)};
}

}  // namespace conclave::protocol
