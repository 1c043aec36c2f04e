#include <filesystem>

#include "conclave/test/catch.hpp"
#include "conclave/test/certificates.hpp"
#include "conclave/transport/probe.hpp"
#include "node.hpp"
#include "raw_client.hpp"

using namespace conclave;
using namespace conclave::test;
using transport::Refusal;

namespace {

constexpr const char* here = "IP:127.0.0.1,DNS:localhost";

/// Certificates for a server, clients and members.
struct Files : Certificates {
  Files() {
    make_authority("other-ca");
    make("server", "ca", "server", here);
    make("alice", "ca", "alice", "DNS:alice");
    make("mallory", "other-ca", "mallory", "DNS:mallory");
    make("n1", "ca", "n1", here);
    make("n2", "ca", "n2", here);
    make("elsewhere", "ca", "n2", "DNS:elsewhere.example,IP:10.9.8.7");
    make("stranger", "other-ca", "n2", here);
  }
  [[nodiscard]] transport::TlsFiles files(const std::string& name, const std::string& authority) const {
    return {cert(name), key(name), authority.empty() ? std::string() : cert(authority)};
  }
};

const Files& files() {
  static const Files made;
  return made;
}

transport::Config client_config(bool cert_auth) {
  auto config = config_of(1);
  config.client_tls = files().files("server", "ca");
  config.client_cert_auth = cert_auth;
  return config;
}

RawTls tls_as(const std::string& name) {
  RawTls tls{files().cert("ca"), {}, {}, "conclave/1", 0};
  if (name.empty()) return tls;
  tls.cert_file = files().cert(name);
  tls.key_file = files().key(name);
  return tls;
}

/// With TLS 1.3 a client's handshake ends before the server has judged its certificate: the refusal shows at the first read.
bool is_served(Node& node, const RawTls& tls) {
  RawClient client(node.client_port());
  return client.start_tls(tls) && client.greet().has_value();
}

transport::Config peer_config(std::uint64_t id, const std::string& certificate) {
  auto config = config_of(id);
  config.peer_tls = files().files(certificate, "ca");
  return config;
}

}  // namespace

TEST_CASE("a client with TLS is served, over TLS 1.2 and 1.3, and large replies arrive whole") {
  Node node(client_config(false));
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    RawTls tls = tls_as("");
    tls.version_max = version;
    RawClient client(node.client_port());
    REQUIRE(client.start_tls(tls));
    REQUIRE(client.greet().has_value());
    const auto connected = node.next<engine::ClientConnected>();
    REQUIRE(connected.has_value());
    CHECK(connected->identity.empty());
    const std::vector<engine::WatchId> watches{engine::WatchId(5)};
    node.on_loop([&] {
      node.transport().clients().push_events(connected->connection, watches, Revision(3), Bytes(std::string(3'000'000, 'e')),
                                             false);
    });
    CHECK(client.receive()->payload.size() > 3'000'000);
    client.send(put_request(1, "k", std::string(1'000'000, 'v')));
    CHECK(node.next<engine::ClientAsked>().has_value());
  }
}

TEST_CASE("the name in a client's verified certificate is its identity") {
  Node node(client_config(true));
  RawClient client(node.client_port());
  REQUIRE(client.start_tls(tls_as("alice")));
  REQUIRE(client.greet().has_value());
  CHECK(node.next<engine::ClientConnected>()->identity == "alice");
}

TEST_CASE("with client-cert-auth a client without a certificate, or with one of another authority, is refused with a line") {
  Node node(client_config(true));
  CHECK_FALSE(is_served(node, tls_as("")));
  CHECK_FALSE(is_served(node, tls_as("mallory")));
  CHECK(node.wait_until([&] { return node.transport().counters().refused_for(Refusal::tls_failed) == 2; }));
  CHECK(node.log().has({"link refused", "reason=tls_failed", "port=client"}));
  CHECK(is_served(node, tls_as("alice")));
}

TEST_CASE("without client-cert-auth a certificate of another authority is refused all the same") {
  Node node(client_config(false));
  CHECK_FALSE(is_served(node, tls_as("mallory")));
  CHECK(node.refuses(Refusal::tls_failed));
  CHECK(is_served(node, tls_as("")));
}

TEST_CASE("a client that trusts another authority ends the handshake, and the member serves on") {
  Node node(client_config(false));
  RawTls tls = tls_as("");
  tls.ca_file = files().cert("other-ca");
  CHECK_FALSE(is_served(node, tls));
  CHECK(node.refuses(Refusal::tls_failed));
  CHECK(is_served(node, tls_as("")));
}

TEST_CASE("TLS 1.1 and other protocol names are refused") {
  Node node(client_config(false));
  RawTls tls = tls_as("");
  SECTION("TLS 1.1") { tls.version_max = TLS1_1_VERSION; }
  SECTION("http/1.1") { tls.alpn = "http/1.1"; }
  CHECK_FALSE(is_served(node, tls));
  CHECK(node.refuses(Refusal::tls_failed));
  CHECK(is_served(node, tls_as("")));
}

