#include "conclave/raft/log.hpp"

#include <algorithm>
#include <limits>

#include "conclave/base/assert.hpp"

namespace conclave::raft {

Log::Log(EntryId base, const std::vector<EntryPtr>& entries, Index applied)
    : base_(base),
      memory_first_(base.index.next()),
      next_to_write_(base.index.next()),
      stored_last_(base.index),
      committed_(base.index),
      emitted_(base.index),
      applied_(base.index) {
  for (const EntryPtr& entry : entries) append(entry);
  CONCLAVE_ASSERT(applied >= base.index);
  CONCLAVE_ASSERT(applied <= last());
  committed_ = emitted_ = applied_ = applied;
  next_to_write_ = last().next();
  stored_last_ = last();
}

EntryId Log::last_id() const {
  if (runs_.empty()) return base_;
  return {runs_.back().term, last()};
}

std::optional<Term> Log::term_at(Index index) const {
  if (index < base_.index || index > last()) return std::nullopt;
  if (index == base_.index) return base_.term;
  const auto after = std::upper_bound(runs_.begin(), runs_.end(), index, [](Index i, const Run& run) { return i < run.first; });
  CONCLAVE_ASSERT(after != runs_.begin());
  return std::prev(after)->term;
}

bool Log::is_up_to_date(EntryId other) const {
  const EntryId own = last_id();
  return other.term > own.term || (other.term == own.term && other.index >= own.index);
}

Index Log::last_not_above(Index index, Term term) const {
  if (index < base_.index) return index;
  Index candidate = std::min(index, last());
  for (auto run = runs_.rbegin(); run != runs_.rend(); ++run) {
    if (run->first > candidate) continue;
    if (run->term <= term) return candidate;
    candidate = run->first.prev();
  }
  if (base_.term <= term || base_.index.is_zero()) return base_.index;
  return base_.index.prev();
}

const EntryPtr& Log::at(Index index) const {
  CONCLAVE_ASSERT(index >= memory_first_);
  CONCLAVE_ASSERT(index <= last());
  return memory_[index.minus(memory_first_)];
}

std::vector<EntryPtr> Log::slice(Index from, std::size_t entries_max, std::size_t bytes_max) const {
  std::vector<EntryPtr> out;
  std::size_t bytes = 0;
  for (Index index = from; index <= last() && out.size() < std::max<std::size_t>(entries_max, 1); index = index.next()) {
    const EntryPtr& entry = at(index);
    bytes += size_of(*entry);
    if (!out.empty() && bytes > bytes_max) break;
    out.push_back(entry);
  }
  return out;
}

std::size_t Log::bytes_after(Index index) const {
  std::size_t bytes = 0;
  for (Index i = index.next(); i <= last(); i = i.next()) bytes += size_of(*at(i));
  return bytes;
}

Index Log::durable() const {
  Index first_not_durable = next_to_write_;
  for (const PendingWrite& write : pending_) {
    if (write.first) first_not_durable = std::min(first_not_durable, *write.first);
  }
  return first_not_durable.prev();
}

void Log::append(EntryPtr entry) {
  CONCLAVE_ASSERT(entry != nullptr);
  CONCLAVE_ASSERT(entry->id.index == last().next());
  CONCLAVE_ASSERT(entry->id.term >= last_id().term);
  if (runs_.empty() || runs_.back().term < entry->id.term) runs_.push_back({entry->id.index, entry->id.term});
  memory_bytes_ += size_of(*entry);
  memory_.push_back(std::move(entry));
}

void Log::truncate_from(Index from) {
  CONCLAVE_ASSERT(from > committed_);
  while (last() >= from) {
    memory_bytes_ -= size_of(*memory_.back());
    memory_.pop_back();
  }
  while (!runs_.empty() && runs_.back().first >= from) runs_.pop_back();
  next_to_write_ = std::min(next_to_write_, from);
}

bool Log::commit_to(Index index) {
  CONCLAVE_ASSERT(index <= last());
  if (index <= committed_) return false;
  committed_ = index;
  return true;
}

bool Log::can_apply(std::size_t bytes_max) const {
  if (emitted_ >= committed_) return false;
  return outstanding_bytes_ == 0 || outstanding_bytes_ + size_of(*at(emitted_.next())) <= bytes_max;
}

std::vector<EntryPtr> Log::take_apply(std::size_t bytes_max) {
  std::vector<EntryPtr> out;
  while (can_apply(bytes_max)) {
    emitted_ = emitted_.next();
    out.push_back(at(emitted_));
    outstanding_bytes_ += size_of(*out.back());
  }
  return out;
}

void Log::on_applied(Index index) {
  CONCLAVE_ASSERT(index <= emitted_);
  while (applied_ < index) {
    applied_ = applied_.next();
    outstanding_bytes_ -= size_of(*at(applied_));
  }
}

void Log::compact(EntryId to) {
  if (to.index <= base_.index) return;
  CONCLAVE_ASSERT(to.index <= applied_);
  CONCLAVE_ASSERT(to.index <= durable());
  CONCLAVE_ASSERT(matches(to));
  const auto after = std::upper_bound(runs_.begin(), runs_.end(), to.index, [](Index i, const Run& run) { return i < run.first; });
  runs_.erase(runs_.begin(), std::prev(after));
  runs_.front().first = to.index.next();
  if (runs_.front().first > last() || (runs_.size() > 1 && runs_[1].first == runs_.front().first)) runs_.erase(runs_.begin());
  while (memory_first_ <= to.index && !memory_.empty()) {
    memory_bytes_ -= size_of(*memory_.front());
    memory_.pop_front();
    memory_first_ = memory_first_.next();
  }
  base_ = to;
  memory_first_ = std::max(memory_first_, to.index.next());
}

void Log::trim_memory(std::size_t bytes_max) {
  const Index end = std::min(applied_, durable());
  while (memory_bytes_ > bytes_max && memory_first_ <= end) {
    memory_bytes_ -= size_of(*memory_.front());
    memory_.pop_front();
    memory_first_ = memory_first_.next();
  }
}

void Log::reset_to(EntryId snapshot) {
  CONCLAVE_ASSERT(pending_.empty());
  CONCLAVE_ASSERT(snapshot.index > committed_);
  base_ = snapshot;
  runs_.clear();
  memory_.clear();
  memory_bytes_ = 0;
  memory_first_ = snapshot.index.next();
  next_to_write_ = snapshot.index.next();
  stored_last_ = snapshot.index;
  committed_ = emitted_ = applied_ = snapshot.index;
  outstanding_bytes_ = 0;
}

Log::Issued Log::issue_write(std::size_t bytes_max) {
  Issued out;
  out.id = last_issued_ = last_issued_.next();
  if (!has_unwritten()) {
    pending_.push_back({out.id, std::nullopt});
    return out;
  }
  const Index first = next_to_write_;
  out.entries = slice(first, std::numeric_limits<std::size_t>::max(), bytes_max);
  if (first <= stored_last_) out.truncate_from = first;
  pending_.push_back({out.id, first});
  next_to_write_ = first.plus(out.entries.size());
  stored_last_ = next_to_write_.prev();
  return out;
}

WriteId Log::issue_barrier() {
  last_issued_ = last_issued_.next();
  pending_.push_back({last_issued_, std::nullopt});
  return last_issued_;
}

void Log::on_durable(WriteId id) {
  CONCLAVE_ASSERT(id <= last_issued_);
  while (!pending_.empty() && pending_.front().id <= id) pending_.pop_front();
  last_durable_ = std::max(last_durable_, id);
}

std::optional<WriteId> Log::write_of(Index index) const {
  CONCLAVE_ASSERT(index < next_to_write_);
  // The newest write that starts at or before the index holds it: a later truncation below it would have started lower.
  for (auto write = pending_.rbegin(); write != pending_.rend(); ++write) {
    if (write->first && *write->first <= index) return write->id;
  }
  return std::nullopt;
}

void Log::check() const {
  CONCLAVE_ASSERT(base_.index <= applied_);
  CONCLAVE_ASSERT(applied_ <= emitted_);
  CONCLAVE_ASSERT(emitted_ <= committed_);
  CONCLAVE_ASSERT(committed_ <= last());
  CONCLAVE_ASSERT(base_.index <= durable());
  CONCLAVE_ASSERT(durable() <= last());
  CONCLAVE_ASSERT(next_to_write_ <= last().next());
  CONCLAVE_ASSERT(memory_first_ > base_.index);
  CONCLAVE_ASSERT(memory_first_ <= applied_.next());
  CONCLAVE_ASSERT(memory_first_ <= durable().next());
  CONCLAVE_ASSERT(runs_.empty() == (last() == base_.index));
  CONCLAVE_ASSERT(runs_.empty() || runs_.front().first == base_.index.next());
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    CONCLAVE_ASSERT(runs_[i].first <= last());
    CONCLAVE_ASSERT(runs_[i].term >= base_.term);
    CONCLAVE_ASSERT(i == 0 || runs_[i - 1].first < runs_[i].first);
    CONCLAVE_ASSERT(i == 0 || runs_[i - 1].term < runs_[i].term);
  }
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < memory_.size(); ++i) {
    CONCLAVE_ASSERT(memory_[i]->id.index == memory_first_.plus(i));
    CONCLAVE_ASSERT(term_at(memory_[i]->id.index) == memory_[i]->id.term);
    bytes += size_of(*memory_[i]);
  }
  CONCLAVE_ASSERT(bytes == memory_bytes_);
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    CONCLAVE_ASSERT(pending_[i].id == last_durable_.plus(i + 1));
    CONCLAVE_ASSERT(!pending_[i].first || *pending_[i].first > base_.index);
  }
  CONCLAVE_ASSERT(last_durable_.plus(pending_.size()) == last_issued_);
}

}  // namespace conclave::raft
