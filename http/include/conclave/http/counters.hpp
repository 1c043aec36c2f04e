#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

namespace conclave::http {

/// Monotone counts since the start, and gauges. Owned by the thread of the server.
struct Counters {
  std::uint64_t accepted = 0;
  std::uint64_t connections = 0;   ///< now
  std::uint64_t requests = 0;      ///< whose head was understood
  std::uint64_t open_replies = 0;  ///< now: streams and handlers that have not answered
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::array<std::uint64_t, 6> replies{};  ///< by the first digit of the status
  std::uint64_t certificates_failed = 0;   ///< attempts to load changed files
  /// Requests and connections that the server refused itself, by kind: those of refusals, and tls_failed, too_many_connections,
  /// slow_reader, idle. There are a few dozen kinds, whatever clients send.
  std::map<std::string, std::uint64_t> refused;
};

}  // namespace conclave::http
