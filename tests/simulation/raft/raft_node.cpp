#include "raft/raft_node.hpp"

#include <algorithm>

#include "conclave/raft/describe.hpp"

namespace conclave::sim {

RaftNode::RaftNode(RaftWorld& shared, const raft::Config& config, const raft::Membership& bootstrap, std::int64_t drift_ppm)
    : shared_(shared),
      config_(config),
      disk_(shared.world, shared.swarm.disk, config.self.value()),
      clock_(drift_ppm, Instant{} + seconds(config.self.value())),
      prng_(shared.world.stream(2000 + config.self.value())) {
  checkpoint_.membership = bootstrap;
  disk_.mutable_image().base_membership = bootstrap;
  disk_.on_install = [this](const raft::SnapshotMeta& meta) { install(meta); };
  disk_.checkpointed = [this] { return checkpoint_.id.index; };
  disk_.on_failed = [this] { crash(); };
  disk_.on_done = [this](raft::WriteId done) { input([this, done] { core_->on_durable(done); }); };
}

void RaftNode::boot() {
  applied_ = checkpoint_;
  durable_ = disk_.image().last().index;
  raft::Recovered recovered;
  const LogImage& image = disk_.image();
  recovered.hard_state = image.hard_state;
  if (!image.base.index.is_zero()) recovered.snapshot = raft::SnapshotMeta{image.base, image.base_membership, 0};
  recovered.membership = image.base_membership;
  recovered.entries = image.entries;
  recovered.applied = checkpoint_.id.index;
  recovered.stamp = stamp_;
  core_ = std::make_unique<raft::Core>(config_, std::move(recovered), prng_.split(life_));
  shared_.oracle.booted(id());
  shared_.world.trace().note("boot", {id().value()});
  schedule_tick();
  wake();
}

void RaftNode::crash() {
  if (!is_up()) return;
  shared_.world.trace().note("crash", {id().value()});
  ++life_;
  core_.reset();
  disk_.crash();
  awake_ = paused_ = applying_ = false;
  inbox_.clear();
  to_apply_.clear();
  transfers_.clear();
  receipt_.reset();
  // The system closes a dead process's links; the others learn it unless the network keeps it from them.
  for (const auto& [other, node] : shared_.nodes) {
    if (other == id()) continue;
    shared_.network.send(id().value(), other.value(),
                         [peer = node.get(), me = id()] { peer->input([peer, me] { peer->core_->on_link_closed(me); }); });
  }
}

void RaftNode::pause(Duration span, bool clock_stops) {
  if (!is_up() || paused_) return;
  paused_ = true;
  if (clock_stops) clock_.freeze(shared_.world.now());
  shared_.world.after(span, "resume", [this, clock_stops, life = life_] {
    if (clock_stops) clock_.thaw(shared_.world.now());
    if (life == life_) resume();
  });
}

void RaftNode::resume() {
  paused_ = false;
  // Sockets, timers and disk completions that piled up are taken in any order.
  auto waiting = std::move(inbox_);
  inbox_.clear();
  prng_.shuffle(waiting);
  for (auto& action : waiting) action();
  wake();
}

void RaftNode::input(std::function<void()> action) {
  if (!is_up()) return;
  if (paused_) {
    inbox_.push_back(std::move(action));
    return;
  }
  action();
  shared_.oracle.saw_core(id(), *core_);
  wake();
}

void RaftNode::later(Duration delay, std::string_view label, std::function<void()> action) {
  shared_.world.after(delay, label, [this, life = life_, act = std::move(action)] {
    if (life == life_) input(act);
  });
}

void RaftNode::schedule_tick() {
  const Instant now = shared_.world.now();
  const Instant when = clock_.when(clock_.local(now) + shared_.swarm.tick, now);
  shared_.world.at(when, "tick", [this, life = life_] {
    if (life != life_) return;
    input([this] { core_->tick(); });
    schedule_tick();
  });
}

void RaftNode::wake() {
  if (awake_ || paused_) return;
  awake_ = true;
  shared_.world.after(prng_.between(microseconds(1), microseconds(200)), "pump", [this, life = life_] {
    if (life != life_) return;
    awake_ = false;
    if (!paused_) pump();
  });
}

void RaftNode::pump() {
  while (is_up() && core_->has_ready()) {
    raft::Ready ready = core_->take_ready();
    shared_.oracle.saw_core(id(), *core_);
    carry_out(std::move(ready));
  }
}

void RaftNode::carry_out(raft::Ready ready) {
  shared_.world.trace().note("ready", raft::describe(ready));
  for (const auto& out : ready.messages) {
    shared_.oracle.saw_message(id(), *core_, disk_.image(), out.to, out.message);
    const auto peer = shared_.nodes.find(out.to);
    if (peer == shared_.nodes.end()) continue;
    shared_.network.send(id().value(), out.to.value(), [node = peer->second.get(), me = id(), message = out.message] {
      node->input([node, me, message] { node->receive(me, message); });
    });
  }
  if (ready.write) {
    const Index first = ready.write->entries.empty() ? Index() : ready.write->entries.front()->id.index;
    shared_.oracle.saw_write(*ready.write, first.is_zero() ? std::nullopt : core_->term_at(first.prev()));
    disk_.submit(std::move(*ready.write));
  }
  shared_.oracle.saw_durable(id(), std::min(ready.durable, core_->status().committed), disk_.image());
  durable_ = ready.durable;
  for (const auto& lost : ready.lost) shared_.oracle.saw_lost(id(), *core_, lost);
  for (const auto& grant : ready.reads) shared_.oracle.saw_read_grant(id(), grant);
  for (const auto& peer : ready.snapshot_released) transfers_.erase(peer);
  for (const auto& read : ready.log_reads)
    later(prng_.between(microseconds(10), milliseconds(5)), "log read", [this, read] { answer(read); });
  for (const auto& read : ready.snapshot_reads)
    later(prng_.between(microseconds(10), milliseconds(20)), "snapshot read", [this, read] { answer(read); });
  if (ready.snapshot_received)
    later(prng_.between(microseconds(10), milliseconds(20)), "snapshot store",
          [this, got = *ready.snapshot_received] { store(got); });
  to_apply_.insert(to_apply_.end(), ready.apply.begin(), ready.apply.end());
  apply_some();
}

void RaftNode::apply_some() {
  if (applying_ || to_apply_.empty()) return;
  applying_ = true;
  later(prng_.between(microseconds(1), milliseconds(2)), "apply", [this] {
    applying_ = false;
    const std::size_t count = prng_.between(1, 64);
    for (std::size_t i = 0; i < count && !to_apply_.empty(); ++i) {
      const raft::EntryPtr entry = to_apply_.front();
      to_apply_.pop_front();
      if (entry->id.index <= applied_.id.index) continue;  // a snapshot passed it
      apply(*entry);
    }
    core_->on_applied(applied_.id.index);
    apply_some();
  });
}

void RaftNode::apply(const raft::Entry& entry) {
  require(entry.id.index == applied_.id.index.next(), [&] {
    return "member " + to_string(id()) + " is to apply " + raft::describe(entry.id) + " after " + raft::describe(applied_.id);
  });
  shared_.oracle.saw_apply(id(), *core_, entry);
  applied_.id = entry.id;
  applied_.chain = mix(mix(applied_.chain, entry.id.index.value()), entry.id.term.value());
  if (const auto* bytes = std::get_if<Bytes>(&entry.body)) applied_.chain = mix(applied_.chain, bytes->view());
  if (const auto* membership = std::get_if<raft::Membership>(&entry.body)) applied_.membership = *membership;
  const auto [known, fresh] = shared_.history.emplace(entry.id.index, applied_);
  require(known->second.chain == applied_.chain && known->second.membership == applied_.membership,
          [&] { return "member " + to_string(id()) + " holds another state than others at index " + to_string(entry.id.index); });
  shared_.world.trace().note("applied", {id().value(), entry.id.index.value(), applied_.chain});
}

void RaftNode::receive(MemberId from, const raft::Message& message) { core_->step(from, message); }

void RaftNode::propose(Bytes batch) {
  if (!core_->is_leader()) return;
  stamp_ = raft::Stamp(std::max(stamp_.value(), core_->stamp().value()) + 1);
  core_->set_stamp(stamp_);
  (void)core_->propose(std::move(batch));
}

void RaftNode::begin_read() {
  const auto round = core_->begin_read();
  if (round) shared_.oracle.saw_read_begin(id(), *round);
}

void RaftNode::checkpoint() {
  const Index at = std::min({applied_.id.index, durable_, disk_.image().last().index});
  if (at > checkpoint_.id.index) checkpoint_ = shared_.history.at(at);
  compact();
}

void RaftNode::compact() {
  const std::uint64_t keep = prng_.below(shared_.swarm.tiny_limits ? 8 : 200);
  if (checkpoint_.id.index.value() <= keep) return;
  const Index to(checkpoint_.id.index.value() - keep);
  if (to <= disk_.image().base.index) return;
  const Applied& state = shared_.history.at(to);
  disk_.cut(state.id, state.membership);
  core_->compact(state.id);
}

std::string RaftNode::snapshot_bytes(const Applied& state) const {
  std::string bytes = to_string(state.id.index) + " " + std::to_string(state.chain) + "\n";
  for (std::uint64_t word = state.chain; bytes.size() < 200 + state.chain % 3000; word = mix(word, bytes.size()))
    bytes += std::to_string(word);
  return bytes;
}

void RaftNode::answer(const raft::LogRead& read) {
  std::vector<raft::EntryPtr> entries;
  std::size_t bytes = 0;
  for (Index index = read.from; index > disk_.image().base.index; index = index.next()) {
    auto entry = disk_.image().entry_at(index);
    if (!entry) break;
    bytes += size_of(*entry);
    if (!entries.empty() && bytes > read.bytes_max) break;
    entries.push_back(std::move(entry));
  }
  core_->on_log_read(read.peer, read.from, std::move(entries));
}

void RaftNode::answer(const raft::SnapshotRead& read) {
  auto found = transfers_.find(read.peer);
  if (!read.meta) {
    if (checkpoint_.id.index < read.at_least) checkpoint();
    if (checkpoint_.id.index < read.at_least || checkpoint_.id.index.is_zero()) {
      core_->on_snapshot_read(read.peer, std::nullopt);
      return;
    }
    std::string bytes = snapshot_bytes(checkpoint_);
    raft::SnapshotMeta meta{checkpoint_.id, checkpoint_.membership, bytes.size()};
    found = transfers_.insert_or_assign(read.peer, Transfer{std::move(meta), std::move(bytes)}).first;
  } else if (found == transfers_.end() || found->second.meta != *read.meta) {
    core_->on_snapshot_read(read.peer, std::nullopt);
    return;
  }
  raft::SnapshotChunk chunk;
  chunk.term = core_->term();
  chunk.meta = found->second.meta;
  chunk.offset = std::min<std::uint64_t>(read.offset, found->second.bytes.size());
  chunk.bytes = Bytes(found->second.bytes.substr(chunk.offset, read.bytes_max));
  chunk.done = chunk.offset + chunk.bytes.size() == chunk.meta.total_bytes;
  core_->on_snapshot_read(read.peer, std::move(chunk));
}

void RaftNode::store(const raft::SnapshotReceived& received) {
  if (received.offset == 0) receipt_ = Transfer{received.meta, {}};
  const bool fits = receipt_ && receipt_->meta == received.meta && receipt_->bytes.size() == received.offset;
  if (fits) receipt_->bytes += received.bytes.view();
  const bool all = fits && receipt_->bytes.size() == received.meta.total_bytes;
  const bool good = fits && (!all || receipt_->bytes == snapshot_bytes(shared_.history.at(received.meta.last.index)));
  core_->on_snapshot_stored(received.meta.last, good ? receipt_->bytes.size() : 0, all && good, good);
}

void RaftNode::install(const raft::SnapshotMeta& meta) {
  const auto state = shared_.history.find(meta.last.index);
  require(state != shared_.history.end() && state->second.id == meta.last && state->second.membership == meta.membership,
          [&] { return "member " + to_string(id()) + " installs a snapshot of a state that never was"; });
  require(receipt_ && receipt_->meta == meta && receipt_->bytes.size() == meta.total_bytes,
          [&] { return "member " + to_string(id()) + " installs a snapshot it does not have"; });
  require(meta.last.index > checkpoint_.id.index,
          [&] { return "member " + to_string(id()) + " installs a snapshot that is not newer"; });
  checkpoint_ = state->second;
  if (applied_.id.index < meta.last.index) applied_ = checkpoint_;
}

}  // namespace conclave::sim
