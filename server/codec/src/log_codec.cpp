#include "conclave/codec/log_codec.hpp"

#include <algorithm>

#include "aligned_bytes.hpp"
#include "byte_io.hpp"
#include "conclave/base/crc32c.hpp"
#include "conclave/protocol/disk_generated.h"
#include "flat.hpp"
#include "membership_flat.hpp"

namespace conclave::codec {

namespace {

constexpr std::uint8_t log_format = 1;
constexpr std::size_t entry_header_bytes = 32;
constexpr std::size_t checked_from = 8;  // the checksum covers everything behind itself, and the format and kind before it
constexpr std::size_t flat_prefix_bytes = 8;

enum class Kind : std::uint8_t { noop = 0, batch = 1, membership = 2 };

Unexpected bad(const char* what) { return fail(Errc::corruption, what); }

std::uint32_t checksum_of(ByteView row) { return crc32c(row.substr(checked_from), crc32c(row.substr(0, 4))); }

Result<void> check_format(ByteView row, std::size_t header_bytes) {
  if (row.size() < header_bytes || row[0] == 0) return bad("a row of the log without a format");
  // The checksum first: a flipped bit in the format must not look like a row from the future.
  if (ByteReader(row.substr(4, 4)).u32() != checksum_of(row)) return bad("a row of the log with a wrong checksum");
  const auto format = static_cast<std::uint8_t>(row[0]);
  if (format > log_format) return fail(Errc::version_mismatch, "a row of the log of format " + std::to_string(format));
  return {};
}

Result<void> read_body(Kind kind, const Bytes& payload, raft::EntryBody& out) {
  switch (kind) {
    case Kind::noop:
      if (!payload.empty()) return bad("an empty entry with a payload");
      return {};
    case Kind::batch: out = payload; return {};
    case Kind::membership: {
      const AlignedBytes aligned(payload.view());
      auto membership = read_membership_buffer(aligned.view());
      if (!membership) return bad("a membership entry");
      out = std::move(*membership);
      return {};
    }
  }
  return bad("an entry of an unknown kind");
}

struct Written {
  Kind kind = Kind::noop;
  Bytes payload;
};
Written written(const raft::EntryBody& body) {
  if (const auto* batch = std::get_if<Bytes>(&body)) return {Kind::batch, *batch};
  if (const auto* membership = std::get_if<raft::Membership>(&body)) return {Kind::membership, membership_buffer(*membership)};
  return {};
}

void set_checksum(std::string& row, std::uint32_t checksum) {
  std::string bytes;
  append_u32(bytes, checksum);
  row.replace(4, 4, bytes);
}

std::string flat_row(const Builder& builder) {
  std::string row;
  row.reserve(flat_prefix_bytes + builder.GetSize());
  append_u32(row, log_format);
  append_u32(row, 0);
  row.append(view_of(builder));
  set_checksum(row, checksum_of(row));
  return row;
}

/// The table within the bytes of flat_row. `aligned` keeps it alive.
template <class Table>
Result<const Table*> flat_table(const AlignedBytes& aligned) {
  const ByteView row = aligned.view();
  const auto good = check_format(row, flat_prefix_bytes);
  if (!good) return fail(good.error());
  const auto* table = verified<Table>(row.substr(flat_prefix_bytes), membership_verify);
  if (table == nullptr) return bad("a row beside the log that does not verify");
  return table;
}

}  // namespace

LogRowParts encode_entry_parts(const raft::Entry& entry, std::uint32_t previous_checksum) {
  Written body = written(entry.body);
  std::string header;
  header.reserve(entry_header_bytes);
  append_u8(header, log_format);
  append_u8(header, static_cast<std::uint8_t>(body.kind));
  header.append(2, '\0');
  append_u32(header, 0);
  append_u32(header, previous_checksum);
  append_u32(header, 0);
  append_u64(header, entry.id.term.value());
  append_u64(header, entry.id.index.value());
  LogRowParts row;
  row.payload = std::move(body.payload);
  row.checksum = crc32c(row.payload.view(), checksum_of(header));
  set_checksum(header, row.checksum);
  std::copy(header.begin(), header.end(), row.header.begin());
  return row;
}

LogRow encode_entry(const raft::Entry& entry, std::uint32_t previous_checksum) {
  const auto parts = encode_entry_parts(entry, previous_checksum);
  LogRow row;
  row.bytes.reserve(parts.header.size() + parts.payload.size());
  row.bytes.append(parts.header.data(), parts.header.size());
  row.bytes.append(parts.payload.view());
  row.checksum = parts.checksum;
  return row;
}

Result<DecodedLogRow> decode_entry(const Bytes& row) {
  const auto good = check_format(row.view(), entry_header_bytes);
  if (!good) return fail(good.error());
  ByteReader reader(row.view());
  reader.take(1);
  const auto kind = static_cast<Kind>(reader.u8());
  reader.take(2);
  DecodedLogRow decoded;
  decoded.checksum = reader.u32();
  decoded.previous_checksum = reader.u32();
  reader.take(4);
  const auto entry = std::make_shared<raft::Entry>();
  entry->id = {Term(reader.u64()), Index(reader.u64())};
  const auto body = read_body(kind, row.slice(entry_header_bytes), entry->body);
  if (!body) return fail(body.error());
  decoded.entry = entry;
  return decoded;
}

std::string encode_hard_state(const raft::HardState& state) {
  Builder builder(64);
  builder.Finish(wire::CreateHardStateValue(builder, state.term.value(), state.vote ? state.vote->value() : 0));
  return flat_row(builder);
}

Result<raft::HardState> decode_hard_state(ByteView bytes) {
  const AlignedBytes aligned(bytes);
  const auto table = flat_table<wire::HardStateValue>(aligned);
  if (!table) return fail(table.error());
  raft::HardState state;
  state.term = Term((*table)->term());
  if ((*table)->vote() != 0) state.vote = MemberId((*table)->vote());
  return state;
}

std::string encode_snapshot_meta(const raft::SnapshotMeta& meta) {
  Builder builder(1024);
  const auto membership = write_membership(builder, meta.membership);
  builder.Finish(
      wire::CreateSnapshotMetaValue(builder, meta.last.term.value(), meta.last.index.value(), membership, meta.total_bytes));
  return flat_row(builder);
}

Result<raft::SnapshotMeta> decode_snapshot_meta(ByteView bytes) {
  const AlignedBytes aligned(bytes);
  const auto table = flat_table<wire::SnapshotMetaValue>(aligned);
  if (!table) return fail(table.error());
  if ((*table)->membership() == nullptr) return bad("a snapshot without a membership");
  auto membership = read_membership(*(*table)->membership());
  if (!membership) return bad("a snapshot's membership");
  return raft::SnapshotMeta{
      {Term((*table)->last_term()), Index((*table)->last_index())}, std::move(*membership), (*table)->total_bytes()};
}

std::string encode_membership(const raft::Membership& membership) {
  Builder builder(1024);
  builder.Finish(write_membership(builder, membership));
  return flat_row(builder);
}

Result<raft::Membership> decode_membership(ByteView bytes) {
  const AlignedBytes aligned(bytes);
  const auto table = flat_table<wire::Membership>(aligned);
  if (!table) return fail(table.error());
  auto membership = read_membership(**table);
  if (!membership) return bad("a membership that breaks its rules");
  return membership;
}

}  // namespace conclave::codec
