#include "core/network.hpp"

#include <algorithm>

namespace conclave::sim {

Instant Network::unclogged(const Path& path, Instant when) const {
  const auto clog = clogs_.find(path);
  return clog == clogs_.end() ? when : std::max(when, clog->second);
}

Instant Network::arrival(const Path& path) {
  Instant when = world_.now() + prng_.between(settings_.delay_min, settings_.delay_min + settings_.delay_spread);
  if (prng_.chance(settings_.late_permille, 1000)) when += prng_.between(Duration(0), settings_.late_max);
  return unclogged(path, when);
}

void Network::send(Endpoint from, Endpoint to, std::function<void()> deliver) {
  const Path path{from, to};
  if (cuts_.contains(path) || prng_.chance(settings_.loss_permille, 1000)) return;
  const int copies = prng_.chance(settings_.duplicate_permille, 1000) ? 2 : 1;
  for (int copy = 0; copy < copies; ++copy) {
    Instant when = arrival(path);
    if (settings_.ordered) {
      when = std::max(when, newest_[path]);
      newest_[path] = when;
    }
    world_.at(when, "packet", [this, path, deliver] {
      if (!cuts_.contains(path)) deliver();
    });
  }
}

void Network::send_stream(std::uint64_t stream, Endpoint from, Endpoint to, std::function<void()> deliver,
                          std::function<void()> broken) {
  const Path path{from, to};
  Instant when = arrival(path);
  if (prng_.chance(settings_.stream_late_permille, 1000)) when += prng_.between(Duration(0), settings_.late_max);
  when = std::max(when, streams_[stream]);
  streams_[stream] = when;
  world_.at(when, "stream", [this, path, arrive = std::move(deliver), fail = std::move(broken)] {
    if (cuts_.contains(path))
      fail();
    else
      arrive();
  });
}

void Network::clog(Endpoint from, Endpoint to, Instant until) {
  Instant& clog = clogs_[{from, to}];
  clog = std::max(clog, until);
}

void Network::heal() {
  cuts_.clear();
  clogs_.clear();
  settings_.late_permille = 0;
  settings_.stream_late_permille = 0;
  settings_.loss_permille = 0;
  settings_.duplicate_permille = 0;
}

}  // namespace conclave::sim
