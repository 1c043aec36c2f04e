#include "log_index.hpp"

#include <algorithm>

namespace conclave::storage {
namespace {

constexpr std::uint64_t mark_bytes = std::uint64_t{64} << 10;

}  // namespace

void LogIndex::append(Index first, Index last, const SegmentPtr& segment, std::uint64_t offset) {
  const std::scoped_lock lock(mutex_);
  if (!marks_.empty()) {
    auto& newest = marks_.back();
    if (!newest.closed && newest.segment == segment && offset - newest.offset < mark_bytes) {
      newest.last = last;
      return;
    }
  }
  marks_.push_back({first, last, segment, offset, false});
}

void LogIndex::truncate(Index from) {
  const std::scoped_lock lock(mutex_);
  while (!marks_.empty() && marks_.back().first >= from) marks_.pop_back();
  if (marks_.empty()) return;
  if (marks_.back().last >= from) marks_.back().last = from.prev();
  marks_.back().closed = true;  // also if it loses nothing: records of what was truncated may stand right behind its own
}

void LogIndex::clear() {
  const std::scoped_lock lock(mutex_);
  marks_.clear();
}

void LogIndex::forget(const Segment& segment) {
  const std::scoped_lock lock(mutex_);
  while (!marks_.empty() && marks_.front().segment->number == segment.number) marks_.pop_front();
}

std::optional<LogIndex::Place> LogIndex::find(Index index) const {
  const std::scoped_lock lock(mutex_);
  auto after = std::upper_bound(marks_.begin(), marks_.end(), index, [](Index at, const Mark& mark) { return at < mark.first; });
  if (after == marks_.begin()) return std::nullopt;
  const auto& mark = *std::prev(after);
  if (index > mark.last) return std::nullopt;
  return Place{mark.segment, mark.offset, mark.last};
}

}  // namespace conclave::storage
