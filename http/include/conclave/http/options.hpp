#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "conclave/base/time.hpp"
#include "conclave/http_core/message.hpp"
#include "conclave/http_core/request_parser.hpp"

namespace conclave::http {

/// Files of TLS, PEM; read again when they change. Empty: without TLS.
struct TlsFiles {
  std::string cert_file;
  std::string key_file;
  std::string trusted_ca_file;       ///< for client certificates; may be empty
  bool require_client_cert = false;  ///< refuse who shows no certificate that trusted_ca_file vouches for
  [[nodiscard]] bool enabled() const { return !cert_file.empty(); }
};

/// Every bound of a server.
struct Limits {
  ParseLimits parse;
  std::size_t connections_max = 2'000;           ///< one more is answered 503 and closed
  std::size_t turned_away_max = 64;              ///< that are being answered so; one more is closed without a word
  std::size_t body_bytes_max = 4 << 20;          ///< of a body that is read as a whole
  std::size_t body_queue_bytes_max = 64 * 1024;  ///< of a body that nobody reads: reading from the socket pauses
  std::size_t input_bytes_max = 64 * 1024;       ///< of pipelined requests that wait: reading pauses
  std::size_t pipelined_requests_max = 10'000;   ///< on one connection in its life; then it is closed after a reply
  std::size_t discarded_bytes_max = 256 * 1024;  ///< of a body that nobody wants; beyond, the connection is closed
  std::size_t queued_bytes_max = 16 << 20;       ///< of a reply that the client does not read: it is closed

  Duration handshake_deadline = seconds(5);  ///< of TLS
  Duration head_deadline = seconds(10);      ///< from the first byte of a request to the end of its headers
  Duration body_deadline = seconds(60);      ///< for a body that is read as a whole
  Duration idle_max = seconds(75);           ///< between two requests
  Duration write_stall_max = seconds(30);    ///< without a byte accepted by the other side
  Duration linger_max = seconds(2);          ///< for the other side to read the last reply before the connection is closed
};

struct Options {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0: the system chooses
  TlsFiles tls;
  Limits limits;
  std::string server_name;  ///< of the Server header; empty: without
  /// The body of replies that the server makes itself (400, 404, 405, 408, 413, ...).
  std::function<std::string(const Refusal&)> error_body;
  std::string error_content_type = "application/json";
};

}  // namespace conclave::http
