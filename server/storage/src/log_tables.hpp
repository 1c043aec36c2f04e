#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "conclave/base/result.hpp"
#include "conclave/raft/types.hpp"
#include "wt_handle.hpp"

/// The logged tables: names, keys and what stands in their rows. docs/storage.md lists them; changing one is a new directory
/// format.
namespace conclave::storage {

inline const std::string log_uri = "table:raft_log";        ///< by index: codec::encode_entry
inline const std::string log_meta_uri = "table:raft_meta";  ///< by name: the rows below
inline constexpr std::string_view head_key = "head";
inline constexpr std::string_view base_key = "base";            ///< codec::encode_snapshot_meta: the log goes on after `last`
inline constexpr std::string_view bootstrap_key = "bootstrap";  ///< codec::encode_membership

/// The one row that every log write changes, in the same transaction: what the log must look like up to that write.
struct Head {
  std::uint64_t sequence = 0;  ///< counts transactions of the log since the directory was made; compared with DurableMark
  raft::HardState hard_state;
  raft::EntryId last;            ///< the end of the log
  std::uint32_t checksum = 0;    ///< of that entry's row; 0 if the log is empty behind its base
  std::uint64_t generation = 1;  ///< which set of state tables is the state
  bool operator==(const Head&) const = default;
};
[[nodiscard]] std::string encode_head(const Head& head);
[[nodiscard]] Result<Head> decode_head(ByteView bytes);

/// The memberships in force at indexes of the log.
class Memberships {
 public:
  /// `membership` is in force from `from` on; later ones, if any, are dropped.
  void set(Index from, raft::Membership membership);
  /// Those from `from` on were truncated.
  void truncate(Index from) { map_.erase(map_.lower_bound(from), map_.end()); }
  /// Keeps what is in force at `index`, forgets older ones.
  void forget_before(Index index);
  void reset(Index from, raft::Membership membership);
  /// Nothing is known so far back: an empty membership.
  [[nodiscard]] raft::Membership at(Index index) const;

 private:
  std::map<Index, raft::Membership> map_;
};

/// What recovery found in the logged tables.
struct RecoveredLog {
  Head head;
  std::optional<raft::SnapshotMeta> base;  ///< the log starts after base->last
  Index stored_base;                       ///< the index of the base row, at or below that
  Memberships memberships;
  std::vector<raft::EntryPtr> entries;
};

/// Makes the tables of a new database, with `bootstrap` recorded.
[[nodiscard]] Result<void> create_log_tables(WtSession& session, const raft::Membership& bootstrap);
/// The head row alone.
[[nodiscard]] Result<Head> read_head(WtSession& session);
/// Reads and verifies the whole log. Of entries at or below `applied` it keeps the newest `keep_bytes` and moves the base up to
/// them. corruption names table and index: a gap, a checksum, a chain that does not fit, an end that is not the head's.
[[nodiscard]] Result<RecoveredLog> recover_log(WtSession& session, Index applied, std::size_t keep_bytes);

}  // namespace conclave::storage
