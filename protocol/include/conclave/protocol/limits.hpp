#pragma once

#include <cstddef>
#include <cstdint>

/// Bounds of what travels. Both sides know them; a server may tell smaller ones in its hello.
namespace conclave::protocol {

inline constexpr std::size_t hello_bytes_max = 4 * 1024;       ///< payload of any frame before the handshake is complete
inline constexpr std::size_t request_bytes_max = 1600 * 1024;  ///< payload of a frame from a client: a value of 1.5 MiB and room
inline constexpr std::size_t reply_bytes_max =
    (4 * 1024 + 512) * 1024;                                    ///< payload of a frame to a client: a response of 4 MiB and room
inline constexpr std::size_t peer_bytes_max = 8 * 1024 * 1024;  ///< payload of a frame between members

inline constexpr std::uint32_t requests_in_flight_max = 1024;  ///< on one connection
inline constexpr std::size_t name_bytes_max = 256;             ///< of a program, a member
inline constexpr std::size_t identity_bytes_max = 256;         ///< common name of a certificate
inline constexpr std::size_t address_bytes_max = 512;
inline constexpr std::size_t members_max = 64;              ///< records in a membership
inline constexpr std::size_t watches_in_push_max = 65'536;  ///< ids in one push

/// FlatBuffers verification: how deep and how many tables.
struct VerifyLimits {
  std::uint32_t depth_max = 32;
  std::uint32_t tables_max = 4096;
};
inline constexpr VerifyLimits hello_verify{8, 16};
inline constexpr VerifyLimits request_verify{24, 2048};
inline constexpr VerifyLimits reply_verify{24, 1'000'000};
inline constexpr VerifyLimits peer_verify{8, 256};

static_assert(request_bytes_max < reply_bytes_max);
static_assert(reply_bytes_max < peer_bytes_max);

}  // namespace conclave::protocol
