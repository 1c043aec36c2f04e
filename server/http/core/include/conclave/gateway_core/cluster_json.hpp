#pragma once

#include <string>

#include "conclave/engine/types.hpp"
#include "conclave/gateway_core/kv_answer.hpp"

namespace conclave::gateway {

/// What etcd's clients compare before they choose how to speak: the interface is that of this version.
inline constexpr std::string_view etcd_version = "3.4.27";

/// How members are shown to HTTP clients.
struct MemberUrls {
  bool peer_tls = false;
  bool client_tls = false;
};
[[nodiscard]] std::string member_list_answer(const Head& head, const raft::Membership& membership, const MemberUrls& urls);
[[nodiscard]] std::string status_answer(const Head& head, const engine::StatusReply& status);
/// The alarms of the member that answers; each lack of room is NOSPACE.
[[nodiscard]] std::string alarm_answer(const Head& head, const engine::StatusReply& status);
[[nodiscard]] std::string hash_answer(const Head& head, const engine::HashReply& hash);
[[nodiscard]] std::string hash_kv_answer(const Head& head, const engine::HashReply& hash);
/// `/version`: for clients of etcd, and what this is.
[[nodiscard]] std::string version_answer(std::string_view conclave_version);

struct AlarmAsk {
  bool get = true;
};
[[nodiscard]] AlarmAsk parse_alarm(const JsonObject& json);
[[nodiscard]] MemberId parse_transfer_target(const JsonObject& json);

}  // namespace conclave::gateway
