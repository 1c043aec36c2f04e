#include "raft/raft_cluster.hpp"

#include <algorithm>

#include "conclave/raft/describe.hpp"
#include "raft/raft_config.hpp"

namespace conclave::sim {
namespace {

raft::Member record_of(MemberId id) {
  return raft::Member{id, Incarnation(id.value() * 100), "m" + to_string(id), "peer" + to_string(id), "client" + to_string(id)};
}

raft::Membership first_membership(const Swarm& swarm) {
  raft::Membership membership;
  for (std::uint64_t id = 1; id <= swarm.voters; ++id) {
    membership.voters.emplace_back(id);
    membership.members.push_back(record_of(MemberId(id)));
  }
  return membership;
}

}  // namespace

RaftCluster::RaftCluster(World& world, Network& network, RaftOracle& oracle, const Swarm& swarm)
    : shared_{world, network, oracle, swarm, {}, {}}, prng_(world.stream(4)) {
  Prng limits = world.stream(5);
  const raft::Membership first = first_membership(swarm);
  for (std::uint64_t id = 1; id <= swarm.members; ++id) {
    const raft::Config config = draw_raft_config(swarm, MemberId(id), limits);
    const auto drift =
        static_cast<std::int64_t>(limits.below(static_cast<std::uint64_t>(swarm.drift_ppm_max) * 2 + 1)) - swarm.drift_ppm_max;
    // A node that is not in the first membership knows it all the same: it replays the log from there once it is taken in.
    shared_.nodes[MemberId(id)] = std::make_unique<RaftNode>(shared_, config, first, drift);
  }
}

void RaftCluster::start(Instant until) {
  until_ = until;
  for (const auto& [id, node] : shared_.nodes) node->boot();
  work();
}

void RaftCluster::work() {
  const Duration wait = prng_.between(Duration(0), shared_.swarm.work_interval * 2);
  shared_.world.after(wait, "client", [this] {
    RaftNode& node = at(prng_.between(1, shared_.nodes.size()));
    const std::uint64_t number = ++proposals_;
    std::string batch = "p" + std::to_string(number) + std::string(prng_.below(prng_.chance(1, 8) ? 900 : 60), '.');
    const bool reads = prng_.chance(1, 2);
    node.input([&node, reads, bytes = Bytes(std::move(batch))] {
      if (reads) node.begin_read();
      node.propose(bytes);
    });
    if (prng_.chance(1, 60)) checkpoint(prng_.between(1, shared_.nodes.size()));
    work();
  });
}

void RaftCluster::heal() {
  shared_.network.heal();
  for (const auto& [id, node] : shared_.nodes) {
    node->disk().heal();
    if (!node->is_up()) node->boot();
  }
  healed_at_ = shared_.oracle.committed_max();
}

bool RaftCluster::converged() {
  const auto leads = leader();
  if (!leads) return false;
  const RaftNode& node = at(*leads);
  const raft::Membership& membership = node.core()->membership();
  if (!node.core()->status().term_committed || !node.core()->membership_committed() || membership.is_joint()) return false;
  return std::all_of(membership.voters.begin(), membership.voters.end(),
                     [&](MemberId voter) { return shared_.nodes.at(voter)->applied().id.index > healed_at_.plus(5); });
}

std::string RaftCluster::explain() const {
  std::string text;
  for (const auto& [id, node] : shared_.nodes)
    text += "\n  " + (node->is_up() ? raft::describe(node->core()->status()) + " " + raft::describe(node->core()->membership())
                                    : "member " + to_string(id) + " is down");
  return text;
}

std::vector<Endpoint> RaftCluster::nodes() const {
  std::vector<Endpoint> all;
  for (const auto& [id, node] : shared_.nodes) all.push_back(id.value());
  return all;
}

std::optional<Endpoint> RaftCluster::leader() const {
  std::optional<Endpoint> best;
  for (const auto& [id, node] : shared_.nodes)
    if (node->is_up() && node->core()->is_leader() && (!best || node->core()->term() > at(*best).core()->term())) best = id.value();
  return best;
}

void RaftCluster::crash(Endpoint node) { at(node).crash(); }
void RaftCluster::restart(Endpoint node) { at(node).boot(); }
void RaftCluster::pause(Endpoint node, Duration span, bool clock_stops) { at(node).pause(span, clock_stops); }
void RaftCluster::slow_disk(Endpoint node, Duration span) { at(node).disk().slow_until(shared_.world.now() + span); }
void RaftCluster::fail_disk(Endpoint node) { at(node).disk().fail_next(); }

void RaftCluster::transfer(Endpoint from, Endpoint to) {
  RaftNode& node = at(from);
  node.input([&node, to] { (void)node.running().transfer_leadership(MemberId(to)); });
}

void RaftCluster::change_membership(Prng& prng) {
  std::vector<raft::Member> voters;
  std::vector<raft::Member> learners;
  std::vector<MemberId> promote;
  for (const auto& [id, node] : shared_.nodes) {
    const auto part = prng.below(4);
    if (part <= 1) voters.push_back(record_of(id));
    if (part == 2) learners.push_back(record_of(id));
    if (part == 2 && prng.chance(1, 2)) promote.push_back(id);
  }
  if (voters.empty()) return;
  for (const auto& [id, node] : shared_.nodes) {
    node->input([it = node.get(), voters, learners, promote] {
      if (it->running().is_leader()) (void)it->running().propose_membership(voters, learners, promote);
    });
  }
}

void RaftCluster::checkpoint(Endpoint node) {
  RaftNode& it = at(node);
  it.input([&it] { it.checkpoint(); });
}

void RaftCluster::close_link(Endpoint one, Endpoint other) {
  if (one == other) return;
  for (const auto& [to, from] : {std::pair{one, other}, std::pair{other, one}}) {
    RaftNode& node = at(to);
    node.input([&node, peer = from] {
      node.running().on_link_closed(MemberId(peer));
      node.running().on_unreachable(MemberId(peer));
    });
  }
}

void run_raft_world(World& world, const RunOptions& options) {
  Prng draws = world.stream(1);
  const Swarm swarm = draw_swarm(draws, options.members);
  Network network(world, swarm.network);
  RaftOracle oracle;
  RaftCluster cluster(world, network, oracle, swarm);
  Nemesis nemesis(world, network, cluster, swarm);
  const Instant end = Instant{} + options.duration;
  cluster.start(end);
  nemesis.start(end);
  // What the nemesis began passes within fault_lasts_max after the end.
  world.run_until(end + swarm.fault_lasts_max);
  cluster.heal();
  const Instant bound = world.now() + swarm.election_timeout() * 60 + seconds(20);
  while (!cluster.converged()) {
    require(world.now() < bound, [&] { return "liveness: a healed cluster does not get anywhere" + cluster.explain(); });
    world.run_until(world.now() + milliseconds(50));
  }
}

}  // namespace conclave::sim
