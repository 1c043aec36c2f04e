#pragma once

#include <cstdint>

#include "conclave/base/result.hpp"

/// What is settled once per link: the protocol version and the features.
namespace conclave::protocol {

/// The protocol versions this code speaks. A version is raised only for what appended fields cannot express.
inline constexpr std::uint16_t version_min = 1;
inline constexpr std::uint16_t version_max = 1;

/// First field of a hello, so that a stranger's bytes are told apart from a newer version.
inline constexpr std::uint32_t client_magic = 0x636c7643;
inline constexpr std::uint32_t peer_magic = 0x636c7650;

/// Bits of what both sides may leave out.
inline constexpr std::uint64_t feature_turn_with_write = 1;  ///< between clients and members: TurnWatch.with
inline constexpr std::uint64_t features_known = feature_turn_with_write;

/// The greatest version that both sides speak, or version_mismatch.
[[nodiscard]] Result<std::uint16_t> choose_version(std::uint16_t other_min, std::uint16_t other_max);

}  // namespace conclave::protocol
