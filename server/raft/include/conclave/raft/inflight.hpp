#pragma once

#include <cstddef>
#include <deque>

#include "conclave/raft/types.hpp"

namespace conclave::raft {

/// Append messages sent to one follower and not acknowledged: a window by count and bytes.
class Inflight {
 public:
  Inflight(std::size_t messages_max, std::size_t bytes_max) : messages_max_(messages_max), bytes_max_(bytes_max) {}

  /// The window may be passed by the last message only, so that an entry larger than it can travel.
  [[nodiscard]] bool full() const { return sent_.size() >= messages_max_ || bytes_ >= bytes_max_; }
  [[nodiscard]] std::size_t messages() const { return sent_.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

  /// A message whose last entry has this index; indexes grow.
  void add(Index last, std::size_t bytes) {
    sent_.push_back({last, bytes});
    bytes_ += bytes;
  }
  /// Everything up to `index` was acknowledged.
  void free_to(Index index) {
    while (!sent_.empty() && sent_.front().last <= index) {
      bytes_ -= sent_.front().bytes;
      sent_.pop_front();
    }
  }
  void clear() {
    sent_.clear();
    bytes_ = 0;
  }

 private:
  struct Sent {
    Index last;
    std::size_t bytes;
  };
  std::size_t messages_max_;
  std::size_t bytes_max_;
  std::deque<Sent> sent_;
  std::size_t bytes_ = 0;
};

}  // namespace conclave::raft
