#include "conclave/protocol/handshake.hpp"

#include "conclave/base/prng.hpp"
#include "conclave/protocol/frame.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::protocol;

namespace {

Bytes payload_of(const Bytes& frame) { return Bytes::copy_of(frame.view().substr(frame_header_bytes)); }

ClientHello client_hello() {
  ClientHello hello;
  hello.cluster = ClusterId(11);
  hello.member = MemberId(2);
  hello.name = "locksmith";
  return hello;
}
PeerHello peer_hello() {
  PeerHello hello;
  hello.cluster = ClusterId(11);
  hello.token_hash = 500;
  hello.member = MemberId(1);
  hello.incarnation = Incarnation(101);
  hello.expected_member = MemberId(2);
  hello.known_incarnation = Incarnation(202);
  hello.machine_version_max = MachineVersion(1);
  hello.has_entries = true;
  return hello;
}
OwnIdentity self() { return {ClusterId(11), 500, MemberId(2), Incarnation(202)}; }
PeerWelcome welcome() {
  PeerWelcome welcome;
  welcome.cluster = ClusterId(11);
  welcome.token_hash = 500;
  welcome.member = MemberId(2);
  welcome.incarnation = Incarnation(202);
  welcome.known_incarnation = Incarnation(101);
  welcome.machine_version_max = MachineVersion(1);
  return welcome;
}

}  // namespace

TEST_CASE("hellos come back as they were sent") {
  const ClientHello client = client_hello();
  CHECK(decode_client_hello(payload_of(encode(client))) == client);
  ServerHello server;
  server.cluster = ClusterId(11);
  server.member = MemberId(2);
  server.member_name = "b";
  server.leader = MemberId(3);
  server.machine_version = MachineVersion(1);
  CHECK(decode_server_hello(payload_of(encode(server))) == server);
  const PeerHello peer = peer_hello();
  CHECK(decode_peer_hello(payload_of(encode(peer))) == peer);
  PeerWelcome answer = welcome();
  answer.has_entries = true;
  CHECK(decode_peer_welcome(payload_of(encode(answer))) == answer);
  const Error why{Errc::wrong_cluster, "this is another cluster"};
  CHECK(decode_farewell(payload_of(encode_farewell(why))) == why);
}

TEST_CASE("a hello to the wrong port is told so") {
  CHECK(decode_client_hello(payload_of(encode(peer_hello()))).error().code == Errc::version_mismatch);
  CHECK_FALSE(decode_peer_hello(payload_of(encode(client_hello()))).has_value());
}

TEST_CASE("a client that reached another cluster or member is refused") {
  CHECK(judge(client_hello(), self()).has_value());
  ClientHello other = client_hello();
  other.cluster = ClusterId(12);
  CHECK(judge(other, self()).error().code == Errc::wrong_cluster);
  other = client_hello();
  other.member = MemberId(3);
  CHECK(judge(other, self()).error().code == Errc::wrong_member);
  other = ClientHello{};
  CHECK(judge(other, self()).has_value());
}

TEST_CASE("versions without overlap are refused, and the greatest common one is chosen") {
  CHECK(choose_version(version_min, version_max) == version_max);
  CHECK(choose_version(0, 60'000) == version_max);
  CHECK(choose_version(version_max + 1, version_max + 5).error().code == Errc::version_mismatch);
  CHECK(choose_version(0, 0).error().code == Errc::version_mismatch);
  CHECK(choose_version(5, 4).error().code == Errc::malformed);
}

TEST_CASE("a peer of another token, cluster, member or data directory is refused") {
  CHECK(judge(peer_hello(), self(), Incarnation(101)).has_value());
  CHECK(judge(peer_hello(), self(), Incarnation()).has_value());
  CHECK(judge(peer_hello(), self(), Incarnation(999)).error().code == Errc::wrong_member);

  const auto refused = [](auto change) {
    PeerHello hello = peer_hello();
    change(hello);
    const auto verdict = judge(hello, self(), Incarnation(101));
    REQUIRE_FALSE(verdict.has_value());
    return verdict.error().code;
  };
  CHECK(refused([](PeerHello& hello) { hello.token_hash = 1; }) == Errc::wrong_cluster);
  CHECK(refused([](PeerHello& hello) { hello.cluster = ClusterId(1); }) == Errc::wrong_cluster);
  CHECK(refused([](PeerHello& hello) { hello.cluster = ClusterId(); }) == Errc::wrong_cluster);
  CHECK(refused([](PeerHello& hello) { hello.expected_member = MemberId(9); }) == Errc::wrong_member);
  CHECK(refused([](PeerHello& hello) { hello.member = MemberId(2); }) == Errc::wrong_member);
  CHECK(refused([](PeerHello& hello) { hello.known_incarnation = Incarnation(9); }) == Errc::wrong_member);
  CHECK(refused([](PeerHello& hello) { hello.incarnation = Incarnation(9); }) == Errc::wrong_member);
}

TEST_CASE("a probe from an empty data directory gets its answer although another one is recorded") {
  PeerHello probe = peer_hello();
  probe.probe = true;
  probe.cluster = ClusterId();
  probe.incarnation = Incarnation(7777);
  probe.known_incarnation = Incarnation();
  CHECK(judge(probe, self(), Incarnation(101)).has_value());
}

TEST_CASE("the connecting member refuses an answer from somebody else") {
  CHECK(judge(welcome(), peer_hello()).has_value());
  const auto refused = [](auto change) {
    PeerWelcome answer = welcome();
    change(answer);
    const auto verdict = judge(answer, peer_hello());
    REQUIRE_FALSE(verdict.has_value());
    return verdict.error().code;
  };
  CHECK(refused([](PeerWelcome& answer) { answer.token_hash = 1; }) == Errc::wrong_cluster);
  CHECK(refused([](PeerWelcome& answer) { answer.cluster = ClusterId(1); }) == Errc::wrong_cluster);
  CHECK(refused([](PeerWelcome& answer) { answer.member = MemberId(3); }) == Errc::wrong_member);
  CHECK(refused([](PeerWelcome& answer) { answer.incarnation = Incarnation(3); }) == Errc::wrong_member);
  CHECK(refused([](PeerWelcome& answer) { answer.known_incarnation = Incarnation(3); }) == Errc::wrong_member);
}

TEST_CASE("damaged hellos are refused or read, never worse") {
  const std::vector<Bytes> hellos = {payload_of(encode(client_hello())), payload_of(encode(ServerHello{})),
                                     payload_of(encode(peer_hello())), payload_of(encode(welcome())),
                                     payload_of(encode_farewell({Errc::fenced, "text"}))};
  Prng prng(5);
  for (const Bytes& hello : hellos) {
    for (int round = 0; round < 3000; ++round) {
      std::string bytes(hello.view());
      for (std::uint64_t flips = prng.between(1, 4); flips > 0; --flips) {
        bytes[prng.below(bytes.size())] ^= static_cast<char>(1U << prng.below(8));
      }
      if (prng.chance(1, 3)) bytes.resize(prng.below(bytes.size()));
      const Bytes damaged(std::move(bytes));
      (void)decode_client_hello(damaged);
      (void)decode_server_hello(damaged);
      (void)decode_peer_hello(damaged);
      (void)decode_peer_welcome(damaged);
      (void)decode_farewell(damaged);
    }
  }
}
