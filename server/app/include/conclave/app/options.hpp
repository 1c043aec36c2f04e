#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "conclave/base/log_sink.hpp"
#include "conclave/base/result.hpp"
#include "conclave/base/time.hpp"

namespace conclave::app {

enum class LogFormat : std::uint8_t { text, json };

/// One member of --initial-cluster.
struct InitialMember {
  std::string name;
  std::string peer_address;  ///< HOST:PORT
  bool operator==(const InitialMember&) const = default;
};

/// Files of one side of TLS; empty means without.
struct TlsPaths {
  std::string cert_file;
  std::string key_file;
  std::string trusted_ca_file;
  bool operator==(const TlsPaths&) const = default;
};

/// What conclaved was asked to do, complete and checked: addresses that were left out are filled in.
struct Options {
  std::string name = "default";
  std::string data_dir = "conclave.data";
  std::string listen_client = "127.0.0.1:7400";
  std::string listen_peer = "127.0.0.1:7401";
  std::string listen_http;                     ///< empty: no HTTP
  std::string advertise_client;                ///< after parsing: never empty
  std::string advertise_peer;                  ///< after parsing: never empty
  std::string advertise_http;                  ///< after parsing: empty only without HTTP
  std::vector<std::string> cors;               ///< origins whose pages may ask; "*": all
  std::vector<InitialMember> initial_cluster;  ///< after parsing: sorted by name, contains `name` unless this member joins
  bool cluster_given = false;                  ///< --initial-cluster was given; without it this member is alone
  bool realtime = false;                       ///< the threads that replicate have a real-time priority
  bool join = false;                           ///< it is added to a cluster that runs and was not one of its first members
  std::string cluster_token = "conclave";
  TlsPaths client_tls;
  bool client_cert_auth = false;
  TlsPaths peer_tls;
  Duration heartbeat_interval = milliseconds(100);
  Duration election_timeout = seconds(1);
  std::uint64_t snapshot_entries = 100'000;
  std::uint64_t max_request_bytes = 1536 * 1024;
  Duration history_retention = std::chrono::hours(1);
  std::uint64_t history_bytes = 2ULL << 30;
  std::uint64_t quota_bytes = 2ULL << 30;
  LogLevel log_level = LogLevel::info;
  LogFormat log_format = LogFormat::text;
};

/// What came of the command line: options to run with, or a text to print and the code to exit with.
struct Parsed {
  std::optional<Options> options;
  std::string output;
  int exit_code = 0;
};

inline constexpr int exit_usage = 2;

/// Reads flags (without the program's name) and the file named by --config; a flag wins over the file. A wrong value names the
/// flag, the value and what is allowed, with exit code 2.
[[nodiscard]] Parsed parse_options(std::span<const std::string> arguments, const std::string& version);

}  // namespace conclave::app
