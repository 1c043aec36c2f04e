#include "conclave/engine/config.hpp"

namespace conclave::engine {

raft::Config Config::raft_config() const {
  raft::Config result = raft;
  result.self = self;
  result.incarnation = incarnation;
  result.heartbeat_ticks = static_cast<std::uint32_t>(heartbeat_interval / tick);
  result.election_timeout_ticks = static_cast<std::uint32_t>(election_timeout / tick);
  return result;
}

Result<void> Config::validate() const {
  if (self.is_zero()) return fail(Errc::invalid_argument, "the member id must not be zero");
  if (tick <= Duration::zero()) return fail(Errc::invalid_argument, "the tick must be positive");
  if (heartbeat_interval < tick) return fail(Errc::invalid_argument, "the heartbeat interval must be at least one tick");
  if (election_timeout < 3 * heartbeat_interval)
    return fail(Errc::invalid_argument, "the election timeout must be at least three heartbeat intervals");
  if (batch_bytes_max == 0 || batch_commands_max == 0) return fail(Errc::invalid_argument, "a batch must hold something");
  if (batch_commands_max > 65'536) return fail(Errc::invalid_argument, "a batch holds at most 65536 commands");
  return raft_config().validate();
}

}  // namespace conclave::engine
