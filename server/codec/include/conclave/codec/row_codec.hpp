#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "conclave/base/result.hpp"
#include "conclave/mvcc/state_row.hpp"

/// Rows of the state as bytes: what storage keeps and snapshots carry. Keys sort as bytes the way their ids sort as numbers.
namespace conclave::codec {

/// Numbers are on disk and in snapshots: never reused.
enum class Table : std::uint8_t {
  keys = 1,      ///< by the raw key
  leases = 2,    ///< by lease id, big-endian
  outcomes = 3,  ///< by session and sequence, big-endian
  history = 4,   ///< by last revision, big-endian
  meta = 5,      ///< one row with an empty key
};
[[nodiscard]] bool is_table(std::uint8_t number);

struct RowBytes {
  Table table = Table::meta;
  std::string key;
  std::string value;
  bool operator==(const RowBytes&) const = default;
};
struct RowErase {
  Table table = Table::keys;
  std::string key;
};
/// All rows of the table whose key is smaller are gone.
struct RowsEraseBelow {
  Table table = Table::history;
  std::string key;
};
using ChangeBytes = std::variant<RowBytes, RowErase, RowsEraseBelow>;

[[nodiscard]] RowBytes encode_row(const mvcc::Row& row);
[[nodiscard]] ChangeBytes encode_change(const mvcc::Change& change);
[[nodiscard]] RowBytes encode_meta(const mvcc::MetaRow& meta);
[[nodiscard]] RowBytes encode_history(const mvcc::HistoryRow& row);
/// The value alone of a KeyRow.
[[nodiscard]] std::string encode_key_value(const mvcc::KeyValue& kv);
/// Total: bytes that no encoder made are Errc::corruption, a format byte from the future Errc::version_mismatch.
[[nodiscard]] Result<mvcc::Row> decode_row(Table table, ByteView key, ByteView value);

/// The key of the first history row that may contain `revision` (rows are keyed by their last revision).
[[nodiscard]] std::string history_key(Revision revision);
/// A number as 8 bytes that sort like it.
[[nodiscard]] std::string sortable(std::uint64_t number);
/// Errc::corruption if it has not 8 bytes.
[[nodiscard]] Result<std::uint64_t> number_of(ByteView sortable_bytes);

}  // namespace conclave::codec
