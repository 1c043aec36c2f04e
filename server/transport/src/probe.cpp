#include "conclave/transport/probe.hpp"

#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>
#include <memory>
#include <vector>

#include "hub.hpp"
#include "peer_probe.hpp"

namespace conclave::transport {

Result<void> ask_peers(const Config& config, std::span<const ProbeTarget> peers, Duration patience, LogSink& log) {
  Counters counters;
  std::unique_ptr<TlsSide> tls;
  if (config.peer_tls.enabled()) {
    auto side = TlsSide::open(config.peer_tls, TlsPolicy::peers, log, counters);
    if (!side.has_value()) return fail(side.error());
    tls = std::move(*side);
  }
  Hub hub(config, log, counters);
  std::vector<std::shared_ptr<PeerProbe>> probes;
  for (const ProbeTarget& target : peers) {
    probes.push_back(std::make_shared<PeerProbe>(hub, tls.get(), target));
    probes.back()->start();
  }
  const Instant until = Hub::now() + patience;
  while (Hub::now() < until && hub.io.run_one_for(until - Hub::now()) != 0) hub.flush_dirty();
  for (const auto& probe : probes) {
    probe->stop();
    if (probe->known().is_zero()) continue;
    return fail(Errc::wrong_member, "member " + probe->target().name + " knows this member with another data directory (" +
                                        to_string(probe->known()) + ")");
  }
  hub.io.poll();
  return {};
}

}  // namespace conclave::transport
