#pragma once

#include <cstdint>

#include "conclave/base/bytes.hpp"
#include "conclave/mvcc/state_row.hpp"

/// The digest of the replicated state: the sum of the digests of its rows, so that the order of rows does not matter and a change
/// costs the rows changed. Not for secrets: it finds members that went apart, not members that lie. The same on every platform.
namespace conclave::mvcc {

class Digest {
 public:
  explicit Digest(std::uint64_t kind) { add(kind); }
  Digest& add(std::uint64_t number);
  Digest& add(ByteView bytes);  ///< length included
  [[nodiscard]] std::uint64_t value() const;

 private:
  std::uint64_t state_ = 0x9ae16a3b2f90404fULL;
};

[[nodiscard]] std::uint64_t digest_of(const KeyValue& kv);
[[nodiscard]] std::uint64_t digest_of(const LeaseRow& lease);
[[nodiscard]] std::uint64_t digest_of(LeaseId session, RequestSeq sequence, const Response& outcome);
[[nodiscard]] std::uint64_t digest_of(const MetaRow& meta);

}  // namespace conclave::mvcc
