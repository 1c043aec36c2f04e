#pragma once

#include <cstdint>
#include <string>

#include "conclave/base/bytes.hpp"
#include "conclave/base/ids.hpp"
#include "conclave/base/result.hpp"
#include "conclave/protocol/limits.hpp"
#include "conclave/protocol/version.hpp"

/// The first frames of a link, as values. The encoders give whole frames; the decoders take a payload and are total: strange bytes
/// are Errc::malformed, a hello of another protocol or without a common version is Errc::version_mismatch.
namespace conclave::protocol {

struct ClientHello {
  std::uint16_t version_min = protocol::version_min;
  std::uint16_t version_max = protocol::version_max;
  std::uint64_t features = features_known;
  ClusterId cluster;  ///< expected; zero: any
  MemberId member;    ///< expected; zero: any
  std::string name;   ///< of the program, for people
  bool operator==(const ClientHello&) const = default;
};
struct ServerHello {
  std::uint16_t version = protocol::version_max;
  std::uint64_t features = features_known;
  ClusterId cluster;
  MemberId member;
  std::string member_name;
  MemberId leader;  ///< zero: none known
  std::uint32_t frame_bytes_max = static_cast<std::uint32_t>(protocol::request_bytes_max);
  std::uint32_t request_bytes_max = static_cast<std::uint32_t>(protocol::request_bytes_max);
  std::uint32_t requests_max = requests_in_flight_max;
  MachineVersion machine_version;
  bool operator==(const ServerHello&) const = default;
};
struct PeerHello {
  std::uint16_t version_min = protocol::version_min;
  std::uint16_t version_max = protocol::version_max;
  std::uint64_t features = features_known;
  ClusterId cluster;  ///< zero in a probe: not known yet
  std::uint64_t token_hash = 0;
  MemberId member;
  Incarnation incarnation;
  MemberId expected_member;       ///< zero: any
  Incarnation known_incarnation;  ///< the receiver's, as the sender's membership has it; zero: not known
  MachineVersion machine_version_max;
  bool has_entries = false;
  bool probe = false;  ///< only asks; no link comes of it
  bool operator==(const PeerHello&) const = default;
};
struct PeerWelcome {
  std::uint16_t version = protocol::version_max;
  std::uint64_t features = features_known;
  ClusterId cluster;
  std::uint64_t token_hash = 0;
  MemberId member;
  Incarnation incarnation;
  Incarnation known_incarnation;  ///< the connecting member's, as the receiver's membership has it; zero: not known
  MachineVersion machine_version_max;
  bool has_entries = false;
  bool operator==(const PeerWelcome&) const = default;
};

[[nodiscard]] Bytes encode(const ClientHello& hello);
[[nodiscard]] Bytes encode(const ServerHello& hello);
[[nodiscard]] Bytes encode(const PeerHello& hello);
[[nodiscard]] Bytes encode(const PeerWelcome& welcome);
/// A farewell frame.
[[nodiscard]] Bytes encode_farewell(const Error& why);
[[nodiscard]] Bytes encode_ping(std::uint64_t id);
[[nodiscard]] Bytes encode_pong(std::uint64_t id);

[[nodiscard]] Result<ClientHello> decode_client_hello(const Bytes& payload);
[[nodiscard]] Result<ServerHello> decode_server_hello(const Bytes& payload);
[[nodiscard]] Result<PeerHello> decode_peer_hello(const Bytes& payload);
[[nodiscard]] Result<PeerWelcome> decode_peer_welcome(const Bytes& payload);
[[nodiscard]] Result<Error> decode_farewell(const Bytes& payload);

/// What a member is, for judging hellos.
struct OwnIdentity {
  ClusterId cluster;
  std::uint64_t token_hash = 0;
  MemberId member;
  Incarnation incarnation;
};
/// A member's judgement of a client's hello: wrong_cluster, wrong_member, version_mismatch, or the version to speak.
[[nodiscard]] Result<std::uint16_t> judge(const ClientHello& hello, const OwnIdentity& self);
/// A member's judgement of a peer's hello. `recorded` is the sender's incarnation as the own membership has it: zero if the record
/// has none yet, nothing said if the sender is no member (then the caller refuses). wrong_cluster: another cluster or token;
/// wrong_member: not meant for this member, or an incarnation other than the recorded one, or the sender expects another
/// incarnation of this member.
[[nodiscard]] Result<std::uint16_t> judge(const PeerHello& hello, const OwnIdentity& self, Incarnation recorded);
/// The connecting member's judgement of the answer.
[[nodiscard]] Result<void> judge(const PeerWelcome& welcome, const PeerHello& sent);

}  // namespace conclave::protocol
