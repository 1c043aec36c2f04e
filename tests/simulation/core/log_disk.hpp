#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "conclave/raft/core.hpp"
#include "core/world.hpp"

namespace conclave::sim {

/// What the log store of one node holds for certain: every write that completed.
struct LogImage {
  raft::HardState hard_state;
  raft::EntryId base;                   ///< entries at or below are gone
  raft::Membership base_membership;     ///< as of base
  std::vector<raft::EntryPtr> entries;  ///< contiguous from base.index + 1

  [[nodiscard]] raft::EntryId last() const { return entries.empty() ? base : entries.back()->id; }
  [[nodiscard]] std::optional<Term> term_at(Index index) const;
  [[nodiscard]] raft::EntryPtr entry_at(Index index) const;
};

struct DiskSettings {
  Duration flush_min = microseconds(100);
  Duration flush_spread = milliseconds(1);
  std::uint64_t stall_permille = 0;  ///< flushes that take up to stall_max more
  Duration stall_max = milliseconds(800);
};

/// A node's log disk. Writes complete in order, some at once. A crash keeps every completed write, any prefix of the rest, and
/// loses the one after that prefix even if part of it was on the disk: recovery removes a torn last write.
class LogDisk {
 public:
  LogDisk(World& world, const DiskSettings& settings, std::uint64_t node)
      : world_(world), settings_(settings), prng_(world.stream(1000 + node)) {}

  /// Called when writes up to `id` are on the disk.
  std::function<void(raft::WriteId id)> on_done;
  /// Called when the disk refuses a flush; nothing is told about it afterwards.
  std::function<void()> on_failed;
  /// Called when a write with install_snapshot is executed.
  std::function<void(const raft::SnapshotMeta&)> on_install;
  /// The lowest index that may be truncated is above what this gives.
  std::function<Index()> checkpointed;

  void submit(raft::Write write);
  /// Removes entries up to and including `to`.
  void cut(raft::EntryId to, const raft::Membership& membership);
  /// The power is gone: keeps a prefix of what was not complete.
  void crash();
  /// Completes everything at once, without telling.
  void finish();
  void slow_until(Instant until) { slow_until_ = until; }
  void fail_next() { fails_ = true; }
  /// Nothing is slow or fails any more, not even the flush that is under way.
  void heal();

  [[nodiscard]] const LogImage& image() const { return image_; }
  [[nodiscard]] LogImage& mutable_image() { return image_; }
  [[nodiscard]] std::size_t pending() const { return pending_.size(); }

 private:
  void start_flush();
  void finish_flush(std::uint64_t flush, std::size_t count);
  void execute(const raft::Write& write);

  World& world_;
  DiskSettings settings_;
  Prng prng_;
  LogImage image_;
  std::deque<raft::Write> pending_;
  raft::WriteId last_id_;
  bool flushing_ = false;
  bool fails_ = false;
  Instant slow_until_{};
  std::uint64_t flushes_ = 0;  ///< an earlier one than the last that began never ends
};

}  // namespace conclave::sim
