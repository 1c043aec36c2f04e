#include <cstring>

#include "conclave/base/prng.hpp"
#include "conclave/test/catch.hpp"
#include "node.hpp"
#include "raw_client.hpp"

using namespace conclave;
using namespace conclave::test;
using transport::Refusal;

namespace {

std::string random_bytes(std::size_t count, std::uint64_t seed) {
  Prng prng(seed);
  std::string bytes(count, '\0');
  for (char& byte : bytes) byte = static_cast<char>(prng.below(256));
  return bytes;
}

/// A header that claims `length` bytes of payload.
std::string header(std::uint32_t length, protocol::FrameKind kind) {
  std::string bytes(protocol::frame_header_bytes, '\0');
  for (std::size_t i = 0; i < 4; ++i) bytes[i] = static_cast<char>((length >> (8 * i)) & 0xff);
  bytes[4] = static_cast<char>(kind);
  return bytes;
}

void still_serves(Node& node) {
  RawClient client(node.client_port());
  REQUIRE(client.greet().has_value());
  client.send(status_ask(1));
  CHECK(node.next<engine::ClientAsked>().has_value());
}

std::uint64_t refusals(Node& node) {
  std::uint64_t all = 0;
  for (const std::uint64_t count : node.counters().refused) all += count;
  return all;
}

}  // namespace

TEST_CASE("a mebibyte of random bytes is refused with a line, on both ports, and the member serves on") {
  Node node(config_of(1));
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const std::uint64_t before = refusals(node);
    const bool for_peers = seed % 2 == 0;
    RawClient client(for_peers ? node.peer_port() : node.client_port());
    client.send(random_bytes(1 << 20, seed));
    client.end();
    CHECK(client.is_closed());
    CHECK(node.wait_until([&] {
      std::uint64_t all = 0;
      for (const std::uint64_t count : node.transport().counters().refused) all += count;
      return all == before + 1;
    }));
    CHECK(node.log().has({"link refused", for_peers ? "port=peer" : "port=client"}));
  }
  still_serves(node);
}

TEST_CASE("a frame that claims 4 GiB is refused before anything is allocated for it") {
  Node node(config_of(1));
  SECTION("as the first frame") {
    RawClient client(node.client_port());
    client.send(header(0xffffffff, protocol::FrameKind::client_hello));
    CHECK(client.is_closed());
  }
  SECTION("after a proper hello") {
    RawClient client(node.client_port());
    REQUIRE(client.greet());
    client.send(header(0xffffffff, protocol::FrameKind::write));
    CHECK(protocol::decode_farewell(client.receive()->payload)->code == Errc::too_large);
    CHECK(client.is_closed());
    CHECK(node.next<engine::ClientClosed>().has_value());
  }
  SECTION("on the port for members") {
    RawClient client(node.peer_port());
    client.send(header(0xffffffff, protocol::FrameKind::peer_hello));
    CHECK(client.is_closed());
  }
  CHECK(node.refuses(Refusal::too_large));
  CHECK(node.log().has({"link refused", "reason=too_large", "4294967295"}));
  still_serves(node);
}

TEST_CASE("a frame that is cut is counted and logged") {
  Node node(config_of(1));
  RawClient client(node.client_port());
  REQUIRE(client.greet());
  const std::string whole(status_ask(1).view());
  client.send(ByteView(whole).substr(0, whole.size() - 3));
  client.end();
  CHECK(client.is_closed());
  CHECK(node.refuses(Refusal::cut_frame));
  CHECK(node.log().has({"reason=cut_frame"}));
  CHECK(node.count<engine::ClientAsked>() == 0);
  still_serves(node);
}

TEST_CASE("TLS on a port without TLS is refused with those words") {
  Node node(config_of(1));
  RawClient client(node.client_port());
  CHECK_FALSE(client.start_tls({}));
  CHECK(node.refuses(Refusal::tls_on_plain));
  CHECK(node.log().has({"reason=tls_on_plain", "TLS on a port without TLS"}));
  still_serves(node);
}

TEST_CASE("a frame out of place is refused") {
  Node node(config_of(1));
  SECTION("a request before the hello") {
    RawClient client(node.client_port());
    client.send(status_ask(1));
    CHECK(client.is_closed());
  }
  SECTION("a second hello") {
    RawClient client(node.client_port());
    REQUIRE(client.greet());
    CHECK_FALSE(client.greet().has_value());
  }
  SECTION("a request number that is in flight") {
    RawClient client(node.client_port());
    REQUIRE(client.greet());
    client.send(put_request(1, "a", "b"));
    client.send(put_request(1, "a", "b"));
    CHECK(client.is_closed());
  }
  SECTION("a payload that is no request") {
    RawClient client(node.client_port());
    REQUIRE(client.greet());
    client.send(protocol::make_frame(protocol::FrameKind::write, 1, "this is no FlatBuffer at all"));
    CHECK(client.is_closed());
  }
  SECTION("a client's hello on the port for members") {
    RawClient client(node.peer_port());
    client.send(protocol::encode(protocol::ClientHello{}));
    CHECK(client.is_closed());
  }
  CHECK(node.refuses(Refusal::malformed));
  still_serves(node);
}

TEST_CASE("who says nothing is closed at the handshake deadline") {
  auto config = config_of(1);
  config.limits.handshake_deadline = milliseconds(300);
  Node node(config);
  RawClient client(node.client_port());
  RawClient peer(node.peer_port());
  CHECK(client.is_closed());
  CHECK(peer.is_closed());
  CHECK(node.wait_until([&] { return node.transport().counters().refused_for(Refusal::handshake_timeout) == 2; }));
  still_serves(node);
}
