#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "conclave/raft/ready.hpp"

namespace conclave::raft {

/// Messages that would not be true after a crash yet. Each waits for one write: either a write that was issued already, or the
/// first one still to be issued that holds everything the message depends on. Released in the order held.
class Gate {
 public:
  /// Waits for an issued write.
  void hold(Outbound message, WriteId until);
  /// Waits for a write that is not issued yet: one that brings the entries up to `through` (zero: none) to the store. Every write
  /// carries the hard state if that changed, so any write will do for it.
  void hold_unissued(Outbound message, Index through);
  /// A write was issued; entries before `next_to_write` are in it or in an earlier one.
  void on_issued(WriteId id, Index next_to_write);
  /// Entries at and after `from` are gone: what waited for them to be issued would be a lie and is dropped.
  void on_truncated(Index from);
  /// Moves out what the durable writes made true.
  [[nodiscard]] std::vector<Outbound> release(WriteId durable);

  [[nodiscard]] std::size_t size() const { return held_.size(); }
  [[nodiscard]] bool has_unissued() const;
  /// The lowest write anything waits for.
  [[nodiscard]] std::optional<WriteId> lowest() const;

 private:
  struct Held {
    Outbound message;
    Index through;
    std::optional<WriteId> until;
  };
  std::deque<Held> held_;
};

}  // namespace conclave::raft
