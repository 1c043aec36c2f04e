#include "raft/raft_config.hpp"

namespace conclave::sim {

raft::Config draw_raft_config(const Swarm& swarm, MemberId self, Prng& prng) {
  raft::Config config;
  config.self = self;
  config.incarnation = Incarnation(self.value() * 100);
  config.heartbeat_ticks = swarm.heartbeat_ticks;
  config.election_timeout_ticks = swarm.election_ticks;
  config.link_closed_campaign_ticks_max = 1;
  config.snapshot_retry_ticks = swarm.election_ticks;
  if (!swarm.tiny_limits) return config;
  config.append_bytes_max = prng.between(64, 4096);
  config.append_entries_max = prng.between(1, 8);
  config.inflight_messages_max = prng.between(1, 4);
  config.inflight_bytes_max = prng.between(config.append_bytes_max, 16'384);
  config.writes_in_flight_max = prng.between(1, 4);
  config.write_bytes_max = prng.between(64, 4096);
  config.apply_bytes_max = prng.between(64, 4096);
  config.memory_log_bytes_max = prng.between(512, 16'384);
  config.snapshot_chunk_bytes = prng.between(50, 1000);
  config.uncommitted_bytes_max = prng.between(4096, 65'536);
  return config;
}

}  // namespace conclave::sim
