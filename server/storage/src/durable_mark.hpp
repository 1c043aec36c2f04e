#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "conclave/base/result.hpp"
#include "file.hpp"

namespace conclave::storage {

/// The file MARK: how many log records were durable, kept outside of the log.
///
/// A record that does not verify may have been torn by a crash and is then the end of the log. A bit that flipped within
/// acknowledged records would so be forgotten in silence. The head of the log counts records, this mark counts those that were
/// flushed, and a log that recovers with less than the mark is refused (docs/storage.md, "What is detected").
///
/// The mark is written to the page cache before each acknowledgement, so it survives the death of the process, and is flushed once
/// a second, so it is at most a second old after a power cut. Two slots are written in turn: a torn write leaves the other.
class DurableMark {
 public:
  /// Opens the mark; creates it if it is missing.
  [[nodiscard]] static Result<DurableMark> open(const std::filesystem::path& root);

  /// As of the last advance(), or when it was opened.
  [[nodiscard]] std::uint64_t sequence() const { return sequence_; }
  /// One thread: the one that writes the log.
  [[nodiscard]] Result<void> advance(std::uint64_t sequence);
  /// Flushes what was written since the last call. One other thread.
  [[nodiscard]] Result<void> sync() const;

 private:
  File file_;
  std::unique_ptr<std::atomic<bool>> dirty_ = std::make_unique<std::atomic<bool>>(false);
  std::uint64_t sequence_ = 0;
  std::uint64_t slot_ = 0;
};

}  // namespace conclave::storage
