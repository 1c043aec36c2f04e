#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "conclave/engine/types.hpp"
#include "conclave/gateway_core/v2_tree.hpp"

/// What /v2/stats says. Pure.
namespace conclave::gateway::v2 {

/// What a request of the keys API asks for.
[[nodiscard]] Action operation_of(const Request& request);

/// Requests that this member answered.
class StoreStats {
 public:
  void count(Action operation, bool success) { ++counts_[static_cast<std::size_t>(operation)][success ? 1 : 0]; }
  /// `watchers`: of them, those that wait now.
  [[nodiscard]] std::string json(std::uint64_t watchers) const;

 private:
  std::array<std::array<std::uint64_t, 2>, 8> counts_{};
};

/// Since when things are so, in milliseconds since 1970.
struct Since {
  std::int64_t now = 0;
  std::int64_t started = 0;  ///< this member's gateway
  std::int64_t leader = 0;   ///< the leader leads, as far as this member saw
};
[[nodiscard]] std::string self_json(const engine::StatusReply& status, const Since& since);
/// The followers are named; what they cost is in /metrics.
[[nodiscard]] std::string leader_json(MemberId leader, const raft::Membership& membership);

/// RFC 3339 in UTC, without zeros at the end of the fraction.
[[nodiscard]] std::string time_text(std::int64_t since_1970_ms);

}  // namespace conclave::gateway::v2
