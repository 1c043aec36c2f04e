#include "interaction_member.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "conclave/raft/describe.hpp"

namespace conclave::raft::test {

Member::Member(const Config& config, Disk disk, std::uint64_t seed) : config_(config), disk_(std::move(disk)) { restart(seed); }

Core& Member::core() {
  if (!is_up()) throw std::runtime_error("member " + to_string(id()) + " is down");
  return *core_;
}

const Core& Member::core() const {
  if (!is_up()) throw std::runtime_error("member " + to_string(id()) + " is down");
  return *core_;
}

Ready Member::take_ready() {
  Ready ready = core().take_ready();
  durable_ = ready.durable;
  if (ready.write) {
    if (ready.write->install_snapshot && !to_apply_.empty() &&
        to_apply_.back()->id.index > ready.write->install_snapshot->last.index)
      throw std::runtime_error("a snapshot is installed below what was handed to apply");
    writes_.push_back(*ready.write);
  }
  to_apply_.insert(to_apply_.end(), ready.apply.begin(), ready.apply.end());
  log_reads_.insert(log_reads_.end(), ready.log_reads.begin(), ready.log_reads.end());
  snapshot_reads_.insert(snapshot_reads_.end(), ready.snapshot_reads.begin(), ready.snapshot_reads.end());
  if (ready.snapshot_received) received_.push_back(*ready.snapshot_received);
  for (const auto& peer : ready.snapshot_released) transfers_.erase(peer);
  return ready;
}

void Member::execute_writes(std::size_t count) {
  for (; count > 0 && executed_ < writes_.size(); --count) {
    const Write& write = writes_[executed_++];
    AppliedState received;
    if (write.install_snapshot) {
      if (!receipt_ || receipt_->meta.last != write.install_snapshot->last)
        throw std::runtime_error("a snapshot is installed that was not received");
      received = AppliedState::from_snapshot(receipt_->meta, state_.base, receipt_->bytes);
      state_ = received;
      to_apply_.clear();
    }
    disk_.execute(write, received);
  }
}

void Member::finish_writes(WriteId id) {
  while (!writes_.empty() && writes_.front().id <= id) {
    if (executed_ == 0) execute_writes(1);
    --executed_;
    writes_.pop_front();
  }
  core().on_durable(id);
}

std::vector<EntryPtr> Member::finish_apply(Index index) {
  std::vector<EntryPtr> done;
  while (!to_apply_.empty() && to_apply_.front()->id.index <= index) {
    state_.apply(*to_apply_.front());
    done.push_back(to_apply_.front());
    to_apply_.pop_front();
  }
  core().on_applied(state_.last().index);
  return done;
}

std::string Member::answer_log_read() {
  if (log_reads_.empty()) throw std::runtime_error("nothing was asked of the log store");
  const LogRead read = log_reads_.front();
  log_reads_.pop_front();
  std::vector<EntryPtr> entries;
  std::size_t bytes = 0;
  if (read.from > disk_.base().index) {
    for (const auto& entry : disk_.entries) {
      if (entry->id.index < read.from) continue;
      bytes += size_of(*entry);
      if (!entries.empty() && bytes > read.bytes_max) break;
      entries.push_back(entry);
    }
  }
  const std::string count = std::to_string(entries.size());
  core().on_log_read(read.peer, read.from, std::move(entries));
  return "peer=" + to_string(read.peer) + " from=" + to_string(read.from) + " entries=" + count;
}

const Member::Transfer* Member::find_transfer(const SnapshotRead& read) {
  const auto found = transfers_.find(read.peer);
  if (read.meta) return found != transfers_.end() && found->second.meta == *read.meta ? &found->second : nullptr;
  const Index at = std::min(state_.last().index, durable_);
  if (at < read.at_least || at <= state_.base.index) return nullptr;
  const AppliedState state = state_.cut(at);
  std::string bytes = state.to_bytes();
  SnapshotMeta meta{state.last(), state.membership_at(at), bytes.size()};
  return &(transfers_[read.peer] = Transfer{std::move(meta), std::move(bytes)});
}

std::string Member::answer_snapshot_read(bool none) {
  if (snapshot_reads_.empty()) throw std::runtime_error("no snapshot was asked for");
  const SnapshotRead read = snapshot_reads_.front();
  snapshot_reads_.pop_front();
  const Transfer* const transfer = none ? nullptr : find_transfer(read);
  const std::string peer = "peer=" + to_string(read.peer);
  if (transfer == nullptr) {
    core().on_snapshot_read(read.peer, std::nullopt);
    return peer + " none";
  }
  SnapshotChunk chunk;
  chunk.term = core().term();
  chunk.meta = transfer->meta;
  chunk.offset = std::min<std::uint64_t>(read.offset, transfer->bytes.size());
  chunk.bytes = Bytes(transfer->bytes.substr(chunk.offset, read.bytes_max));
  chunk.done = chunk.offset + chunk.bytes.size() == transfer->bytes.size();
  const std::string text = peer + " last=" + describe(chunk.meta.last) + " offset=" + std::to_string(chunk.offset) +
                           " bytes=" + std::to_string(chunk.bytes.size());
  core().on_snapshot_read(read.peer, std::move(chunk));
  return text;
}

std::string Member::answer_snapshot_received(bool bad) {
  if (received_.empty()) throw std::runtime_error("no chunk of a snapshot was received");
  const SnapshotReceived received = received_.front();
  received_.pop_front();
  if (received.offset == 0) receipt_ = Transfer{received.meta, {}};
  const bool fits = receipt_ && receipt_->meta == received.meta && receipt_->bytes.size() == received.offset;
  if (fits && !bad) receipt_->bytes += received.bytes.view();
  const bool complete = fits && !bad && receipt_->bytes.size() == received.meta.total_bytes;
  const std::uint64_t next = fits && !bad ? receipt_->bytes.size() : 0;
  core().on_snapshot_stored(received.meta.last, next, complete, fits && !bad);
  return "last=" + describe(received.meta.last) + " next=" + std::to_string(next) + (complete ? " complete" : "") +
         (fits && !bad ? "" : " bad");
}

void Member::checkpoint() {
  const Index at = std::min(state_.last().index, durable_);
  if (at > disk_.checkpoint.last().index) disk_.checkpoint = state_.cut(at);
}

void Member::compact(Index to) {
  checkpoint();
  const Index at = std::min(to, disk_.checkpoint.last().index);
  const auto term = disk_.term_at(at);
  if (!term) return;
  const EntryId id{*term, at};
  disk_.compact(id);
  core().compact(id);
}

void Member::forget_memory() {
  writes_.clear();
  executed_ = 0;
  to_apply_.clear();
  log_reads_.clear();
  snapshot_reads_.clear();
  received_.clear();
  transfers_.clear();
  receipt_.reset();
}

void Member::crash() {
  core_.reset();
  forget_memory();
}

void Member::restart(std::uint64_t seed) {
  forget_memory();
  state_ = disk_.checkpoint;
  durable_ = disk_.last().index;
  core_ = std::make_unique<Core>(config_, disk_.recover(), Prng(seed));
}

}  // namespace conclave::raft::test
