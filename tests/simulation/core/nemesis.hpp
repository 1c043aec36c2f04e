#pragma once

#include <vector>

#include "core/swarm.hpp"

namespace conclave::sim {

/// What a nemesis can do to a cluster.
class Target {
 public:
  virtual ~Target() = default;
  [[nodiscard]] virtual std::vector<Endpoint> nodes() const = 0;
  [[nodiscard]] virtual std::vector<Endpoint> clients() const = 0;
  [[nodiscard]] virtual bool is_up(Endpoint node) const = 0;
  [[nodiscard]] virtual std::optional<Endpoint> leader() const = 0;  ///< the one of the newest term
  virtual void crash(Endpoint node) = 0;
  virtual void restart(Endpoint node) = 0;
  virtual void pause(Endpoint node, Duration span, bool clock_stops) = 0;
  virtual void slow_disk(Endpoint node, Duration span) = 0;
  virtual void fail_disk(Endpoint node) = 0;
  virtual void transfer(Endpoint from, Endpoint to) = 0;
  virtual void change_membership(Prng& prng) = 0;
  virtual void checkpoint(Endpoint node) = 0;
  virtual void close_link(Endpoint one, Endpoint other) = 0;
  virtual void fill_disk(Endpoint node, Duration span, bool full) = 0;
};

/// Draws faults from the swarm's mixture and lets each pass after a while.
class Nemesis {
 public:
  Nemesis(World& world, Network& network, Target& target, const Swarm& swarm)
      : world_(world), network_(network), target_(target), swarm_(swarm), prng_(world.stream(3)) {}

  void start(Instant until);

 private:
  void next();
  void inflict(Fault fault, Duration lasts);
  void inflict_on_links(Fault fault, Duration lasts);
  void inflict_on_nodes(Fault fault, Duration lasts);
  void cut(Endpoint from, Endpoint to, Duration lasts);
  void split(const std::vector<Endpoint>& one, const std::vector<Endpoint>& other, Duration lasts, bool both_ways);
  void isolate(Endpoint node, Duration lasts);
  void crash(Endpoint node, Duration lasts);
  void clog_into(Endpoint node, Duration lasts);
  [[nodiscard]] Endpoint any_node();
  [[nodiscard]] Endpoint leader_or_any();
  [[nodiscard]] std::vector<Endpoint> everybody() const;

  World& world_;
  Network& network_;
  Target& target_;
  const Swarm& swarm_;
  Prng prng_;
  Instant until_{};
};

}  // namespace conclave::sim
