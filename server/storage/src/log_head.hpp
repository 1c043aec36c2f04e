#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "conclave/base/result.hpp"
#include "conclave/raft/types.hpp"

/// What stands beside the entries of the log.
namespace conclave::storage {

/// What the log must look like up to some record; every record of the log carries the one after itself.
struct Head {
  std::uint64_t sequence = 0;  ///< counts records since the directory was made; compared with DurableMark
  raft::HardState hard_state;
  raft::EntryId last;            ///< the end of the log
  std::uint32_t checksum = 0;    ///< of that entry's row; 0 if an installed snapshot or the beginning stands there
  std::uint64_t generation = 1;  ///< which set of state tables is the state
  bool operator==(const Head&) const = default;
};
inline constexpr std::size_t head_bytes = 64;
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

}  // namespace conclave::storage
