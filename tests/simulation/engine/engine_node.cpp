#include "engine/engine_node.hpp"

#include <algorithm>

#include "engine/peer_mesh.hpp"

namespace conclave::sim {
namespace {

/// Hands on, and shows the oracles what passes.
class WatchedState final : public engine::StateStore {
 public:
  WatchedState(engine::StateStore& store, StoreOracle& oracle, MemberId member) : store_(store), oracle_(oracle), member_(member) {}
  void apply(mvcc::StateDelta delta) override {
    oracle_.saw_delta(member_, delta);
    store_.apply(std::move(delta));
  }
  void set_durable(Index durable) override { store_.set_durable(durable); }
  void checkpoint(std::uint64_t data_bytes) override { store_.checkpoint(data_bytes); }
  void read_history(std::uint64_t token, Revision from, Revision to, std::size_t bytes_max) override {
    store_.read_history(token, from, to, bytes_max);
  }
  void read_overlay(std::uint64_t token, const mvcc::WatchSpec& keys, Revision at, Revision until) override {
    store_.read_overlay(token, keys, at, until);
  }

 private:
  engine::StateStore& store_;
  StoreOracle& oracle_;
  MemberId member_;
};

class WatchedLog final : public engine::LogStore {
 public:
  WatchedLog(engine::LogStore& store, RaftOracle& oracle, std::function<std::optional<Term>(Index)> term_at)
      : store_(store), oracle_(oracle), term_at_(std::move(term_at)) {}
  void submit(raft::Write write) override {
    if (!write.entries.empty()) oracle_.saw_write(write, term_at_(write.entries.front()->id.index.prev()));
    store_.submit(std::move(write));
  }
  void read(MemberId peer, Index from, std::size_t bytes_max) override { store_.read(peer, from, bytes_max); }
  void cut(raft::EntryId to) override { store_.cut(to); }

