#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "conclave/base/bytes.hpp"
#include "conclave/base/result.hpp"
#include "direct_buffer.hpp"
#include "log_head.hpp"

/// One record of the log: what one flush makes durable, all of it or nothing. It starts at a multiple of 4,096 bytes of a segment,
/// so that a torn write damages no record before it:
///
///     0  u32 magic            4  u32 crc32c of the bytes from 8 to the end of the items
///     8  u32 bytes of the items        12 u32 the crc32c of the record before, also across segments; 0 for the very first
///     16 u64 number of the segment: what an earlier use of the file left does not count
///     24 the head after this record (encode_head)
///     88 items: u32 kind, u32 size, bytes, zeros up to a multiple of 8
///
/// little-endian; zeros follow up to the next multiple of 4,096.
namespace conclave::storage {

inline constexpr std::size_t record_prefix_bytes = 24 + head_bytes;
inline constexpr std::size_t items_bytes_max = std::size_t{1} << 30;

enum class ItemKind : std::uint32_t {
  begins = 1,     ///< the first item of a segment and of no other record: the end of the log before it (SnapshotMeta)
  truncated = 2,  ///< what is the end of the log after a truncation (SnapshotMeta)
  installed = 3,  ///< the snapshot that replaced the log (SnapshotMeta)
  entry = 4,      ///< codec::encode_entry
};

/// Builds one record in memory that a file opened for direct writes can take.
class RecordBuilder {
 public:
  RecordBuilder();
  /// Starts anew.
  void clear();
  /// `more` follows `bytes` in the same item.
  void add(ItemKind kind, ByteView bytes, ByteView more = {});
  [[nodiscard]] bool empty() const { return bytes_.size() == record_prefix_bytes; }
  /// What finish() will give.
  [[nodiscard]] std::size_t size() const { return bytes_.size_in_blocks(); }
  /// The record; valid until the next call of another function.
  [[nodiscard]] ByteView finish(std::uint64_t segment, std::uint32_t previous, const Head& head);
  /// Of the record that was finished.
  [[nodiscard]] std::uint32_t checksum() const { return checksum_; }

 private:
  DirectBuffer bytes_;
  std::uint32_t checksum_ = 0;
};

/// A record as it was read. The items are views of the bytes it was read from.
struct Record {
  struct Item {
    ItemKind kind = ItemKind::entry;
    ByteView bytes;
  };
  std::uint32_t checksum = 0;
  std::uint32_t previous = 0;
  Head head;
  std::vector<Item> items;
  [[nodiscard]] bool begins() const { return !items.empty() && items.front().kind == ItemKind::begins; }
};

/// The size of the record that starts with these bytes, to a multiple of block_bytes. Nothing: no record of this segment.
[[nodiscard]] std::optional<std::size_t> record_size(ByteView first_block, std::uint64_t segment);
/// `bytes` are record_size() many. Nothing: they do not verify, so nothing was written here completely. corruption,
/// version_mismatch: they verify, and make no sense.
[[nodiscard]] Result<std::optional<Record>> read_record(ByteView bytes);

}  // namespace conclave::storage
