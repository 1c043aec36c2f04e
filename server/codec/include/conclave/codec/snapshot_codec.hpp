#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "conclave/base/result.hpp"
#include "conclave/codec/row_codec.hpp"

/// A snapshot as one stream of bytes, whatever the chunks it is carried in:
///
///     "clvsnap" u8 format (1)
///     rows:     u8 table  u8[3] zero  u32 key length  u64 value length  key  value  u32 crc32c of the row from its table on
///     trailer:  u8 0  u8[3] zero  u32 crc32c of all row checksums in order  u64 count of rows
///
/// all little-endian.
namespace conclave::codec {

/// Appends to a string that the caller empties as he likes. start, add..., finish.
class SnapshotWriter {
 public:
  void start(std::string& out);
  void add(Table table, ByteView key, ByteView value, std::string& out);
  void finish(std::string& out);
  [[nodiscard]] std::uint64_t rows() const { return rows_; }

 private:
  std::uint64_t rows_ = 0;
  std::uint32_t checksum_ = 0;
};

/// Takes the stream in pieces of any size. Holds back at most one row.
class SnapshotReader {
 public:
  /// Called for each verified row; an error ends the reading.
  using OnRow = std::function<Result<void>(Table table, ByteView key, ByteView value)>;

  /// `row_bytes_max` bounds key and value of one row together: a row that claims more is Errc::corruption.
  explicit SnapshotReader(std::uint64_t row_bytes_max = 0xffff'ffffULL) : row_bytes_max_(row_bytes_max) {}

  /// Errors: corruption, version_mismatch, or what `on_row` gave; after one the reader stays broken.
  [[nodiscard]] Result<void> feed(ByteView piece, const OnRow& on_row);
  /// The trailer was read and fits.
  [[nodiscard]] bool complete() const { return state_ == State::done; }
  [[nodiscard]] std::uint64_t rows() const { return rows_; }

 private:
  enum class State : std::uint8_t { magic, rows, done, broken };

  [[nodiscard]] Result<std::size_t> take(ByteView bytes, const OnRow& on_row);
  [[nodiscard]] Result<std::size_t> take_magic(ByteView bytes);
  [[nodiscard]] Result<std::size_t> take_row(ByteView bytes, const OnRow& on_row);
  [[nodiscard]] Result<std::size_t> take_trailer(ByteView bytes);

  std::uint64_t row_bytes_max_;
  State state_ = State::magic;
  std::string pending_;  // the start of what is not complete yet
  std::uint64_t rows_ = 0;
  std::uint32_t checksum_ = 0;
};

}  // namespace conclave::codec