 private:
  engine::LogStore& store_;
  RaftOracle& oracle_;
  std::function<std::optional<Term>(Index)> term_at_;
};

/// Events of one source stay in order; different sources may overtake each other.
std::uint64_t source_of(const engine::Event& event) {
  if (const auto* said = std::get_if<engine::PeerSaid>(&event)) return said->from.value();
  if (const auto* closed = std::get_if<engine::PeerClosed>(&event)) return closed->peer.value();
  if (const auto* asked = std::get_if<engine::ClientAsked>(&event)) return 1000 + asked->connection.value();
  if (const auto* gone = std::get_if<engine::ClientClosed>(&event)) return 1000 + gone->connection.value();
  if (const auto* came = std::get_if<engine::ClientConnected>(&event)) return 1000 + came->connection.value();
  if (const auto* sent = std::get_if<engine::ClientWritten>(&event)) return 1000 + sent->connection.value();
  return 0;
}

std::string bytes_of(const protocol::OutFrame& frame) {
  std::string bytes(frame.head.view());
  for (const auto& part : frame.tail) bytes += part.view();
  return bytes;
}

protocol::Frame frame_of(const std::string& bytes) {
  protocol::FrameParser parser(protocol::peer_bytes_max);
  std::size_t fed = 0;
  while (fed < bytes.size()) {
    const auto space = parser.space();
    const std::size_t count = std::min(space.size(), bytes.size() - fed);
    std::copy_n(bytes.data() + fed, count, space.data());
    parser.received(count);
    fed += count;
  }
  auto frame = parser.next();
  require(frame.has_value() && frame->has_value(), [] { return std::string("a member's frame does not parse"); });
  return std::move(**frame);
}

}  // namespace

raft::Member record_of(MemberId id) {
  return raft::Member{id, incarnation_of(id), "m" + to_string(id), "peer" + to_string(id), "client" + to_string(id)};
}

EngineNode::EngineNode(EngineWorld& shared, PeerMesh& mesh, engine::Config config, const raft::Membership& bootstrap,
                       std::int64_t drift_ppm)
    : shared_(shared),
      mesh_(mesh),
      config_(std::move(config)),
      storage_(shared.world, shared.swarm.disk, config_.self.value(), bootstrap),
      door_(shared, *this),
      clock_(drift_ppm, Instant{} + seconds(config_.self.value())),
      prng_(shared.world.stream(2000 + config_.self.value())) {
  storage_.deliver = [this](engine::Event event) { deliver(std::move(event)); };
  storage_.on_set_durable = [this](Index durable) {
    shared_.raft.saw_durable(id(), std::min(durable, engine_->core().status().committed), storage_.log_disk().image());
  };
}

EngineNode::~EngineNode() = default;

void EngineNode::boot() {
  auto recovered = storage_.open(config_.machine, shared_.batches);
  require(recovered.has_value(), [&] { return "member " + to_string(id()) + " does not start: " + recovered.error().message(); });
  shared_.raft.booted(id());
  shared_.world.trace().note("boot", {id().value(), recovered->raft.applied.value()});
  state_watch_ = std::make_unique<WatchedState>(storage_.state(), shared_.store, id());
  log_watch_ =
      std::make_unique<WatchedLog>(storage_.log(), shared_.raft, [this](Index index) { return engine_->core().term_at(index); });
  const engine::Ports ports{*log_watch_, *state_watch_, storage_.snapshots(), *this, door_, shared_.batches, shared_.events};
  engine_ = std::make_unique<engine::Engine>(config_, std::move(*recovered), ports, log_, prng_.split(life_),
                                             clock_.local(shared_.world.now()));
  wake(shared_.world.now());
}

void EngineNode::crash() {
  if (!is_up()) return;
  shared_.world.trace().note("crash", {id().value()});
  ++life_;
  engine_.reset();
  state_watch_.reset();
  log_watch_.reset();
  storage_.crash();
  paused_ = false;
  clock_.thaw(shared_.world.now());
  inbox_.clear();
  wake_at_.reset();
  door_.process_ended();
  mesh_.ended(id());
}

void EngineNode::end(const Error& why) {
  shared_.world.trace().note("ends", {id().value(), static_cast<std::uint64_t>(why.code)});
  require(why.code == Errc::io_error || why.code == Errc::shutting_down,
          [&] { return "member " + to_string(id()) + " ends: " + why.message(); });
  crash();
  // Whoever looks after the process starts it again.
  shared_.world.after(prng_.between(milliseconds(50), milliseconds(1500)), "start again", [this] {
    if (!is_up()) boot();
  });
}

void EngineNode::pause(Duration span, bool clock_stops) {
  if (!is_up() || paused_) return;
  paused_ = true;
  if (clock_stops) clock_.freeze(shared_.world.now());
  const std::uint64_t pause = ++pauses_;
  shared_.world.after(span, "resume", [this, pause] {
    if (pause == pauses_ && paused_) resume();
  });
}

void EngineNode::resume() {
  if (!paused_) return;
  paused_ = false;
  clock_.thaw(shared_.world.now());
  std::map<std::uint64_t, std::deque<engine::Event>> sources;
  for (auto& event : inbox_) sources[source_of(event)].push_back(std::move(event));
  inbox_.clear();
  std::vector<std::uint64_t> order;
  for (const auto& [source, events] : sources) order.insert(order.end(), events.size(), source);
  prng_.shuffle(order);
  for (const auto source : order) {
    deliver(std::move(sources[source].front()));
    sources[source].pop_front();
  }
  door_.process_resumed();
  wake(shared_.world.now());
}

void EngineNode::hear(const engine::Event& event) {
  const auto* said = std::get_if<engine::PeerSaid>(&event);
  const auto* message = said == nullptr ? nullptr : std::get_if<raft::Message>(&said->message);
  if (message == nullptr) return;
  if (const auto* vote = std::get_if<raft::VoteReply>(message)) heard_ = std::max(heard_, vote->stamp);
  if (const auto* append = std::get_if<raft::AppendRequest>(message)) heard_ = std::max(heard_, append->stamp);
  if (const auto* beat = std::get_if<raft::Heartbeat>(message)) heard_ = std::max(heard_, beat->stamp);
}

void EngineNode::deliver(engine::Event event) {
  if (!is_up()) return;
  if (paused_) {
    inbox_.push_back(std::move(event));
    return;
  }
  hear(event);
  engine_->deliver(std::move(event));
  wake(shared_.world.now() + prng_.between(microseconds(1), microseconds(300)));
}

void EngineNode::wake(Instant when) {
  if (wake_at_ && *wake_at_ <= when) return;
  wake_at_ = when;
  shared_.world.at(when, "run", [this, when, life = life_] {
    if (life != life_ || wake_at_ != when) return;
    wake_at_.reset();
    if (is_up() && !paused_) run();
  });
}

void EngineNode::run() {
  const raft::Stamp before = std::max(engine_->core().stamp(), heard_);
  engine_->run_once(clock_.local(shared_.world.now()));
  observe(before);
  heard_ = raft::Stamp();
  if (const auto finished = engine_->finished()) return end(*finished);
  const Instant deadline = clock_.when(engine_->next_deadline(), shared_.world.now());
  wake(std::max(deadline, shared_.world.now() + microseconds(50)));
}

void EngineNode::observe(raft::Stamp before) {
  shared_.raft.saw_core(id(), engine_->core());
  shared_.store.saw_machine(id(), engine_->machine());
  // What others stamped is in the machine or was heard; the rest a leader added itself.
  const auto machine = raft::Stamp(static_cast<std::uint64_t>(to_millis(engine_->machine().stamp())));
  const std::uint64_t from = engine_->core().is_leader() ? before.value() : std::max(before, machine).value();
  const auto limit = static_cast<std::uint64_t>(std::chrono::ceil<milliseconds>(config_.election_timeout).count()) + 1;
  require(engine_->core().stamp().value() <= from + limit, [&] {
    return "member " + to_string(id()) + " lets " + std::to_string(engine_->core().stamp().value() - from) +
           " ms of cluster time pass at once";
  });
}

void EngineNode::send(MemberId to, engine::PeerMessage message) {
  if (const auto* raft = std::get_if<raft::Message>(&message))
    shared_.raft.saw_message(id(), engine_->core(), storage_.log_disk().image(), to, *raft);
  if (!mesh_.linked(id(), to)) {
    shared_.world.after(Duration(0), "unreachable", [this, to, life = life_] {
      if (life == life_) deliver(engine::PeerUnreachable{to});
    });
    return;
  }
  std::string frame = bytes_of(encoder_.encode(message));
  shared_.world.trace().note("send", {id().value(), to.value(), mix(0, frame)});
  // Raft must bear everything: repeats, and what comes late over another link. The rest travels as a stream has it: once, or not at
  // all.
  const std::uint64_t link = std::holds_alternative<raft::Message>(message) ? 0 : mesh_.link(id(), to);
  auto arrived = std::make_shared<bool>(false);
  shared_.network.send(id().value(), to.value(), [this, to, link, arrived = std::move(arrived), bytes = std::move(frame)] {
    EngineNode& peer = *shared_.nodes.at(to);
    if (!peer.is_up() || !mesh_.linked(id(), to)) return;
    if (link != 0 && (*arrived || mesh_.link(id(), to) != link)) return;
    *arrived = true;
    peer.receive(id(), bytes);
  });
}

void EngineNode::receive(MemberId from, const std::string& bytes) {
  auto message = codec::decode_peer(frame_of(bytes));
  require(message.has_value(), [&] { return "a member's message does not decode: " + message.error().message(); });
  deliver(engine::PeerSaid{from, std::move(*message)});
}

void EngineNode::set_members(const raft::Membership& membership) {
  known_.clear();
  for (const auto& member : membership.members) known_.insert(member.id);
}

}  // namespace conclave::sim
