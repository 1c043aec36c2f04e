#pragma once

#include <optional>

#include "conclave/engine/ports.hpp"
#include "conclave/mvcc/limits.hpp"

namespace conclave::codec {

/// The payload of a batch entry, little-endian, everything at multiples of 8:
///
///     0  u8   format (1)
///     1  u8[3] zero
///     4  u32  count of commands
///     8  u64  machine version
///     16 i64  cluster time in milliseconds
///     24 for each command
///        0  u64 origin  8 u64 incarnation  16 u64 request  24 u64 auth revision
///        32 u32 length of the identity  36 u32 length of the request bytes
///        40 identity, padded with zeros; request bytes (a WriteRequest buffer), padded with zeros
///
/// Decoding verifies each command again, so that what a faulty member proposed is refused by all members alike.
class BatchCodec final : public engine::BatchCodec {
 public:
  explicit BatchCodec(const mvcc::Limits& limits = {}) : limits_(limits) {}

  [[nodiscard]] Bytes encode(MachineVersion version, ClusterTime stamp,
                             std::span<const engine::PendingCommand> commands) const override;
  [[nodiscard]] Result<mvcc::Batch> decode(const Bytes& payload, Arena& arena) const override;
  [[nodiscard]] Bytes expire_leases(std::span<const LeaseId> ids) const override;
  [[nodiscard]] Bytes renew_leases(std::span<const LeaseId> ids) const override;
  [[nodiscard]] Bytes compact(Revision revision) const override;
  [[nodiscard]] Bytes set_machine_version(MachineVersion version) const override;

 private:
  mvcc::Limits limits_;
};

/// The cluster time in the header, without a look at the commands. Nothing: no header of a format that is known.
[[nodiscard]] std::optional<ClusterTime> stamp_of(const Bytes& payload);

}  // namespace conclave::codec
