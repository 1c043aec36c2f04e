#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "conclave/codec/snapshot_codec.hpp"
#include "conclave/raft/message.hpp"
#include "file.hpp"
#include "state_table.hpp"

namespace conclave::storage {

/// A snapshot that is being sent: a file, so that a peer may ask for any offset again and gets the same bytes. The file goes with
/// the last one who holds the image; a crash leaves it to the next start, which empties the directory.
class SnapshotImage {
 public:
  SnapshotImage(File file, raft::SnapshotMeta meta) : file_(std::move(file)), meta_(std::move(meta)) {}
  ~SnapshotImage();
  SnapshotImage(const SnapshotImage&) = delete;
  SnapshotImage& operator=(const SnapshotImage&) = delete;

  [[nodiscard]] const raft::SnapshotMeta& meta() const { return meta_; }
  /// An offset past the end gives no bytes.
  [[nodiscard]] Result<raft::SnapshotChunk> chunk(std::uint64_t offset, std::size_t bytes_max) const;

 private:
  File file_;
  raft::SnapshotMeta meta_;
};

/// Writes a table into an image, some rows at a time. The table must not change until it is done.
class ImageBuilder {
 public:
  /// `meta` without total_bytes.
  [[nodiscard]] static Result<ImageBuilder> begin(const std::filesystem::path& path, raft::SnapshotMeta meta);
  /// Writes about `bytes`. False: all rows are in, or file_error() says why not. An error is one of the table.
  [[nodiscard]] Result<bool> step(StateTable& table, std::size_t bytes);
  /// The image could not be written: no room, usually. Nothing that counts is lost.
  [[nodiscard]] const std::optional<Error>& file_error() const { return file_error_; }
  /// After all rows are in.
  [[nodiscard]] std::shared_ptr<const SnapshotImage> finish() &&;
  /// Removes what was written.
  void abandon() &&;

 private:
  File file_;
  raft::SnapshotMeta meta_;
  codec::SnapshotWriter writer_;
  std::string next_key_;
  std::optional<Error> file_error_;
};

}  // namespace conclave::storage
