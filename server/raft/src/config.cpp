#include "conclave/raft/config.hpp"

namespace conclave::raft {

Result<void> Config::validate() const {
  if (self.is_zero()) return fail(Errc::invalid_argument, "raft: a member id of zero");
  if (heartbeat_ticks < 1) return fail(Errc::invalid_argument, "raft: heartbeat_ticks is zero");
  if (election_timeout_ticks > 1'000'000) return fail(Errc::invalid_argument, "raft: election_timeout_ticks is above 1,000,000");
  if (election_timeout_ticks / 2 < heartbeat_ticks || election_timeout_ticks == heartbeat_ticks * 2) {
    return fail(Errc::invalid_argument, "raft: election_timeout_ticks must be more than two heartbeats");
  }
  if (link_closed_campaign_ticks_max > election_timeout_ticks) {
    return fail(Errc::invalid_argument, "raft: link_closed_campaign_ticks_max is above the election timeout");
  }
  const bool has_zero = append_bytes_max == 0 || append_entries_max == 0 || inflight_messages_max == 0 || inflight_bytes_max == 0 ||
                        writes_in_flight_max == 0 || write_bytes_max == 0 || apply_bytes_max == 0 || snapshot_chunk_bytes == 0 ||
                        snapshot_retry_ticks == 0 || uncommitted_bytes_max == 0;
  if (has_zero) return fail(Errc::invalid_argument, "raft: a limit is zero");
  return {};
}

}  // namespace conclave::raft
