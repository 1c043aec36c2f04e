#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace conclave::transport {

/// Why a connection was refused or ended by this side.
enum class Refusal : std::uint8_t {
  tls_failed,    ///< the TLS handshake failed: certificate, version, protocol name
  plain_on_tls,  ///< plain text on a TLS port
  tls_on_plain,  ///< TLS on a port without it
  handshake_timeout,
  malformed,  ///< bytes that are no frame, or a frame out of place
  too_large,  ///< a frame that claims more than allowed
  cut_frame,  ///< the other side ended in the middle of a frame
  wrong_cluster,
  wrong_member,  ///< not a member, another incarnation, or a certificate for another host
  version_mismatch,
  too_many,  ///< connections
  slow,      ///< does not read what it asked for
  silent,    ///< half-open: no answer to a ping
};
inline constexpr std::size_t refusal_count = 13;

[[nodiscard]] std::string_view name_of(Refusal refusal);

/// Monotone counts since the start, and gauges, for metrics and tests. Owned by the loop thread.
struct Counters {
  std::uint64_t accepted = 0;
  std::uint64_t frames_in = 0;
  std::uint64_t frames_out = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t writes = 0;  ///< system calls that sent something
  std::uint64_t requests_overloaded = 0;
  std::uint64_t peer_frames_dropped = 0;
  std::uint64_t peer_links_opened = 0;
  std::uint64_t certificates_loaded = 0;
  std::uint64_t certificates_failed = 0;
  std::array<std::uint64_t, refusal_count> refused{};
  std::uint64_t client_connections = 0;  ///< now
  std::uint64_t peer_connections = 0;    ///< now, accepted ones

  [[nodiscard]] std::uint64_t refused_for(Refusal refusal) const { return refused[static_cast<std::size_t>(refusal)]; }
};

}  // namespace conclave::transport
