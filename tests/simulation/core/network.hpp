#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "core/world.hpp"

namespace conclave::sim {

/// Who sends or receives: members have their ids, clients numbers from client_endpoint_first on.
using Endpoint = std::uint64_t;
inline constexpr Endpoint client_endpoint_first = 1000;

struct NetworkSettings {
  Duration delay_min = microseconds(50);
  Duration delay_spread = milliseconds(1);
  std::uint64_t late_permille = 0;  ///< packets that are late by up to late_max
  Duration late_max = seconds(2);
  std::uint64_t loss_permille = 0;
  std::uint64_t duplicate_permille = 0;
  std::uint64_t stream_late_permille = 0;  ///< pieces of a stream that hold it up by up to late_max
  bool ordered = true;                     ///< packets of one path do not overtake each other
};

/// Paths between endpoints, each direction on its own: packets are delayed, lost, repeated, overtaken, clogged or cut. Streams
/// (client connections) lose nothing: they arrive in order or break.
class Network {
 public:
  Network(World& world, const NetworkSettings& settings) : world_(world), settings_(settings), prng_(world.stream(2)) {}

  /// `deliver` is called zero, one or more times.
  void send(Endpoint from, Endpoint to, std::function<void()> deliver);
  /// `deliver` is called once, after everything sent on this stream before; or, if the path is cut, `broken` is.
  void send_stream(std::uint64_t stream, Endpoint from, Endpoint to, std::function<void()> deliver, std::function<void()> broken);

  void cut(Endpoint from, Endpoint to) { cuts_.insert({from, to}); }
  void mend(Endpoint from, Endpoint to) { cuts_.erase({from, to}); }
  [[nodiscard]] bool is_cut(Endpoint from, Endpoint to) const { return cuts_.contains({from, to}); }
  /// Nothing arrives on this path before `until`; nothing is lost by it.
  void clog(Endpoint from, Endpoint to, Instant until);
  /// No cuts, no clogs, and from now on no loss, no repeats and no lateness.
  void heal();

 private:
  using Path = std::pair<Endpoint, Endpoint>;
  [[nodiscard]] Instant arrival(const Path& path);
  [[nodiscard]] Instant unclogged(const Path& path, Instant when) const;

  World& world_;
  NetworkSettings settings_;
  Prng prng_;
  std::set<Path> cuts_;
  std::map<Path, Instant> clogs_;
  std::map<Path, Instant> newest_;
  std::map<std::uint64_t, Instant> streams_;
};

}  // namespace conclave::sim
