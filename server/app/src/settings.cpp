#include "settings.hpp"

#include <algorithm>
#include <limits>

#include "conclave/app/identity.hpp"
#include "conclave/engine/member_id.hpp"
#include "conclave/transport/address.hpp"

namespace conclave::app {
namespace {

/// What a frame needs beside the request it carries.
constexpr std::size_t frame_room = 64 * 1024;

// Memory of a member beside its data: entries for followers that lag (older ones are read from disk) and WiredTiger's cache, which
// holds only what is on its way to the disk, because reads are answered from memory.
constexpr std::size_t memory_log_bytes = 8 << 20;
constexpr std::size_t cache_bytes = 16 << 20;

transport::TlsFiles files(const TlsPaths& paths) { return {paths.cert_file, paths.key_file, paths.trusted_ca_file}; }

}  // namespace

mvcc::MachineConfig machine_settings() {
  mvcc::MachineConfig machine;
  // The quota is a flag of each member, so it must not decide in apply, where all members must agree: the leader's admission keeps
  // it.
  machine.limits.quota_bytes = std::numeric_limits<std::uint64_t>::max();
  return machine;
}

engine::Config engine_settings(const Options& options, const std::string& version, Incarnation incarnation) {
  engine::Config config;
  config.name = options.name;
  config.version = version;
  config.self = engine::member_id(options.cluster_token, options.name);
  config.incarnation = incarnation;
  config.cluster = cluster_id(options);
  config.cluster_token = options.cluster_token;
  config.heartbeat_interval = options.heartbeat_interval;
  config.election_timeout = options.election_timeout;
  config.raft.memory_log_bytes_max = memory_log_bytes;
  config.machine = machine_settings();
  config.quota_bytes = options.quota_bytes;
  config.client_address = options.advertise_client;
  config.http_address = options.advertise_http;
  config.snapshot_entries = options.snapshot_entries;
  config.history_retention = options.history_retention;
  config.history_bytes_max = options.history_bytes;
  return config;
}

storage::Options storage_settings(const Options& options, raft::Membership bootstrap) {
  storage::Options settings;
  settings.directory = options.data_dir;
  settings.owner = {engine::member_id(options.cluster_token, options.name), options.name, cluster_id(options),
                    options.cluster_token};
  settings.bootstrap = std::move(bootstrap);
  settings.machine = machine_settings();
  settings.cache_bytes = cache_bytes;
  return settings;
}

transport::Config transport_settings(const Options& options, Incarnation incarnation, std::uint64_t seed) {
  transport::Config config;
  config.self = engine::member_id(options.cluster_token, options.name);
  config.incarnation = incarnation;
  config.cluster = cluster_id(options);
  config.token_hash = token_hash(options.cluster_token);
  config.name = options.name;
  config.listen_client = options.listen_client;
  config.listen_peer = options.listen_peer;
  config.client_tls = files(options.client_tls);
  config.client_cert_auth = options.client_cert_auth;
  config.peer_tls = files(options.peer_tls);
  config.limits.request_bytes_max = std::min<std::size_t>(options.max_request_bytes + frame_room, protocol::request_bytes_max);
  config.command_limits = machine_settings().limits;
  config.seed = seed;
  return config;
}

gateway::Config http_settings(const Options& options, const std::string& version, const Descriptors& descriptors) {
  gateway::Config config;
  if (const auto address = transport::parse_address(options.listen_http, true)) {
    config.http.host = address->host;
    config.http.port = address->port;
  }
  config.http.tls = {options.client_tls.cert_file, options.client_tls.key_file, options.client_tls.trusted_ca_file,
                     options.client_cert_auth};
  config.cluster = cluster_id(options);
  config.limits = machine_settings().limits;
  config.version = version;
  config.peer_tls = !options.peer_tls.cert_file.empty();
  config.cors = options.cors;
  config.http.limits.turned_away_max = std::min(config.http.limits.turned_away_max, descriptors.http / 4);
  config.http.limits.connections_max = descriptors.http - config.http.limits.turned_away_max;
  return config;
}

std::vector<transport::ProbeTarget> other_members(const Options& options) {
  std::vector<transport::ProbeTarget> others;
  for (const InitialMember& member : options.initial_cluster) {
    if (member.name != options.name)
      others.push_back({engine::member_id(options.cluster_token, member.name), member.name, member.peer_address});
  }
  return others;
}

}  // namespace conclave::app
