#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "conclave/codec/snapshot_codec.hpp"
#include "conclave/raft/ready.hpp"
#include "file.hpp"
#include "machine_loader.hpp"

namespace conclave::storage {

/// A snapshot that is being received: its bytes as far as they came, in a file that goes with the receipt.
class SnapshotReceipt {
 public:
  [[nodiscard]] static Result<std::unique_ptr<SnapshotReceipt>> begin(const std::filesystem::path& path, raft::SnapshotMeta meta);
  ~SnapshotReceipt();
  SnapshotReceipt(const SnapshotReceipt&) = delete;
  SnapshotReceipt& operator=(const SnapshotReceipt&) = delete;

  [[nodiscard]] const raft::SnapshotMeta& meta() const { return meta_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] bool has_all() const { return size_ == meta_.total_bytes; }
  /// Appends bytes that belong at size() and do not go past the announced total.
  [[nodiscard]] Result<void> append(ByteView bytes);
  [[nodiscard]] Result<std::string> read_at(std::uint64_t offset, std::size_t count) const { return file_.read_at(offset, count); }

 private:
  SnapshotReceipt(File file, raft::SnapshotMeta meta) : file_(std::move(file)), meta_(std::move(meta)) {}
  File file_;
  raft::SnapshotMeta meta_;
  std::uint64_t size_ = 0;
};

/// Turns the bytes of a complete receipt into a state table and a machine, some rows at a time, and verifies them on the way: the
/// checksums, that the rows make a state, and that it is the state the meta names.
class ReceiptLoader {
 public:
  /// The table is empty. The receipt outlives the loader.
  ReceiptLoader(const SnapshotReceipt& receipt, StateTable table, const mvcc::MachineConfig& config);
  /// False: everything is in the table, or bad() says why the snapshot is refused. An error is one of our own disk.
  [[nodiscard]] Result<bool> step(std::size_t bytes);
  [[nodiscard]] const std::optional<Error>& bad() const { return bad_; }
  [[nodiscard]] std::unique_ptr<mvcc::Machine> take_machine() { return std::move(machine_); }
  /// To be called before a checkpoint.
  [[nodiscard]] Result<void> flush() { return table_.flush(); }
  [[nodiscard]] StateTable take_table() { return std::move(table_); }

 private:
  void finish();

  const SnapshotReceipt& receipt_;
  StateTable table_;
  codec::SnapshotReader reader_;
  MachineLoader loader_;
  std::uint64_t offset_ = 0;
  std::string last_key_;  // of the rows so far
  std::optional<Error> bad_;
  std::unique_ptr<mvcc::Machine> machine_;
};

}  // namespace conclave::storage
