#include "engine/engine_cluster.hpp"

#include <algorithm>

#include "conclave/raft/describe.hpp"
#include "conclave/test/revision_order.hpp"
#include "engine/workload.hpp"
#include "raft/raft_config.hpp"

namespace conclave::sim {
namespace {

constexpr std::size_t clients_max = 4;

engine::Config draw_config(const Swarm& swarm, MemberId self, Prng& prng) {
  engine::Config config;
  config.name = "m" + to_string(self);
  config.self = self;
  config.incarnation = incarnation_of(self);
  config.cluster = ClusterId(77);
  config.tick = swarm.tick;
  config.heartbeat_interval = swarm.tick * swarm.heartbeat_ticks;
  config.election_timeout = swarm.election_timeout();
  config.raft = draw_raft_config(swarm, self, prng);
  config.raft.snapshot_chunk_bytes =
      std::max<std::size_t>(config.raft.snapshot_chunk_bytes * 16, 4096);  // these snapshots are larger
  config.checkpoint_interval = milliseconds(prng.between(500, 8'000));
  config.snapshot_entries = prng.between(20, 400);
  config.log_keep_entries = prng.between(0, 100);
  config.hash_interval = seconds(3);
  config.bookmark_interval = milliseconds(prng.between(300, 3'000));
  config.history_retention = milliseconds(prng.between(500, 20'000));
  config.compaction_interval = milliseconds(prng.between(200, 4'000));
  if (!swarm.tiny_limits) return config;
  config.batch_commands_max = prng.between(1, 8);
  config.batch_bytes_max = prng.between(64, 1024);
  config.watch_queue_bytes_max = prng.between(64, 2048);
  config.history_read_bytes = prng.between(128, 2048);
  config.expire_batch_max = prng.between(1, 3);
  config.machine.history_window_bytes = prng.between(256, 4096);
  return config;
}

client::SessionOptions draw_options(const Swarm& swarm, Prng& prng) {
  client::SessionOptions options;
  for (std::size_t id = 1; id <= swarm.members; ++id) options.endpoints.push_back("client" + std::to_string(id));
  options.follow_leader = prng.chance(1, 2);
  options.use_session = prng.chance(4, 5);
  options.session_ttl = milliseconds(prng.between(2'000, 8'000));
  options.connect_timeout = milliseconds(prng.between(200, 1'500));
  options.ping_interval = milliseconds(prng.between(200, 800));
  options.silence_max = options.ping_interval * 3;
  options.backoff_max = milliseconds(400);
  return options;
}

std::int64_t draw_drift(const Swarm& swarm, Prng& prng) {
  return static_cast<std::int64_t>(prng.below(static_cast<std::uint64_t>(swarm.drift_ppm_max) * 2 + 1)) - swarm.drift_ppm_max;
}

}  // namespace

EngineCluster::EngineCluster(World& world, Network& network, RaftOracle& raft, StoreOracle& store, const Swarm& swarm,
                             const MakeProgram& make)
    : shared_{world, network, swarm, raft, store, codec::BatchCodec(), {}, ClusterId(77), {}, {}, 0}, mesh_(shared_) {
  Prng draws = world.stream(5);
  raft::Membership membership;
  for (std::uint64_t id = 1; id <= swarm.members; ++id) {
    membership.voters.emplace_back(id);
    membership.members.push_back(record_of(MemberId(id)));
  }
  // The limits of the state machine are part of the replicated rules; what differs between members are the engines' own.
  for (const auto id : membership.voters)
    shared_.nodes[id] =
        std::make_unique<EngineNode>(shared_, mesh_, draw_config(swarm, id, draws), membership, draw_drift(swarm, draws));
  const std::size_t clients = draws.between(2, clients_max);
  for (Endpoint endpoint = client_endpoint_first; endpoint < client_endpoint_first + clients; ++endpoint) {
    shared_.clients[endpoint] =
        std::make_unique<SimClient>(shared_, endpoint, draw_options(swarm, draws), draw_drift(swarm, draws));
    workloads_.push_back(make(shared_, *shared_.clients[endpoint], history_));
  }
  store.on_lease_ended = [this](LeaseId lease) {
    for (const auto& workload : workloads_) workload->lease_ended(lease);
  };
}

EngineCluster::~EngineCluster() = default;

void EngineCluster::start() {
  for (const auto& [id, node] : shared_.nodes) node->boot();
  mesh_.start();
  for (const auto& workload : workloads_) workload->start();
}

void EngineCluster::heal() {
  shared_.network.heal();
  for (const auto& [id, node] : shared_.nodes) {
    node->storage().log_disk().heal();
    node->resume();
    node->deliver(engine::DiskSpace{});
    if (!node->is_up()) node->boot();
  }
}

void EngineCluster::stop_work() {
  for (const auto& workload : workloads_) workload->stop();
}

void EngineCluster::prove_life() {
  for (const auto& workload : workloads_) workload->prove_life();
}

bool EngineCluster::converged() {
  if (!shared_.store.overdue_lease().empty()) return false;
  const auto lives = [](const auto& workload) { return workload->alive(); };
  if (!std::all_of(workloads_.begin(), workloads_.end(), lives)) return false;
  Index newest;
  for (const auto& [id, node] : shared_.nodes) {
    if (!node->is_up()) return false;
    newest = std::max(newest, node->engine()->core().status().committed);
  }
  // Entries go on coming, and who serves nobody applies them at its next tick: so what was committed at the last look.
  const Index wanted = std::exchange(committed_, newest);
  const Revision revision(shared_.store.reference().size());
  for (const auto& [id, node] : shared_.nodes)
    if (wanted.is_zero() || node->engine()->machine().applied() < wanted || node->engine()->machine().revision() < revision)
      return false;
  return std::all_of(workloads_.begin(), workloads_.end(), [&](const auto& workload) { return workload->watched_up_to(revision); });
}

std::string EngineCluster::explain() const {
  std::string text;
  for (const auto& [id, node] : shared_.nodes) {
    text += "\n  member " + to_string(id) + ": ";
    if (!node->is_up()) {
      text += "down";
      continue;
    }
    text += raft::describe(node->engine()->core().status()) + " revision=" + to_string(node->engine()->machine().revision());
  }
  const Revision revision(shared_.store.reference().size());
  for (const auto& workload : workloads_)
    text += std::string("\n  a client ") + (workload->alive() ? "writes" : "waits") +
            (workload->watched_up_to(revision) ? "" : ", its watches are behind");
  const std::string lease = shared_.store.overdue_lease();
  return lease.empty() ? text : text + "\n  " + lease;
}

void EngineCluster::judge(bool all_writers_known) {
  for (const auto& workload : workloads_) workload->judge(Revision(shared_.store.reference().size()));
  const auto order = test::check_revision_order(history_, shared_.store.revisions(), {all_writers_known});
  require(!order.is_violated(), [&] { return "what clients were told: " + order.why; });
  shared_.store.judge();
}

std::vector<Endpoint> EngineCluster::nodes() const {
  std::vector<Endpoint> all;
  for (const auto& [id, node] : shared_.nodes) all.push_back(id.value());
  return all;
}

std::vector<Endpoint> EngineCluster::clients() const {
  std::vector<Endpoint> all;
  for (const auto& [endpoint, client] : shared_.clients) all.push_back(endpoint);
  return all;
}

std::optional<Endpoint> EngineCluster::leader() const {
  std::optional<Endpoint> best;
  for (const auto& [id, node] : shared_.nodes) {
    if (!node->is_up() || !node->engine()->core().is_leader()) continue;
    if (!best || node->engine()->core().term() > at(*best).engine()->core().term()) best = id.value();
  }
  return best;
}

void EngineCluster::slow_disk(Endpoint node, Duration span) {
  at(node).storage().log_disk().slow_until(shared_.world.now() + span);
}

void EngineCluster::transfer(Endpoint from, Endpoint to) {
  // Asked for by an operator whose connection nobody else has.
  const engine::ConnectionId operator_link(1'000'000'000 + ++shared_.connections);
  at(from).deliver(engine::ClientConnected{operator_link, {}});
  at(from).deliver(engine::ClientAsked{operator_link, engine::RequestId(1), engine::MoveLeaderRequest{MemberId(to)}});
  at(from).deliver(engine::ClientClosed{operator_link});
}

void EngineCluster::checkpoint(Endpoint node) {
  // An operator restarts a member in order.
  if (at(node).is_up() && shared_.world.stream(shared_.world.steps()).chance(1, 2)) at(node).shut_down();
}

void EngineCluster::close_link(Endpoint one, Endpoint other) {
  if (one != other) mesh_.close(MemberId(one), MemberId(other));
}

void EngineCluster::fill_disk(Endpoint node, Duration span, bool full) {
  at(node).deliver(engine::DiskSpace{true, full});
  shared_.world.after(span, "room again", [this, node] { at(node).deliver(engine::DiskSpace{}); });
}

void run_engine_world(World& world, const RunOptions& options) {
  run_cluster(
      world, options,
      [](EngineWorld& shared, SimClient& client, test::History& history) {
        return std::make_unique<Workload>(shared, client, history);
      },
      true);
}

void run_cluster(World& world, const RunOptions& options, const MakeProgram& make, bool all_writers_known) {
  Prng draws = world.stream(1);
  const Swarm swarm = draw_swarm(draws, options.members);
  Network network(world, swarm.network);
  RaftOracle raft;
  StoreOracle store(world);
  EngineCluster cluster(world, network, raft, store, swarm, make);
  Nemesis nemesis(world, network, cluster, swarm);
  const Instant end = Instant{} + options.duration;
  cluster.start();
  nemesis.start(end);
  // What the nemesis began passes within fault_lasts_max after the end.
  world.run_until(end + swarm.fault_lasts_max);
  cluster.heal();
  // Long enough for every operation under way to be answered and every lease to die.
  world.run_until(world.now() + seconds(2));
  cluster.stop_work();
  world.run_until(world.now() + seconds(10));
  cluster.prove_life();
  const Instant bound = world.now() + seconds(60);
  while (!cluster.converged()) {
    require(world.now() < bound, [&] { return "liveness: a healed cluster does not get anywhere" + cluster.explain(); });
    world.run_until(world.now() + milliseconds(100));
  }
  cluster.judge(all_writers_known);
}

}  // namespace conclave::sim
