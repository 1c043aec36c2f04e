#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <vector>

#include "completions.hpp"
#include "conclave/engine/ports.hpp"
#include "install_slot.hpp"
#include "log_head.hpp"
#include "snapshot_image.hpp"
#include "snapshot_receipt.hpp"
#include "state_thread.hpp"
#include "wt_state_store.hpp"

namespace conclave::storage {

/// Snapshots in files and a second set of state tables; all work is done by the state thread. The port's calls only post to it.
class WtSnapshotStore final : public engine::SnapshotStore {
 public:
  struct Parts {
    std::filesystem::path directory;  ///< of images and receipts; nobody else's
    mvcc::MachineConfig machine;
    std::size_t chunk_bytes = 0;
    std::uint64_t next_generation = 0;  ///< no state table of this or a higher number exists
    Memberships memberships;            ///< at and after the applied index of the state
  };
  /// All references outlive it; the thread is stopped before it goes.
  WtSnapshotStore(Parts parts, WtConnection& connection, WtStateStore& state, InstallSlot& slot, StateThread& thread,
                  Completions& completions, LogSink& log);

  void read(const raft::SnapshotRead& request) override;
  void release(MemberId peer) override;
  void store(raft::SnapshotReceived chunk) override;
  void load_installed(const raft::SnapshotMeta& meta) override;
  void set_membership(Index from, const raft::Membership& membership) override;

 private:
  class ImageJob;
  class LoadJob;
  /// A received snapshot that is complete and durable in a table of its own.
  struct Loaded {
    raft::SnapshotMeta meta;
    StateTable table;
    std::unique_ptr<mvcc::Machine> machine;
  };

  // On the state thread.
  [[nodiscard]] Result<void> answer_read(const raft::SnapshotRead& request);
  [[nodiscard]] std::shared_ptr<const SnapshotImage> image_for(const raft::SnapshotRead& request) const;
  [[nodiscard]] Result<void> send_chunk(const SnapshotImage& image, const raft::SnapshotRead& request);
  [[nodiscard]] Result<void> take_chunk(const raft::SnapshotReceived& chunk);
  void start_receipt(const raft::SnapshotMeta& meta);
  void drop_receipt();
  void refuse(const raft::SnapshotMeta& meta, const Error& why);
  [[nodiscard]] Result<void> install(const raft::SnapshotMeta& meta);
  [[nodiscard]] Result<void> drop_table(std::uint64_t generation);

  Parts parts_;
  WtConnection& connection_;
  WtStateStore& state_;
  InstallSlot& slot_;
  StateThread& thread_;
  Completions& completions_;
  LogSink& log_;

  std::map<MemberId, std::shared_ptr<const SnapshotImage>> images_;  // pinned by peers
  std::map<MemberId, raft::SnapshotRead> waiting_;                   // first reads, until the image is made
  bool making_image_ = false;
  std::unique_ptr<SnapshotReceipt> receipt_;
  bool loading_ = false;              // the receipt is being turned into a table
  std::uint64_t receipt_number_ = 0;  // tells a loading job that its receipt was dropped
  std::unique_ptr<Loaded> loaded_;
  std::vector<std::uint64_t> superseded_;  // tables of complete receipts that a later one replaced before they were installed
};

}  // namespace conclave::storage
