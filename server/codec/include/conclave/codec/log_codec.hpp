#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "conclave/base/result.hpp"
#include "conclave/raft/types.hpp"

/// Rows of the raft log and what stands beside it. Each log row carries its own checksum and the one of the row before, so that a
/// row that was changed, lost or left over from another life of the log is noticed (architecture, section 4):
///
///     0  u8  format (1)   1  u8 kind (0 no-op, 1 batch, 2 membership)   2  u16 zero
///     4  u32 crc32c of the bytes 0 to 3 and of everything from 8 on
///     8  u32 the row before's crc32c; for the first row after a snapshot or of the log: 0
///     12 u32 zero
///     16 u64 term   24 u64 index
///     32 payload: nothing, the batch's bytes, a Membership buffer
///
/// little-endian. The other rows: u8 format, u8[3] zero, u32 crc32c as above, and a FlatBuffer (disk.fbs).
namespace conclave::codec {

struct LogRow {
  std::string bytes;
  std::uint32_t checksum = 0;  ///< what the next row names as the row before's
};
[[nodiscard]] LogRow encode_entry(const raft::Entry& entry, std::uint32_t previous_checksum);

/// The same row in two pieces: the payload of a batch is the entry's own bytes, not a copy.
struct LogRowParts {
  std::array<char, 32> header{};
  Bytes payload;
  std::uint32_t checksum = 0;
};
[[nodiscard]] LogRowParts encode_entry_parts(const raft::Entry& entry, std::uint32_t previous_checksum);

struct DecodedLogRow {
  raft::EntryPtr entry;
  std::uint32_t checksum = 0;
  std::uint32_t previous_checksum = 0;
};
/// A batch shares the row's buffer if that is aligned to 8 (a Bytes made from a string is). The caller compares index and
/// previous_checksum with what they must be. Errors: corruption, version_mismatch (format from the future).
[[nodiscard]] Result<DecodedLogRow> decode_entry(const Bytes& row);

[[nodiscard]] std::string encode_hard_state(const raft::HardState& state);
[[nodiscard]] Result<raft::HardState> decode_hard_state(ByteView bytes);
[[nodiscard]] std::string encode_snapshot_meta(const raft::SnapshotMeta& meta);
[[nodiscard]] Result<raft::SnapshotMeta> decode_snapshot_meta(ByteView bytes);
[[nodiscard]] std::string encode_membership(const raft::Membership& membership);
[[nodiscard]] Result<raft::Membership> decode_membership(ByteView bytes);

}  // namespace conclave::codec
