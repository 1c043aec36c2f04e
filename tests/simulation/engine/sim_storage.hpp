#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conclave/codec/row_codec.hpp"
#include "conclave/engine/engine.hpp"
#include "core/log_disk.hpp"

namespace conclave::sim {

/// What one node's disk holds beside the log: the rows of the last checkpoint, and a received snapshot that is complete.
struct StateImage {
  std::map<std::pair<codec::Table, std::string>, std::string> rows;
  raft::EntryId applied;
  std::map<Index, raft::Membership> memberships;
  struct Receipt {
    raft::SnapshotMeta meta;
    std::string bytes;
  };
  std::optional<Receipt> receipt;
};

/// The three storage ports of one node over a simulated disk. The stores keep bytes, made and read by the real codec. A crash
/// leaves what the ports' contracts promise, and as little more as they allow. Completions are delivered after simulated time.
class SimStorage {
 public:
  SimStorage(World& world, const DiskSettings& settings, std::uint64_t node, raft::Membership bootstrap);
  ~SimStorage();
  SimStorage(const SimStorage&) = delete;
  SimStorage& operator=(const SimStorage&) = delete;

  /// Where completions go. Called from the world's loop only.
  std::function<void(engine::Event)> deliver;
  /// A snapshot of this meta is about to be sent: a place for an oracle.
  std::function<void(const raft::SnapshotMeta&)> on_snapshot_pinned;
  /// The state up to this index may go to the disk: a place for an oracle.
  std::function<void(Index)> on_set_durable;

  /// Recovers from the disk. None are open before.
  [[nodiscard]] Result<engine::Recovered> open(const mvcc::MachineConfig& config, const engine::BatchCodec& batches);
  /// The process dies. The disk keeps what it must and, at random, some of what it may.
  void crash();
  /// The process ends in order: everything handed over and allowed is on the disk.
  void close();

  [[nodiscard]] engine::LogStore& log();
  [[nodiscard]] engine::StateStore& state();
  [[nodiscard]] engine::SnapshotStore& snapshots();
  [[nodiscard]] LogDisk& log_disk();
  [[nodiscard]] const LogDisk& log_disk() const;
  [[nodiscard]] const StateImage& image() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace conclave::sim
