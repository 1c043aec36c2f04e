#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "conclave/base/prng.hpp"
#include "core/log_disk.hpp"
#include "core/network.hpp"

namespace conclave::sim {

enum class Fault : std::uint8_t {
  partition_halves,
  isolate_one,
  isolate_leader,
  cut_links,
  cut_one_way,
  cut_clients,
  clog_links,
  clog_into_leader,
  crash_one,
  crash_leader,
  crash_all,
  pause,
  pause_leader,
  slow_disk,
  fail_disk,
  transfer,
  transfer_under_clog,
  change_membership,
  checkpoint,
  close_link,
  fill_disk,
};
inline constexpr std::size_t fault_count = 21;
[[nodiscard]] std::string_view name_of(Fault fault);

/// What one seed's world is like. Every seed draws its own mixture, so that rare combinations get whole runs of their own.
struct Swarm {
  std::size_t members = 3;  ///< nodes that exist
  std::size_t voters = 3;   ///< of those, in the first membership
  NetworkSettings network;
  DiskSettings disk;
  std::array<std::uint64_t, fault_count> weights{};  ///< of the faults; zero: never
  Duration fault_interval = seconds(2);
  Duration fault_lasts_max = seconds(4);
  bool tiny_limits = false;
  std::int64_t drift_ppm_max = 0;
  Duration work_interval = milliseconds(20);  ///< between a client's requests
  std::uint32_t heartbeat_ticks = 2;
  std::uint32_t election_ticks = 10;
  Duration tick = milliseconds(50);

  [[nodiscard]] Duration election_timeout() const { return tick * election_ticks; }
  [[nodiscard]] std::string describe() const;
};

/// `members` fixes the size of the cluster.
[[nodiscard]] Swarm draw_swarm(Prng& prng, std::optional<std::size_t> members);

}  // namespace conclave::sim
