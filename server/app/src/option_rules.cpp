#include <algorithm>

#include "conclave/transport/address.hpp"
#include "option_table.hpp"
#include "quantity.hpp"

namespace conclave::app {

using transport::is_wildcard;
using transport::parse_address;
namespace {

Result<void> wrong(const std::string& flag, const std::string& value, const std::string& allowed) {
  return fail(Errc::invalid_argument, "--" + flag + ": '" + value + "' is not allowed; allowed: " + allowed);
}

/// A wildcard says where to listen, not where others connect; and a port the system chooses is not known yet.
Result<void> fill_advertised(std::string& advertised, const std::string& listen, const std::string& which) {
  if (!advertised.empty()) return {};
  const auto address = parse_address(listen, true);
  if (address.has_value() && is_wildcard(*address)) {
    return wrong("listen-" + which, listen, "an address others can connect to, or --advertise-" + which + " beside it");
  }
  advertised = listen;
  return {};
}

/// The list is the one the cluster was made with: it is what tells one cluster from another.
Result<void> check_joining(Options& options) {
  if (!options.cluster_given)
    return wrong("join", "true", "a member beside --initial-cluster, the members the cluster was made with");
  if (std::ranges::find(options.initial_cluster, options.name, &InitialMember::name) != options.initial_cluster.end()) {
    return wrong("join", "true", "a member that --initial-cluster does not name; leave it out for " + options.name);
  }
  return fill_advertised(options.advertise_peer, options.listen_peer, "peer");
}

Result<void> fill_cluster(Options& options) {
  if (options.join) return check_joining(options);
  if (!options.cluster_given) {
    if (auto filled = fill_advertised(options.advertise_peer, options.listen_peer, "peer"); !filled.has_value()) return filled;
    options.initial_cluster = {{options.name, options.advertise_peer}};
    return {};
  }
  const auto self = std::ranges::find(options.initial_cluster, options.name, &InitialMember::name);
  if (self == options.initial_cluster.end()) {
    std::string names;
    for (const InitialMember& member : options.initial_cluster) names += (names.empty() ? "" : ", ") + member.name;
    return wrong("name", options.name, "a name in --initial-cluster: " + names);
  }
  if (options.advertise_peer.empty()) options.advertise_peer = self->peer_address;
  if (options.advertise_peer != self->peer_address) {
    return wrong("advertise-peer", options.advertise_peer,
                 "the address of " + options.name + " in --initial-cluster, " + self->peer_address);
  }
  return {};
}

Result<void> check_http(Options& options) {
  if (!options.listen_http.empty()) return fill_advertised(options.advertise_http, options.listen_http, "http");
  if (!options.advertise_http.empty()) return wrong("advertise-http", options.advertise_http, "an address beside --listen-http");
  if (!options.cors.empty()) return wrong("cors", options.cors.front(), "origins beside --listen-http");
  return {};
}

Result<void> check_pair(const TlsPaths& paths, const std::string& prefix) {
  if (paths.cert_file.empty() != paths.key_file.empty()) {
    const bool cert = paths.cert_file.empty();
    return wrong(prefix + (cert ? "cert-file" : "key-file"), "",
                 "the file that belongs to --" + prefix + (cert ? "key-file" : "cert-file"));
  }
  return {};
}

Result<void> check_tls(const Options& options) {
  if (auto pair = check_pair(options.client_tls, ""); !pair.has_value()) return pair;
  if (auto pair = check_pair(options.peer_tls, "peer-"); !pair.has_value()) return pair;
  const std::string missing = "a file beside --client-cert-auth";
  if (options.client_cert_auth && options.client_tls.cert_file.empty()) return wrong("cert-file", "", missing);
  if (options.client_cert_auth && options.client_tls.trusted_ca_file.empty()) return wrong("trusted-ca-file", "", missing);
  // Between members TLS is always mutual, so an authority is needed on both sides.
  if (options.peer_tls.cert_file.empty() != options.peer_tls.trusted_ca_file.empty()) {
    const bool cert = options.peer_tls.cert_file.empty();
    return wrong(cert ? "peer-cert-file" : "peer-trusted-ca-file", "",
                 std::string("a file beside ") + (cert ? "--peer-trusted-ca-file" : "--peer-cert-file"));
  }
  return {};
}

}  // namespace

Result<void> complete(Options& options) {
  if (auto filled = fill_advertised(options.advertise_client, options.listen_client, "client"); !filled.has_value()) return filled;
  if (auto http = check_http(options); !http.has_value()) return http;
  if (auto filled = fill_cluster(options); !filled.has_value()) return filled;
  if (options.election_timeout < 3 * options.heartbeat_interval) {
    return wrong("election-timeout", duration_text(options.election_timeout),
                 "at least three times --heartbeat-interval, " + duration_text(3 * options.heartbeat_interval));
  }
  return check_tls(options);
}

}  // namespace conclave::app