TEST_CASE("plain text on a TLS port is refused with those words") {
  Node node(client_config(false));
  RawClient client(node.client_port());
  CHECK_FALSE(client.greet().has_value());
  CHECK(node.refuses(Refusal::plain_on_tls));
  CHECK(node.log().has({"reason=plain_on_tls", "plain text on a TLS port"}));
  CHECK(is_served(node, tls_as("")));
}

TEST_CASE("a TLS handshake that never ends is closed at the deadline") {
  auto config = client_config(false);
  config.limits.handshake_deadline = milliseconds(300);
  Node node(config);
  RawClient client(node.client_port());
  client.send(ByteView("\x16\x03\x01", 3));
  CHECK(client.is_closed());
  CHECK(node.refuses(Refusal::handshake_timeout));
}

TEST_CASE("certificates that change are used without a restart, and unusable ones leave the old in force") {
  Files own;  // changed below
  auto config = config_of(1);
  config.client_tls = own.files("server", "");
  Node node(config);
  const auto served_by = [&](const std::string& authority) {
    RawTls tls;
    tls.ca_file = own.cert(authority);
    return is_served(node, tls);
  };
  REQUIRE(served_by("ca"));
  own.make("server", "other-ca", "server", here);
  node.on_loop([&] { node.transport().reload_certificates(); });
  CHECK(served_by("other-ca"));
  CHECK_FALSE(served_by("ca"));
  std::filesystem::resize_file(own.cert("server"), 10);
  node.on_loop([&] { node.transport().reload_certificates(); });
  CHECK(served_by("other-ca"));
  CHECK(node.counters().certificates_failed == 1);
  CHECK(node.log().has({"certificates not reloaded", "server.pem"}));
}

TEST_CASE("changed certificate files are noticed at a handshake, without being told") {
  Files own;
  auto config = config_of(1);
  config.client_tls = own.files("server", "");
  Node node(config);
  own.make("server", "other-ca", "server", here);
  RawTls tls;
  tls.ca_file = own.cert("other-ca");
  CHECK(node.wait_until([&] { return true; }));
  const auto until = std::chrono::steady_clock::now() + Node::patience;
  bool served = false;
  while (!served && std::chrono::steady_clock::now() < until) served = is_served(node, tls);
  CHECK(served);
}

TEST_CASE("certificate files that are missing or do not fit are named when the member starts") {
  RecordingLog log;
  auto config = config_of(1);
  config.client_tls = {"/nowhere/cert.pem", "/nowhere/key.pem", ""};
  auto opened = transport::Transport::open(config, log);
  REQUIRE_FALSE(opened.has_value());
  CHECK(opened.error().context.find("/nowhere/cert.pem") != std::string::npos);
  config.client_tls = {files().cert("server"), files().key("alice"), ""};
  opened = transport::Transport::open(config, log);
  REQUIRE_FALSE(opened.has_value());
  CHECK(opened.error().context.find("alice.key") != std::string::npos);
}

TEST_CASE("members with certificates of one authority that name their hosts connect") {
  Node one(peer_config(1, "n1"));
  Node two(peer_config(2, "n2"));
  const auto membership = membership_of({record_of(1, one.peer_port()), record_of(2, two.peer_port())});
  one.set_members(membership);
  two.set_members(membership);
  REQUIRE(one.next<engine::PeerConnected>().has_value());
  one.send(MemberId(2), engine::ReadIndexAsk{3});
  CHECK(two.next<engine::PeerSaid>().has_value());
  CHECK(
      transport::ask_peers(peer_config(2, "n2"),
                           std::vector<transport::ProbeTarget>{{MemberId(1), "n1", "127.0.0.1:" + std::to_string(one.peer_port())}},
                           seconds(10), one.log())
          .has_value());
}

TEST_CASE("a member whose certificate is of another authority, or names another host, gets no link in either direction") {
  const std::string certificate = GENERATE("stranger", "elsewhere");
  Node one(peer_config(1, "n1"));
  Node two(peer_config(2, certificate));
  const auto membership = membership_of({record_of(1, one.peer_port()), record_of(2, two.peer_port())});
  one.set_members(membership);
  two.set_members(membership);
  // Seen from the one it dialled, and from the one that dialled it.
  const Refusal refusal = certificate == "stranger" ? Refusal::tls_failed : Refusal::wrong_member;
  CHECK(one.refuses(refusal));
  CHECK(one.refuses(Refusal::tls_failed));
  CHECK(one.count<engine::PeerConnected>() == 0);
  CHECK(two.count<engine::PeerConnected>() == 0);
}

TEST_CASE("a member without TLS and a member with it do not connect") {
  Node one(peer_config(1, "n1"));
  Node two(config_of(2));
  const auto membership = membership_of({record_of(1, one.peer_port()), record_of(2, two.peer_port())});
  one.set_members(membership);
  two.set_members(membership);
  CHECK(one.refuses(Refusal::plain_on_tls));
  CHECK(two.refuses(Refusal::tls_on_plain));
  CHECK(one.count<engine::PeerConnected>() == 0);
}

TEST_CASE("a peer without a certificate is refused") {
  Node one(peer_config(1, "n1"));
  RawClient peer(one.peer_port());
  static_cast<void>(peer.start_tls(tls_as("")));
  CHECK(peer.is_closed());
  CHECK(one.refuses(Refusal::tls_failed));
}
