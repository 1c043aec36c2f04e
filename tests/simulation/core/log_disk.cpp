#include "core/log_disk.hpp"

#include <algorithm>

#include "conclave/raft/describe.hpp"

namespace conclave::sim {

std::optional<Term> LogImage::term_at(Index index) const {
  if (index == base.index) return base.term;
  const auto entry = entry_at(index);
  if (!entry) return std::nullopt;
  return entry->id.term;
}

raft::EntryPtr LogImage::entry_at(Index index) const {
  if (index <= base.index || index > last().index) return nullptr;
  return entries[index.minus(base.index) - 1];
}

void LogDisk::submit(raft::Write write) {
  require(last_id_.is_zero() || write.id == last_id_.next(),
          [&] { return "write " + to_string(write.id) + " follows write " + to_string(last_id_); });
  last_id_ = write.id;
  pending_.push_back(std::move(write));
  if (!flushing_) start_flush();
}

void LogDisk::start_flush() {
  flushing_ = true;
  Duration takes = prng_.between(settings_.flush_min, settings_.flush_min + settings_.flush_spread);
  if (prng_.chance(settings_.stall_permille, 1000)) takes += prng_.between(Duration(0), settings_.stall_max);
  if (slow_until_ > world_.now()) takes = std::max(takes * 20, Duration(milliseconds(5)));
  // Often only a part of what waits goes with one flush, so that completions of single writes are seen too.
  const std::size_t count = prng_.chance(1, 2) ? pending_.size() : 1;
  world_.after(takes, "flush", [this, flush = ++flushes_, count] { finish_flush(flush, count); });
}

void LogDisk::finish_flush(std::uint64_t flush, std::size_t count) {
  if (flush != flushes_) return;
  flushing_ = false;
  if (fails_) {
    fails_ = false;
    on_failed();
    return;
  }
  raft::WriteId done;
  for (std::size_t i = 0; i < count; ++i) {
    execute(pending_.front());
    done = pending_.front().id;
    pending_.pop_front();
  }
  if (!pending_.empty()) start_flush();
  on_done(done);
}

void LogDisk::execute(const raft::Write& write) {
  if (write.hard_state) {
    require(write.hard_state->term >= image_.hard_state.term, [] { return std::string("the term on the disk goes back"); });
    image_.hard_state = *write.hard_state;
  }
  if (write.install_snapshot) {
    on_install(*write.install_snapshot);
    image_.entries.clear();
    image_.base = write.install_snapshot->last;
    image_.base_membership = write.install_snapshot->membership;
  }
  if (write.truncate_from) {
    require(*write.truncate_from > checkpointed(), [&] {
      return "the log is truncated from " + to_string(*write.truncate_from) + ", below the checkpoint at " +
             to_string(checkpointed());
    });
    while (!image_.entries.empty() && image_.entries.back()->id.index >= *write.truncate_from) image_.entries.pop_back();
  }
  for (const auto& entry : write.entries) {
    require(entry->id.index == image_.last().index.next(),
            [&] { return "the log store is given " + describe(entry->id) + " after " + describe(image_.last()); });
    image_.entries.push_back(entry);
  }
}

void LogDisk::cut(raft::EntryId to, const raft::Membership& membership) {
  if (to.index <= image_.base.index) return;
  require(to.index <= checkpointed(), [] { return std::string("the log is cut past the checkpoint"); });
  const auto count = std::min<std::size_t>(to.index.minus(image_.base.index), image_.entries.size());
  image_.entries.erase(image_.entries.begin(), image_.entries.begin() + static_cast<std::ptrdiff_t>(count));
  image_.base = to;
  image_.base_membership = membership;
}

void LogDisk::crash() {
  ++flushes_;
  flushing_ = false;
  fails_ = false;
  const std::size_t kept = prng_.below(pending_.size() + 1);
  for (std::size_t i = 0; i < kept; ++i) execute(pending_[i]);
  pending_.clear();
  last_id_ = raft::WriteId();
}

void LogDisk::finish() {
  for (const auto& write : pending_) execute(write);
  pending_.clear();
}

void LogDisk::heal() {
  settings_.stall_permille = 0;
  slow_until_ = Instant{};
  fails_ = false;
  if (flushing_ && !pending_.empty()) start_flush();  // the one that is under way may have been slow for many seconds more
}

}  // namespace conclave::sim
