#pragma once

#include <string>
#include <vector>

#include "conclave/gateway_core/kv_answer.hpp"

namespace conclave::gateway {

/// What the machine takes for a lease.
inline constexpr std::int64_t ttl_seconds_min = 2;
inline constexpr std::int64_t ttl_seconds_max = 86'400;

/// A shorter TTL than the least is raised to it, as the answer says.
[[nodiscard]] mvcc::LeaseGrant parse_lease_grant(const JsonObject& json);
/// The id in `ID`, of a revoke, a keep-alive or a time-to-live.
[[nodiscard]] LeaseId parse_lease_id(const JsonObject& json);

[[nodiscard]] std::string lease_grant_answer(const Head& head, const mvcc::LeaseGranted& granted);
/// A line of the stream. A TTL of zero (the lease is gone) is left out.
[[nodiscard]] std::string keep_alive_line(const Head& head, LeaseId id, milliseconds ttl);
/// `info` null: gone, which etcd tells with a TTL of -1.
[[nodiscard]] std::string time_to_live_answer(const Head& head, LeaseId id, const mvcc::LeaseInfo* info);
[[nodiscard]] std::string leases_answer(const Head& head, const std::vector<LeaseId>& leases);

}  // namespace conclave::gateway
