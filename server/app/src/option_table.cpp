#include "option_table.hpp"

#include <algorithm>

#include "conclave/transport/address.hpp"
#include "quantity.hpp"

namespace conclave::app {

using transport::is_wildcard;
using transport::parse_address;
namespace {

using Setter = std::function<Result<void>(Options&, std::string_view)>;

constexpr std::size_t name_bytes_max = 64;
constexpr std::string_view address_allowed = "HOST:PORT with a port from 1 to 65535";

Result<void> wrong() { return fail(Errc::invalid_argument); }

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= name_bytes_max && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

template <class Field>
Setter text_setter(Field field) {
  return [field](Options& options, std::string_view value) -> Result<void> {
    if (value.empty()) return wrong();
    field(options) = std::string(value);
    return {};
  };
}

OptionSpec address(std::string name, std::string help, std::string Options::*field, bool any_port = false) {
  const std::string allowed =
      any_port ? "HOST:PORT with a port from 0 (the system chooses) to 65535" : std::string(address_allowed);
  return {std::move(name), "HOST:PORT", std::move(help), allowed,
          [field, any_port](Options& options, std::string_view value) -> Result<void> {
            if (!parse_address(value, any_port).has_value()) return wrong();
            options.*field = std::string(value);
            return {};
          }};
}

OptionSpec file(std::string name, std::string help, TlsPaths Options::*side, std::string TlsPaths::*field) {
  return {std::move(name), "FILE", std::move(help), "the path of a PEM file",
          text_setter([side, field](Options& options) -> std::string& { return options.*side.*field; })};
}

OptionSpec duration(std::string name, const std::string& help, Duration Options::*field, Duration low, Duration high) {
  const std::string allowed =
      "a whole number with the unit ms, s, m, h or d, from " + duration_text(low) + " to " + duration_text(high);
  return {std::move(name), "TIME", help + "; " + allowed + "; default " + duration_text(Options{}.*field), allowed,
          [field, low, high](Options& options, std::string_view value) -> Result<void> {
            const auto parsed = parse_duration(value);
            if (!parsed.has_value() || *parsed < low || *parsed > high) return wrong();
            options.*field = *parsed;
            return {};
          }};
}

OptionSpec bytes(std::string name, const std::string& help, std::uint64_t Options::*field, std::uint64_t low, std::uint64_t high) {
  const std::string allowed =
      "bytes, or a whole number with the unit KiB, MiB, GiB or TiB, from " + bytes_text(low) + " to " + bytes_text(high);
  return {std::move(name), "BYTES", help + "; " + allowed + "; default " + bytes_text(Options{}.*field), allowed,
          [field, low, high](Options& options, std::string_view value) -> Result<void> {
            const auto parsed = parse_bytes(value);
            if (!parsed.has_value() || *parsed < low || *parsed > high) return wrong();
            options.*field = *parsed;
            return {};
          }};
}

OptionSpec number(std::string name, const std::string& help, std::uint64_t Options::*field, std::uint64_t low, std::uint64_t high) {
  const std::string allowed = "a whole number from " + std::to_string(low) + " to " + std::to_string(high);
  return {std::move(name), "NUMBER", help + "; " + allowed + "; default " + std::to_string(Options{}.*field), allowed,
          [field, low, high](Options& options, std::string_view value) -> Result<void> {
            const auto parsed = parse_number(value);
            if (!parsed.has_value() || *parsed < low || *parsed > high) return wrong();
            options.*field = *parsed;
            return {};
          }};
}

Result<void> set_name(Options& options, std::string_view value) {
  if (!is_name(value)) return wrong();
  options.name = std::string(value);
  return {};
}

Result<void> set_initial_cluster(Options& options, std::string_view value) {
  std::vector<InitialMember> members;
  while (!value.empty()) {
    const std::string_view item = value.substr(0, value.find(','));
    const auto equals = item.find('=');
    if (equals == std::string_view::npos) return wrong();
    if (!is_name(item.substr(0, equals)) || !parse_address(item.substr(equals + 1)).has_value()) return wrong();
    members.push_back({std::string(item.substr(0, equals)), std::string(item.substr(equals + 1))});
    value.remove_prefix(std::min(value.size(), item.size() + 1));
  }
  std::ranges::sort(members, {}, &InitialMember::name);
  const auto same_name = [](const InitialMember& a, const InitialMember& b) { return a.name == b.name; };
  if (members.empty() || members.size() > 9 || std::ranges::adjacent_find(members, same_name) != members.end()) return wrong();
  options.initial_cluster = std::move(members);
  options.cluster_given = true;
  return {};
}

Setter switch_setter(bool Options::*field) {
  return [field](Options& options, std::string_view value) -> Result<void> {
    if (value != "true" && value != "false") return wrong();
    options.*field = value == "true";
    return {};
  };
}

Result<void> set_log_level(Options& options, std::string_view value) {
  for (const LogLevel level : {LogLevel::debug, LogLevel::info, LogLevel::warning, LogLevel::error}) {
    if (value == name_of(level)) {
      options.log_level = level;
      return {};
    }
  }
  return wrong();
}

Result<void> set_log_format(Options& options, std::string_view value) {
  if (value != "text" && value != "json") return wrong();
  options.log_format = value == "json" ? LogFormat::json : LogFormat::text;
  return {};
}

Result<void> set_cors(Options& options, std::string_view value) {
  std::vector<std::string> origins;
  while (!value.empty()) {
    const std::string_view origin = value.substr(0, value.find(','));
    const bool is_url = origin.starts_with("http://") || origin.starts_with("https://");
    if (origin != "*" && (!is_url || origin.ends_with('/') || origin.find(' ') != std::string_view::npos)) return wrong();
    origins.emplace_back(origin);
    value.remove_prefix(std::min(value.size(), origin.size() + 1));
  }
  if (origins.empty()) return wrong();
  options.cors = std::move(origins);
  return {};
}

const std::string cors_allowed = "* or http(s)://HOST[:PORT], separated by commas";
const std::string name_allowed = "1 to 64 letters, digits, '-', '_' or '.'";
const std::string cluster_allowed = "NAME=HOST:PORT, 1 to 9 of them separated by commas, no name twice";
const std::string level_allowed = "debug, info, warning, error";

std::vector<OptionSpec> identity_options() {
  return {
      {"name", "NAME", "name of this member; " + name_allowed + "; default default", name_allowed, set_name},
      {"data-dir", "DIR", "directory of this member's data, made when missing; default conclave.data", "a path",
       text_setter([](Options& options) -> std::string& { return options.data_dir; })},
      address("listen-client", "where to listen for clients; default 127.0.0.1:7400", &Options::listen_client, true),
      address("listen-peer", "where to listen for the other members; default 127.0.0.1:7401", &Options::listen_peer, true),
      address("listen-http",
              "where to serve HTTP: the interfaces of etcd (v3 as JSON, v2 keys), health, metrics and the dashboard at /ui, "
              "with the certificates of the client port; default: no HTTP",
              &Options::listen_http, true),
      address("advertise-http", "where HTTP clients reach this member; default: where it listens", &Options::advertise_http),
      {"cors", "ORIGIN,...", "origins of web pages that may use HTTP, " + cors_allowed + "; default: none", cors_allowed, set_cors},
      address("advertise-client", "where clients reach this member; default: where it listens", &Options::advertise_client),
      address("advertise-peer",
              "where the other members reach this one; default: its address in --initial-cluster, else where it listens",
              &Options::advertise_peer),
      {"initial-cluster", "NAME=HOST:PORT,...",
       "all members with their peer addresses, the same on each; default: this member alone", cluster_allowed, set_initial_cluster},
      {"join", "",
       "this member is new in a cluster that runs: --initial-cluster names the members it was made with, and "
       "`conclavectl member add` makes this one known; default false",
       "true or false", switch_setter(&Options::join)},
      {"cluster-token", "TOKEN", "keeps clusters with like members apart; " + name_allowed + "; default conclave", name_allowed,
       [](Options& options, std::string_view value) -> Result<void> {
         if (!is_name(value)) return wrong();
         options.cluster_token = std::string(value);
         return {};
       }},
  };
}

std::vector<OptionSpec> tls_options() {
  return {
      file("cert-file", "certificate chain shown to clients, PEM; default: no TLS for clients", &Options::client_tls,
           &TlsPaths::cert_file),
      file("key-file", "its private key, PEM", &Options::client_tls, &TlsPaths::key_file),
      file("trusted-ca-file", "authorities that sign clients' certificates, PEM", &Options::client_tls, &TlsPaths::trusted_ca_file),
      {"client-cert-auth", "", "refuse clients without a certificate signed by --trusted-ca-file; default false", "true or false",
       switch_setter(&Options::client_cert_auth)},
      file("peer-cert-file",
           "certificate chain shown to other members, PEM; its names include the host of --advertise-peer; default: no TLS",
           &Options::peer_tls, &TlsPaths::cert_file),
      file("peer-key-file", "its private key, PEM", &Options::peer_tls, &TlsPaths::key_file),
      file("peer-trusted-ca-file", "authorities that sign the members' certificates, PEM", &Options::peer_tls,
           &TlsPaths::trusted_ca_file),
  };
}

std::vector<OptionSpec> tuning_options() {
  return {
      duration("heartbeat-interval", "time between a leader's heartbeats", &Options::heartbeat_interval, milliseconds(10),
               seconds(10)),
      duration("election-timeout", "silence of the leader after which the others elect one; at least three heartbeats",
               &Options::election_timeout, milliseconds(50), seconds(60)),
      number("snapshot-entries", "log entries between two checkpoints of the state", &Options::snapshot_entries, 100,
             1'000'000'000),
      bytes("max-request-bytes", "largest request", &Options::max_request_bytes, 4096, 1536 * 1024),
      duration("history-retention", "how long old revisions are kept", &Options::history_retention, seconds(1),
               std::chrono::hours(24 * 365)),
      bytes("history-bytes", "how much of old revisions is kept", &Options::history_bytes, 1ULL << 20, 1ULL << 40),
      bytes("quota-bytes", "current data beyond which writes that add are refused", &Options::quota_bytes, 1ULL << 20, 1ULL << 40),
      {"realtime", "",
       "the two threads that decide and flush run before everything else on the machine that has no real-time priority; for "
       "machines "
       "whose processors others use; needs CAP_SYS_NICE or an rtprio limit of 1; default false",
       "true or false", switch_setter(&Options::realtime)},
      {"log-level", "LEVEL", "what to log to standard error: " + level_allowed + "; default info", level_allowed, set_log_level},
      {"log-format", "FORMAT", "text or json; default text", "text, json", set_log_format},
  };
}

}  // namespace

const std::vector<OptionSpec>& option_table() {
  static const std::vector<OptionSpec> table = [] {
    std::vector<OptionSpec> all = identity_options();
    std::ranges::move(tls_options(), std::back_inserter(all));
    std::ranges::move(tuning_options(), std::back_inserter(all));
    return all;
  }();
  return table;
}

Result<void> set_option(Options& options, const OptionSpec& spec, std::string_view value) {
  if (spec.set(options, value).has_value()) return {};
  return fail(Errc::invalid_argument, "--" + spec.name + ": '" + std::string(value) + "' is not allowed; allowed: " + spec.allowed);
}

}  // namespace conclave::app
