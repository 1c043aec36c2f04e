#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>

#include "log_segments.hpp"

namespace conclave::storage {

/// Where entries stand in the segments, about every 64 KiB. Thread-safe: the log thread says what is durable, the reading thread
/// asks.
class LogIndex {
 public:
  /// Entries [asked, last] stand once and in order in the records from `offset` on.
  struct Place {
    SegmentPtr segment;
    std::uint64_t offset = 0;
    Index last;
  };

  /// The record at `offset` has the entries [first, last], each once; `first` follows what is known, after truncate().
  void append(Index first, Index last, const SegmentPtr& segment, std::uint64_t offset);
  /// Entries from `from` on are gone.
  void truncate(Index from);
  void clear();
  /// Nothing of this segment, the oldest, is given any more.
  void forget(const Segment& segment);
  [[nodiscard]] std::optional<Place> find(Index index) const;

 private:
  struct Mark {
    Index first;
    Index last;
    SegmentPtr segment;
    std::uint64_t offset = 0;
    bool closed = false;  // something behind its last entry was truncated, so the record of another entry of that index may follow
  };
  mutable std::mutex mutex_;
  std::deque<Mark> marks_;  // ascending, without a gap
};

}  // namespace conclave::storage
