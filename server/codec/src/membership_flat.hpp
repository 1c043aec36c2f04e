#pragma once

#include "conclave/base/result.hpp"
#include "conclave/protocol/common_generated.h"
#include "conclave/raft/types.hpp"
#include "flat.hpp"

namespace conclave::codec {

[[nodiscard]] flatbuffers::Offset<wire::Membership> write_membership(Builder& builder, const raft::Membership& membership);
/// A verified table as a membership. Errc::malformed if a list is not ascending, has a zero, or is beyond the limits.
[[nodiscard]] Result<raft::Membership> read_membership(const wire::Membership& membership);

/// A Membership as a buffer of its own, and back.
[[nodiscard]] Bytes membership_buffer(const raft::Membership& membership);
/// `bytes` must stand at a multiple of 8.
[[nodiscard]] Result<raft::Membership> read_membership_buffer(ByteView bytes);

/// For buffers with little but a membership in them.
inline constexpr protocol::VerifyLimits membership_verify{8, 256};

}  // namespace conclave::codec
