#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conclave/raft/core.hpp"
#include "core/clock.hpp"
#include "core/log_disk.hpp"
#include "core/network.hpp"
#include "core/swarm.hpp"
#include "raft/raft_oracle.hpp"

namespace conclave::sim {

/// What a state machine of these worlds holds after one index: a hash over everything applied so far.
struct Applied {
  raft::EntryId id;
  std::uint64_t chain = 0;
  raft::Membership membership;  ///< as of id
};

class RaftNode;
/// What the nodes of a raft world share.
struct RaftWorld {
  World& world;
  Network& network;
  RaftOracle& oracle;
  const Swarm& swarm;
  std::map<MemberId, std::unique_ptr<RaftNode>> nodes;
  std::map<Index, Applied> history;  ///< what the first member to apply an index held after it
};

/// A bare raft::Core with a simulated disk, clock and network: the shell that the engine is in the product.
class RaftNode {
 public:
  RaftNode(RaftWorld& shared, const raft::Config& config, const raft::Membership& bootstrap, std::int64_t drift_ppm);

  [[nodiscard]] MemberId id() const { return config_.self; }
  [[nodiscard]] bool is_up() const { return core_ != nullptr; }
  [[nodiscard]] const raft::Core* core() const { return core_.get(); }
  [[nodiscard]] const Applied& applied() const { return applied_; }
  [[nodiscard]] LogDisk& disk() { return disk_; }

  void boot();
  void crash();
  void pause(Duration span, bool clock_stops);
  /// An input: handled now, or after the pause, or never if the node is down.
  void input(std::function<void()> action);

  // Inside an input.
  void receive(MemberId from, const raft::Message& message);
  void propose(Bytes batch);
  void begin_read();
  void checkpoint();
  [[nodiscard]] raft::Core& running() { return *core_; }

 private:
  struct Transfer {
    raft::SnapshotMeta meta;
    std::string bytes;
  };

  void wake();
  void resume();
  void schedule_tick();
  void pump();
  void carry_out(raft::Ready ready);
  void apply_some();
  void apply(const raft::Entry& entry);
  void answer(const raft::LogRead& read);
  void answer(const raft::SnapshotRead& read);
  void store(const raft::SnapshotReceived& received);
  void install(const raft::SnapshotMeta& meta);
  void compact();
  /// Runs `action` later, unless the node crashed in between.
  void later(Duration delay, std::string_view label, std::function<void()> action);
  [[nodiscard]] std::string snapshot_bytes(const Applied& state) const;

  RaftWorld& shared_;
  raft::Config config_;
  LogDisk disk_;
  NodeClock clock_;
  Prng prng_;
  std::uint64_t life_ = 0;

  // Survives a crash, like the disk.
  Applied checkpoint_;
  raft::Stamp stamp_;

  // Memory.
  std::unique_ptr<raft::Core> core_;
  Applied applied_;
  Index durable_;
  bool awake_ = false;
  bool paused_ = false;
  std::vector<std::function<void()>> inbox_;
  std::deque<raft::EntryPtr> to_apply_;
  bool applying_ = false;
  std::map<MemberId, Transfer> transfers_;
  std::optional<Transfer> receipt_;
};

}  // namespace conclave::sim
