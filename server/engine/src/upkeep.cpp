#include "upkeep.hpp"

#include <algorithm>

namespace conclave::engine {
namespace {
constexpr std::size_t hashes_remembered_max = 8192;
constexpr std::size_t samples_max = 4096;
}  // namespace

// --- Checkpoints
// ------------------------------------------------------------------------------------------------------------------------

CheckpointKeeper::CheckpointKeeper(Context& context)
    : context_(context),
      last_{context.machine->meta().applied_term, context.machine->applied()},
      new_since_(context.now),
      interval_(context.prng.between(context.config.checkpoint_interval / 2, context.config.checkpoint_interval)) {}

void CheckpointKeeper::tick() {
  if (context_.machine->applied() <= last_.index) new_since_ = context_.now;
}

bool CheckpointKeeper::due() const {
  if (running_ || context_.machine->applied() <= last_.index) return false;
  const std::uint64_t entries = context_.machine->applied().minus(last_.index);
  return context_.now - new_since_ >= interval_ || log_bytes_ >= log_bytes_max() || entries >= context_.config.snapshot_entries;
}

/// A checkpoint writes a row once however often it changed, and with many keys nearly every change is of another row. A start reads
/// the state and the log, so while the log is not much larger than the state, neither grows out of proportion.
std::uint64_t CheckpointKeeper::log_bytes_max() const {
  const Config& config = context_.config;
  return std::clamp(2 * context_.machine->data_bytes(), config.checkpoint_log_bytes,
                    std::max(config.checkpoint_log_bytes, config.checkpoint_log_bytes_max));
}

void CheckpointKeeper::start() {
  running_ = true;
  log_bytes_ = 0;
  // The random part keeps members from wanting it together.
  new_since_ = context_.now;
  interval_ = context_.prng.between(context_.config.checkpoint_interval * 3 / 4, context_.config.checkpoint_interval);
  context_.ports.state.checkpoint(context_.machine->data_bytes());
}

void CheckpointKeeper::on_done(const CheckpointDone& done) {
  running_ = false;
  ++context_.counters.checkpoints;
  context_.db_size = done.db_size;
  if (done.applied.index > last_.index) last_ = done.applied;
  cut();
}

void CheckpointKeeper::on_chunk_read(const SnapshotChunkRead& read) {
  if (read.chunk) transfers_[read.peer] = read.chunk->meta.last.index;
}

Index CheckpointKeeper::cut_limit() const {
  Index limit = last_.index;
  for (const auto& [peer, index] : transfers_) limit = std::min(limit, index);
  const std::uint64_t keep = context_.config.log_keep_entries;
  // Followers that are nearly up to date get the log, not a snapshot; one that is far behind or gone does not hold the log for
  // ever.
  const Index kept = limit.value() > keep ? Index(limit.value() - keep) : Index{};
  if (!context_.core.is_leader()) return kept;
  Index slowest = limit;
  for (const auto& peer : context_.core.status().peers)
    if (peer.active && !peer.snapshotting) slowest = std::min(slowest, peer.match);
  const Index bound = limit.value() > 10 * keep ? Index(limit.value() - 10 * keep) : Index{};
  return std::max(std::min(slowest, kept), bound);
}

void CheckpointKeeper::cut() {
  const Index to = cut_limit();
  if (to <= cut_ || to.is_zero()) return;
  const auto term = context_.core.term_at(to);
  if (!term) return;
  cut_ = to;
  const raft::EntryId id{*term, to};
  context_.core.compact(id);
  context_.ports.log.cut(id);
}

// --- History
// ----------------------------------------------------------------------------------------------------------------------------

HistoryKeeper::HistoryKeeper(Context& context, Proposals& proposals, const WatchFeed& watches)
    : context_(context), proposals_(proposals), watches_(watches), next_(context.now + context.config.compaction_interval) {}

void HistoryKeeper::on_applied(const std::vector<mvcc::EventBatchPtr>& batches) {
  for (const auto& batch : batches) bytes_ += batch->size();
  const std::uint64_t last = samples_.empty() ? 0 : samples_.back().bytes;
  // A burst between two looks at the time gets samples of its own, so that the bound by size can be kept closely.
  if (bytes_ - last >= context_.config.history_bytes_max / 16) {
    samples_.push_back({context_.now, context_.machine->revision(), bytes_});
    next_ = context_.now;
  }
}

std::optional<Revision> HistoryKeeper::wanted() const {
  std::optional<Revision> to;
  for (const Sample& sample : samples_) {
    const bool old = context_.now - sample.at >= context_.config.history_retention;
    const bool much = bytes_ - sample.bytes >= context_.config.history_bytes_max;
    if (!old && !much) break;
    to = sample.revision;
  }
  if (!to) return std::nullopt;
  if (const auto needed = watches_.oldest_needed()) to = std::min(*to, *needed);
  return *to > context_.machine->compacted() ? to : std::nullopt;
}

void HistoryKeeper::propose_if_due() {
  if (context_.now < next_) return;
  next_ = context_.now + context_.config.compaction_interval;
  samples_.push_back({context_.now, context_.machine->revision(), bytes_});
  while (samples_.size() > samples_max) samples_.pop_front();
  if (!context_.core.is_leader() || proposed_) return;
  const auto to = wanted();
  if (!to) return;
  proposed_ = true;
  proposals_.submit({{}, context_.ports.batches.compact(*to), false, false, std::nullopt},
                    [this](const Outcome&) { proposed_ = false; });
  while (!samples_.empty() && samples_.front().revision < *to) samples_.pop_front();
}

// --- Hashes
// -----------------------------------------------------------------------------------------------------------------------------

HashKeeper::HashKeeper(Context& context) : context_(context), next_(context.now + context.config.hash_interval) {}

void HashKeeper::on_applied() {
  recent_.emplace_back(context_.machine->applied(), context_.machine->state_hash());
  if (recent_.size() > hashes_remembered_max) recent_.pop_front();
  if (!said_ && !subject_.is_zero() && context_.machine->applied() >= subject_) say_own(subject_);
}

void HashKeeper::announce_if_due() {
  if (context_.now < next_) return;
  next_ = context_.now + context_.config.hash_interval;
  if (!context_.core.is_leader() || context_.machine->applied().is_zero()) return;
  subject_ = context_.machine->applied();
  said_ = false;
  votes_.clear();
  say_own(subject_);
}

void HashKeeper::on_hash(MemberId from, const StateHash& hash) {
  if (hash.applied < subject_) return;
  if (hash.applied > subject_) {
    subject_ = hash.applied;
    said_ = false;
    votes_.clear();
  }
  vote(from, hash.applied, hash.hash);
  if (!said_ && context_.machine->applied() >= subject_) say_own(subject_);
}

void HashKeeper::say_own(Index index) {
  said_ = true;
  const auto it =
      std::lower_bound(recent_.begin(), recent_.end(), index, [](const auto& item, Index at) { return item.first < at; });
  if (it == recent_.end() || it->first != index) return;  // too long ago, or passed by a snapshot: no opinion
  for (const raft::Member& member : context_.core.membership().members)
    if (member.id != context_.config.self) context_.ports.peers.send(member.id, StateHash{index, it->second});
  vote(context_.config.self, index, it->second);
}

void HashKeeper::vote(MemberId member, Index index, std::uint64_t hash) {
  if (index != subject_) return;
  votes_[member] = hash;
  judge();
}

void HashKeeper::judge() {
  const auto own = votes_.find(context_.config.self);
  if (own == votes_.end()) return;
  std::map<std::uint64_t, std::size_t> counts;
  for (const auto& [member, hash] : votes_) ++counts[hash];
  const std::size_t members = context_.core.membership().members.size();
  for (const auto& [hash, count] : counts) {
    if (hash == own->second || count <= members / 2) continue;
    context_.log.error("the state differs from the majority's",
                       {{"applied", subject_.value()}, {"own", own->second}, {"theirs", hash}});
    context_.finished = Error{Errc::corruption, "the state at index " + to_string(subject_) + " differs from the majority's"};
  }
}

}  // namespace conclave::engine
