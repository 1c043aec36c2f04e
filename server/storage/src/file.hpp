#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>

#include "conclave/base/bytes.hpp"
#include "conclave/base/result.hpp"

/// The few plain files beside the database, with errors as values. Every error names the file.
namespace conclave::storage {

/// An open file descriptor.
class File {
 public:
  File() = default;
  ~File();
  File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}
  File& operator=(File&& other) noexcept;

  enum class Mode : std::uint8_t { read, read_direct, write, create_empty, write_direct };
  /// `write` opens for reading and writing and creates a missing file; `create_empty` also empties it. The direct ones
  /// pass the page cache by if the file system can: buffers, offsets and sizes are then multiples of 4,096.
  [[nodiscard]] static Result<File> open(const std::filesystem::path& path, Mode mode);

  [[nodiscard]] Result<void> write_at(std::uint64_t offset, ByteView bytes) const;
  /// Up to `count` bytes; fewer only at the end of the file.
  [[nodiscard]] Result<std::string> read_at(std::uint64_t offset, std::size_t count) const;
  /// Reads `count` bytes from `offset` on to `to`, and returns how many there were: fewer only at the end of the file.
  [[nodiscard]] Result<std::size_t> read_into(char* to, std::uint64_t offset, std::size_t count) const;
  [[nodiscard]] Result<std::uint64_t> size() const;
  [[nodiscard]] Result<void> sync_data() const;
  /// Takes the whole file for this open description until it is closed. False: another one has it.
  [[nodiscard]] Result<bool> try_lock() const;
  /// Reserves real blocks for the first `bytes` bytes.
  [[nodiscard]] Result<void> reserve(std::uint64_t bytes) const;
  /// Where the blocks end, from `offset` on, that were written before; what is only reserved reads as zeros, and its first write
  /// changes what the file system keeps of the file, for which a flush waits twice as long. The end of the file where the file
  /// system cannot tell.
  [[nodiscard]] Result<std::uint64_t> written_until(std::uint64_t offset) const;
  /// `bytes` and `offset` are multiples of 4,096.
  [[nodiscard]] Result<void> write_zeros(std::uint64_t offset, std::uint64_t bytes) const;
  [[nodiscard]] bool is_open() const { return fd_ >= 0; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  int fd_ = -1;
  std::filesystem::path path_;
};

/// Replaces or creates `path` so that a crash leaves the old file or the whole new one: written beside it, flushed, renamed, and
/// the directory flushed.
[[nodiscard]] Result<void> write_file_atomically(const std::filesystem::path& path, ByteView bytes);
[[nodiscard]] Result<std::string> read_file(const std::filesystem::path& path);
[[nodiscard]] Result<void> sync_directory(const std::filesystem::path& path);
[[nodiscard]] Result<void> make_directory(const std::filesystem::path& path);
/// A missing file is no error.
[[nodiscard]] Result<void> remove_file(const std::filesystem::path& path);

}  // namespace conclave::storage
