#pragma once

#include "engine/sim_storage.hpp"

namespace conclave::sim {

/// What the stores of one node share.
struct StorageShared {
  StorageShared(SimStorage& owner_in, World& world_in, const DiskSettings& settings, std::uint64_t node)
      : owner(owner_in), world(world_in), disk(world_in, settings, node), prng(world_in.stream(3000 + node)) {}

  SimStorage& owner;
  World& world;
  LogDisk disk;
  StateImage image;
  Prng prng;
  std::uint64_t life = 0;
  std::map<Index, raft::Membership> memberships;  // in memory; the image has what was there at the last checkpoint

  /// Delivers later, unless the process ended in between.
  template <class Make>
  void answer(Duration at_least, Duration at_most, std::string_view label, Make make) {
    world.after(prng.between(at_least, at_most), label, [this, life_then = life, make = std::move(make)]() mutable {
      if (life_then == life) make();
    });
  }
  [[nodiscard]] raft::Membership membership_at(Index index) const;
};

class SimLogStore final : public engine::LogStore {
 public:
  explicit SimLogStore(StorageShared& shared) : shared_(shared) {}
  void submit(raft::Write write) override;
  void read(MemberId peer, Index from, std::size_t bytes_max) override;
  void cut(raft::EntryId to) override;

  void on_done(raft::WriteId id);
  void forget() { sizes_.clear(); }

 private:
  StorageShared& shared_;
  std::map<raft::WriteId, std::size_t> sizes_;
};

class SimStateStore final : public engine::StateStore {
 public:
  explicit SimStateStore(StorageShared& shared) : shared_(shared) {}
  void apply(mvcc::StateDelta delta) override;
  void set_durable(Index durable) override;
  void checkpoint(std::uint64_t data_bytes) override;
  void read_history(std::uint64_t token, Revision from, Revision to, std::size_t bytes_max) override;
  void read_overlay(std::uint64_t token, const mvcc::WatchSpec& keys, Revision at, Revision until) override;

  /// Writes everything allowed to the image. Returns what it stands at then.
  raft::EntryId fold();
  /// The image was replaced by a snapshot.
  void replaced();
  /// Memory as it is right after the rows were read.
  void opened(Index applied, Revision compacted);
  void crashed();

 private:
  void remember(const mvcc::HistoryRow& row);
  [[nodiscard]] std::vector<mvcc::EventBatchPtr> batches(Revision from, Revision to) const;

  StorageShared& shared_;
  std::deque<mvcc::StateDelta> deltas_;
  Index handed_;
  Index durable_;
  bool checkpointing_ = false;
  bool again_ = false;
  std::map<Revision, std::vector<mvcc::EventBatchPtr>> history_;  // by the last revision of the row
  Revision floor_;                                                // revisions below are gone
};

class SimSnapshotStore final : public engine::SnapshotStore {
 public:
  SimSnapshotStore(StorageShared& shared, SimStateStore& state) : shared_(shared), state_(state) {}
  void read(const raft::SnapshotRead& request) override;
  void release(MemberId peer) override { pins_.erase(peer); }
  void store(raft::SnapshotReceived chunk) override;
  void load_installed(const raft::SnapshotMeta& meta) override;
  void set_membership(Index from, const raft::Membership& membership) override;

  /// The install write is executed: the receipt becomes the state.
  void install(const raft::SnapshotMeta& meta);
  void crashed();
  mvcc::MachineConfig machine_config;

 private:
  struct Pin {
    raft::SnapshotMeta meta;
    std::string bytes;
  };
  [[nodiscard]] std::optional<raft::SnapshotChunk> chunk_for(const raft::SnapshotRead& request);
  [[nodiscard]] std::string serialise() const;
  [[nodiscard]] engine::SnapshotStored take(const raft::SnapshotReceived& chunk);

  StorageShared& shared_;
  SimStateStore& state_;
  std::map<MemberId, Pin> pins_;
  std::optional<StateImage::Receipt> receiving_;
};

/// Rows of an image as a machine; the applied index is in them. An empty image gives an empty machine.
[[nodiscard]] Result<std::unique_ptr<mvcc::Machine>> machine_of(const StateImage& image, const mvcc::MachineConfig& config);

struct SimStorage::Parts {
  Parts(SimStorage& owner, World& world, const DiskSettings& settings, std::uint64_t node)
      : shared(owner, world, settings, node), log(shared), state(shared), snapshots(shared, state) {}
  StorageShared shared;
  SimLogStore log;
  SimStateStore state;
  SimSnapshotStore snapshots;
};

}  // namespace conclave::sim
