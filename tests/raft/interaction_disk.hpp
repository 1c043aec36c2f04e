#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "conclave/raft/core.hpp"

/// The stores of a simulated member: values that a crash leaves alone.
namespace conclave::raft::test {

/// What the state machine of these tests holds: every applied entry with its text. Two members with the same applied index must
/// hold the same.
struct AppliedState {
  struct Item {
    EntryId id;
    std::string text;
    bool operator==(const Item&) const = default;
  };
  EntryId base;                             ///< where the cluster's history starts (tests may start at a later index)
  std::vector<Item> items;                  ///< contiguous from base
  std::map<Index, Membership> memberships;  ///< by the index of the entry that brought it

  [[nodiscard]] EntryId last() const { return items.empty() ? base : items.back().id; }
  [[nodiscard]] Membership membership_at(Index index) const;
  /// The state as it was at `to`, which lies between base and last().
  [[nodiscard]] AppliedState cut(Index to) const;
  void apply(const Entry& entry);
  /// The bytes of a snapshot of this state, and back.
  [[nodiscard]] std::string to_bytes() const;
  [[nodiscard]] static AppliedState from_snapshot(const SnapshotMeta& meta, EntryId base, const std::string& bytes);
};

/// Log store and state store of one member, as they are after a crash.
struct Disk {
  HardState hard_state;
  std::optional<SnapshotMeta> snapshot;  ///< the log starts after its last
  std::vector<EntryPtr> entries;
  AppliedState checkpoint;
  Stamp stamp;

  [[nodiscard]] EntryId base() const { return snapshot ? snapshot->last : EntryId{}; }
  [[nodiscard]] EntryId last() const { return entries.empty() ? base() : entries.back()->id; }
  [[nodiscard]] std::optional<Term> term_at(Index index) const;
  /// Executes one write of the log store. `received` is the snapshot that an install_snapshot means.
  void execute(const Write& write, const AppliedState& received);
  /// Drops entries up to and including `to`; the checkpoint must be at or past it.
  void compact(EntryId to);
  [[nodiscard]] Recovered recover() const;
};

}  // namespace conclave::raft::test
