#include "conclave/codec/snapshot_codec.hpp"

#include "byte_io.hpp"
#include "conclave/base/crc32c.hpp"

namespace conclave::codec {

namespace {

constexpr std::string_view magic = std::string_view("clvsnap\x01", 8);
constexpr std::size_t row_header_bytes = 16;
constexpr std::size_t checksum_bytes = 4;
constexpr std::size_t trailer_bytes = 16;

Unexpected bad(const char* what) { return fail(Errc::corruption, what); }

std::uint32_t chained(std::uint32_t so_far, std::uint32_t checksum) {
  std::string bytes;
  append_u32(bytes, checksum);
  return crc32c(bytes, so_far);
}

}  // namespace

void SnapshotWriter::start(std::string& out) {
  rows_ = 0;
  checksum_ = 0;
  out.append(magic);
}

void SnapshotWriter::add(Table table, ByteView key, ByteView value, std::string& out) {
  const std::size_t start = out.size();
  append_u32(out, static_cast<std::uint32_t>(table));
  append_u32(out, static_cast<std::uint32_t>(key.size()));
  append_u64(out, value.size());
  out.append(key).append(value);
  const std::uint32_t checksum = crc32c(ByteView(out).substr(start));
  append_u32(out, checksum);
  checksum_ = chained(checksum_, checksum);
  ++rows_;
}

void SnapshotWriter::finish(std::string& out) {
  append_u32(out, 0);
  append_u32(out, checksum_);
  append_u64(out, rows_);
}

Result<std::size_t> SnapshotReader::take_magic(ByteView bytes) {
  if (bytes.size() < magic.size()) return std::size_t{0};
  if (bytes.substr(0, 7) != magic.substr(0, 7)) return bad("a snapshot that does not start as one");
  if (bytes[7] != magic[7]) return fail(Errc::version_mismatch, "a snapshot of an unknown format");
  state_ = State::rows;
  return magic.size();
}

Result<std::size_t> SnapshotReader::take_trailer(ByteView bytes) {
  ByteReader reader(bytes.substr(4));
  const std::uint32_t checksum = reader.u32();
  const std::uint64_t rows = reader.u64();
  if (rows != rows_ || checksum != checksum_) return bad("a snapshot whose trailer does not fit its rows");
  state_ = State::done;
  return trailer_bytes;
}

Result<std::size_t> SnapshotReader::take_row(ByteView bytes, const OnRow& on_row) {
  static_assert(trailer_bytes == row_header_bytes);
  if (bytes.size() < row_header_bytes) return std::size_t{0};
  ByteReader reader(bytes);
  const std::uint32_t table = reader.u32();
  if (table == 0) return take_trailer(bytes);
  if (table > 0xff || !is_table(static_cast<std::uint8_t>(table))) return bad("a snapshot's row of an unknown table");
  const std::uint64_t key_bytes = reader.u32();
  const std::uint64_t value_bytes = reader.u64();
  if (value_bytes > row_bytes_max_ || key_bytes > row_bytes_max_ - value_bytes) return bad("a snapshot's row that is too long");
  const std::uint64_t content = key_bytes + value_bytes;
  if (bytes.size() - row_header_bytes < content || bytes.size() - row_header_bytes - content < checksum_bytes)
    return std::size_t{0};

  const ByteView key = reader.take(key_bytes);
  const ByteView value = reader.take(value_bytes);
  const std::uint32_t checksum = reader.u32();
  if (crc32c(bytes.substr(0, row_header_bytes + content)) != checksum) return bad("a snapshot's row with a wrong checksum");
  checksum_ = chained(checksum_, checksum);
  ++rows_;
  const auto taken = on_row(static_cast<Table>(table), key, value);
  if (!taken) return fail(taken.error());
  return row_header_bytes + content + checksum_bytes;
}

Result<std::size_t> SnapshotReader::take(ByteView bytes, const OnRow& on_row) {
  switch (state_) {
    case State::magic: return take_magic(bytes);
    case State::rows: return take_row(bytes, on_row);
    case State::done: return bad("a snapshot with bytes behind its trailer");
    case State::broken: break;
  }
  return bad("a snapshot that was broken before");
}

Result<void> SnapshotReader::feed(ByteView piece, const OnRow& on_row) {
  if (state_ == State::broken) return bad("a snapshot that was broken before");
  // Rows that lie within the piece are taken from there; only what is cut at its end is kept.
  const bool joined = !pending_.empty();
  if (joined) pending_.append(piece);
  ByteView bytes = joined ? ByteView(pending_) : piece;
  while (!bytes.empty()) {
    const auto taken = take(bytes, on_row);
    if (!taken) {
      state_ = State::broken;
      return fail(taken.error());
    }
    if (*taken == 0) break;
    bytes.remove_prefix(*taken);
  }
  if (joined) {
    pending_.erase(0, pending_.size() - bytes.size());
  } else {
    pending_.assign(bytes);
  }
  return {};
}

}  // namespace conclave::codec
