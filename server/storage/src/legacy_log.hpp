#pragma once

#include <optional>
#include <vector>

#include "conclave/base/result.hpp"
#include "log_head.hpp"
#include "wt_handle.hpp"

/// The log of directories of format 1, where it stood in two tables of WiredTiger: `raft_log`, the rows of entries by index, and
/// `raft_meta`, the rows below by name. Only read, to be written anew (docs/storage.md, "Changing any of this").
namespace conclave::storage {

inline const std::string log_uri = "table:raft_log";
inline const std::string log_meta_uri = "table:raft_meta";
inline constexpr std::string_view head_key = "head";
inline constexpr std::string_view base_key = "base";
inline constexpr std::string_view bootstrap_key = "bootstrap";

struct LegacyLog {
  Head head;
  std::optional<raft::SnapshotMeta> base;  ///< the log starts after base->last
  Memberships memberships;
  std::vector<raft::EntryPtr> entries;
};

/// The head row alone.
[[nodiscard]] Result<Head> read_legacy_head(WtSession& session);
/// Reads and verifies the whole log. Of entries at or below `applied` it keeps the newest `keep_bytes` and moves the base up to
/// them. corruption names table and index: a gap, a checksum, a chain that does not fit, an end that is not the head's.
[[nodiscard]] Result<LegacyLog> read_legacy_log(WtSession& session, Index applied, std::size_t keep_bytes);

}  // namespace conclave::storage
