#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "conclave/base/ids.hpp"
#include "conclave/base/time.hpp"
#include "conclave/mvcc/limits.hpp"
#include "conclave/protocol/limits.hpp"

namespace conclave::transport {

/// Files of one side of TLS, PEM. Empty: without TLS.
struct TlsFiles {
  std::string cert_file;
  std::string key_file;
  std::string trusted_ca_file;  ///< may be empty for clients, never for peers
  [[nodiscard]] bool enabled() const { return !cert_file.empty(); }
};

/// Every bound of the transport.
struct Limits {
  std::size_t connections_max = 10'000;                                   ///< of clients; one more is told so and closed
  std::size_t peer_connections_max = 256;                                 ///< accepted from members and strangers together
  std::size_t requests_in_flight_max = protocol::requests_in_flight_max;  ///< of one connection; beyond: refused as overloaded
  std::size_t request_bytes_max = protocol::request_bytes_max;            ///< payload of one frame of a client
  std::size_t queued_bytes_pause = 4 << 20;      ///< waiting for a slow client: its requests are not read meanwhile
  std::size_t queued_bytes_max = 64 << 20;       ///< waiting for a slow client: it is closed
  std::size_t peer_queue_bytes_max = 64 << 20;   ///< waiting for a peer: frames are dropped
  std::size_t bulk_queue_bytes_max = 8 << 20;    ///< the same for snapshot chunks
  std::size_t read_bytes_per_pass = 256 * 1024;  ///< from one connection before others have their turn
  std::size_t write_bytes_per_pass = 1 << 20;

  Duration handshake_deadline = seconds(5);    ///< from accept or connect until TLS and hellos are done
  Duration client_ping_interval = seconds(5);  ///< of silence before a ping
  Duration client_silence_max = seconds(20);   ///< then it is closed as half-open
  Duration peer_ping_interval = seconds(1);
  Duration peer_silence_max = seconds(5);
  Duration write_stall_max = seconds(30);     ///< without a byte accepted by the other side
  Duration reconnect_min = milliseconds(20);  ///< doubles up to reconnect_max, with jitter
  Duration reconnect_max = seconds(1);
  Duration bulk_idle_max = seconds(30);  ///< then the connection for snapshot chunks is closed
};

struct Config {
  MemberId self;
  Incarnation incarnation;
  ClusterId cluster;
  std::uint64_t token_hash = 0;
  std::string name;
  std::string listen_client;  ///< HOST:PORT; port 0: the system chooses
  std::string listen_peer;
  TlsFiles client_tls;
  bool client_cert_auth = false;  ///< refuse clients without a certificate that client_tls.trusted_ca_file vouches for
  TlsFiles peer_tls;              ///< always mutual
  Limits limits;
  mvcc::Limits command_limits;  ///< what decoding checks
  std::uint64_t seed = 1;       ///< of the jitter
};

}  // namespace conclave::transport
