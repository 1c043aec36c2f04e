#include "core/swarm.hpp"

namespace conclave::sim {

std::string_view name_of(Fault fault) {
  switch (fault) {
    case Fault::partition_halves: return "partition_halves";
    case Fault::isolate_one: return "isolate_one";
    case Fault::isolate_leader: return "isolate_leader";
    case Fault::cut_links: return "cut_links";
    case Fault::cut_one_way: return "cut_one_way";
    case Fault::cut_clients: return "cut_clients";
    case Fault::clog_links: return "clog_links";
    case Fault::clog_into_leader: return "clog_into_leader";
    case Fault::crash_one: return "crash_one";
    case Fault::crash_leader: return "crash_leader";
    case Fault::crash_all: return "crash_all";
    case Fault::pause: return "pause";
    case Fault::pause_leader: return "pause_leader";
    case Fault::slow_disk: return "slow_disk";
    case Fault::fail_disk: return "fail_disk";
    case Fault::transfer: return "transfer";
    case Fault::transfer_under_clog: return "transfer_under_clog";
    case Fault::change_membership: return "change_membership";
    case Fault::checkpoint: return "checkpoint";
    case Fault::close_link: return "close_link";
    case Fault::fill_disk: return "fill_disk";
  }
  return "fault";
}

namespace {

NetworkSettings draw_network(Prng& prng) {
  NetworkSettings net;
  net.delay_min = microseconds(prng.between(20, 2'000));
  net.delay_spread = microseconds(prng.between(50, prng.chance(1, 3) ? 60'000 : 3'000));
  net.ordered = prng.chance(1, 2);
  if (prng.chance(1, 3)) net.late_permille = prng.between(1, 60);
  net.late_max = milliseconds(prng.between(50, 3'000));
  if (prng.chance(1, 2)) net.loss_permille = prng.between(1, prng.chance(1, 4) ? 250 : 30);
  if (prng.chance(1, 3)) net.stream_late_permille = prng.between(10, 300);
  if (prng.chance(1, 2)) net.duplicate_permille = prng.between(1, 200);
  return net;
}

DiskSettings draw_disk(Prng& prng) {
  DiskSettings disk;
  disk.flush_min = microseconds(prng.between(20, 1'000));
  disk.flush_spread = microseconds(prng.between(20, prng.chance(1, 4) ? 40'000 : 2'000));
  if (prng.chance(1, 3)) disk.stall_permille = prng.between(1, 60);
  disk.stall_max = milliseconds(prng.between(10, 1'500));
  return disk;
}

}  // namespace

Swarm draw_swarm(Prng& prng, std::optional<std::size_t> members) {
  Swarm swarm;
  const std::array<std::size_t, 8> sizes{1, 2, 3, 3, 3, 4, 5, 5};
  swarm.members = members.value_or(sizes[prng.below(sizes.size())]);
  swarm.voters = prng.chance(2, 3) ? swarm.members : prng.between(1, swarm.members);
  swarm.network = draw_network(prng);
  swarm.disk = draw_disk(prng);
  for (auto& weight : swarm.weights) weight = prng.chance(1, 2) ? prng.between(1, 10) : 0;
  swarm.fault_interval = milliseconds(prng.between(100, 4'000));
  swarm.fault_lasts_max = milliseconds(prng.between(200, 6'000));
  swarm.tiny_limits = prng.chance(1, 2);
  swarm.drift_ppm_max = prng.chance(1, 2) ? static_cast<std::int64_t>(prng.between(0, 500)) : 0;
  swarm.work_interval = milliseconds(prng.between(2, 80));
  swarm.heartbeat_ticks = static_cast<std::uint32_t>(prng.between(1, 3));
  swarm.election_ticks = swarm.heartbeat_ticks * 2 + static_cast<std::uint32_t>(prng.between(4, 10));
  return swarm;
}

std::string Swarm::describe() const {
  std::string text = std::to_string(members) + " nodes, " + std::to_string(voters) + " voters at first, loss " +
                     std::to_string(network.loss_permille) + " permille, repeats " + std::to_string(network.duplicate_permille) +
                     " permille" + (network.ordered ? "" : ", unordered") + (tiny_limits ? ", tiny limits" : "") + ", faults:";
  for (std::size_t i = 0; i < fault_count; ++i)
    if (weights[i] != 0) text += " " + std::string(name_of(static_cast<Fault>(i)));
  return text;
}

}  // namespace conclave::sim
