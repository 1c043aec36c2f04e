#include "conclave/test/catch.hpp"
#include "conclave/transport/probe.hpp"
#include "node.hpp"
#include "raw_client.hpp"

using namespace conclave;
using namespace conclave::test;
using transport::Refusal;

namespace {

/// Two members that know each other.
struct Pair {
  Node one{config_of(1)};
  Node two{config_of(2)};

  [[nodiscard]] raft::Membership membership(std::uint64_t incarnation_one = 0, std::uint64_t incarnation_two = 0) const {
    return membership_of({record_of(1, one.peer_port(), incarnation_one), record_of(2, two.peer_port(), incarnation_two)});
  }
  void meet() {
    one.set_members(membership());
    two.set_members(membership());
    REQUIRE(one.next<engine::PeerConnected>().has_value());
    REQUIRE(two.next<engine::PeerConnected>().has_value());
  }
};

raft::SnapshotChunk chunk(std::size_t bytes) {
  raft::SnapshotChunk chunk;
  chunk.term = Term(3);
  chunk.meta.total_bytes = bytes;
  chunk.bytes = Bytes(std::string(bytes, 's'));
  chunk.done = true;
  return chunk;
}

protocol::PeerHello hello_of(std::uint64_t member, std::uint64_t incarnation) {
  protocol::PeerHello hello;
  hello.cluster = ClusterId(42);
  hello.token_hash = 4242;
  hello.member = MemberId(member);
  hello.incarnation = Incarnation(incarnation);
  hello.expected_member = MemberId(1);
  return hello;
}

}  // namespace

TEST_CASE("members that know each other connect both ways and learn each other's incarnation") {
  Pair pair;
  pair.one.set_members(pair.membership());
  pair.two.set_members(pair.membership());
  const auto at_one = pair.one.next<engine::PeerConnected>();
  const auto at_two = pair.two.next<engine::PeerConnected>();
  REQUIRE(at_one.has_value());
  REQUIRE(at_two.has_value());
  CHECK(at_one->peer == MemberId(2));
  CHECK(at_one->incarnation == Incarnation(1002));
  CHECK(at_two->incarnation == Incarnation(1001));
}

TEST_CASE("what one member sends the other hears, in both directions") {
  Pair pair;
  pair.meet();
  pair.one.send(MemberId(2), raft::Message(raft::Heartbeat{Term(4), Index(7), 9, raft::Stamp(11)}));
  const auto heard = pair.two.next<engine::PeerSaid>();
  REQUIRE(heard.has_value());
  CHECK(heard->from == MemberId(1));
  CHECK(std::get<raft::Heartbeat>(std::get<raft::Message>(heard->message)).commit == Index(7));
  pair.two.send(MemberId(1), engine::ReadIndexAsk{12});
  CHECK(std::get<engine::ReadIndexAsk>(pair.one.next<engine::PeerSaid>()->message).round == 12);
}

TEST_CASE("a snapshot chunk goes over a connection of its own, opened when it is needed") {
  Pair pair;
  pair.meet();
  pair.one.send(MemberId(2), raft::Message(chunk(256 * 1024)));
  const auto heard = pair.two.next<engine::PeerSaid>();
  REQUIRE(heard.has_value());
  CHECK(std::get<raft::SnapshotChunk>(std::get<raft::Message>(heard->message)).bytes.size() == 256 * 1024);
  CHECK(pair.one.counters().peer_links_opened == 2);
}

TEST_CASE("a heartbeat overtakes large messages that wait") {
  Pair pair;
  pair.meet();
  pair.one.on_loop([&] {
    for (int i = 0; i < 20; ++i)
      pair.one.transport().peers().send(MemberId(2), engine::Forward{1, {}, {}, false, Bytes(std::string(1 << 20, 'f'))});
    pair.one.transport().peers().send(MemberId(2), raft::Message(raft::Heartbeat{}));
  });
  std::size_t before = 0;
  while (true) {
    const auto heard = pair.two.next<engine::PeerSaid>();
    REQUIRE(heard.has_value());
    if (std::holds_alternative<raft::Message>(heard->message)) break;
    ++before;
  }
  CHECK(before < 20);
}

TEST_CASE("a peer that ends is reported as closed by the other side, and found again when it is back") {
  Node one(config_of(1));
  auto config = config_of(2);
  auto two = std::make_unique<Node>(config);
  config.listen_peer = "127.0.0.1:" + std::to_string(two->peer_port());
  const auto membership = membership_of({record_of(1, one.peer_port()), record_of(2, two->peer_port())});
  one.set_members(membership);
  two->set_members(membership);
  REQUIRE(one.next<engine::PeerConnected>().has_value());
  two.reset();
  const auto closed = one.next<engine::PeerClosed>();
  REQUIRE(closed.has_value());
  CHECK(closed->peer == MemberId(2));
  CHECK(closed->by_other_side);

  two = std::make_unique<Node>(config);
  two->set_members(membership);
  CHECK(one.next<engine::PeerConnected>().has_value());
}

TEST_CASE("a frame to a peer without a link is dropped and reported") {
  Node one(config_of(1));
  one.set_members(membership_of({record_of(1, one.peer_port()), record_of(2, 1)}));
  one.send(MemberId(2), engine::ReadIndexAsk{1});
  const auto unreachable = one.next<engine::PeerUnreachable>();
  REQUIRE(unreachable.has_value());
  CHECK(unreachable->peer == MemberId(2));
  CHECK(one.counters().peer_frames_dropped == 1);
}

TEST_CASE("frames beyond the queue of a peer are dropped and reported, and the link lives on") {
  Node one([] {
    auto config = config_of(1);
    config.limits.peer_queue_bytes_max = 1 << 20;
    return config;
  }());
  Node two(config_of(2));
  const auto membership = membership_of({record_of(1, one.peer_port()), record_of(2, two.peer_port())});
  one.set_members(membership);
  two.set_members(membership);
  REQUIRE(one.next<engine::PeerConnected>().has_value());
  one.on_loop([&] {
    for (int i = 0; i < 4; ++i)
      one.transport().peers().send(MemberId(2), engine::Forward{1, {}, {}, false, Bytes(std::string(600'000, 'f'))});
  });
  CHECK(one.next<engine::PeerUnreachable>().has_value());
  CHECK(two.next<engine::PeerSaid>().has_value());
  one.send(MemberId(2), engine::ReadIndexAsk{5});
  CHECK(std::holds_alternative<engine::ReadIndexAsk>(two.next<engine::PeerSaid>()->message));
}

TEST_CASE("strangers, other clusters and other data directories are refused") {
  Node one(config_of(1));
  one.set_members(membership_of({record_of(1, one.peer_port()), record_of(2, 1, 1002)}));
  RawClient peer(one.peer_port());
  SECTION("a member that the membership does not name") {
    peer.send(protocol::encode(hello_of(9, 1009)));
    CHECK(protocol::decode_farewell(peer.receive()->payload)->code == Errc::wrong_member);
    CHECK(one.refuses(Refusal::wrong_member));
  }
  SECTION("another cluster") {
    auto hello = hello_of(2, 1002);
    hello.cluster = ClusterId(1);
    peer.send(protocol::encode(hello));
    CHECK(protocol::decode_farewell(peer.receive()->payload)->code == Errc::wrong_cluster);
    CHECK(one.refuses(Refusal::wrong_cluster));
  }
  SECTION("a member that has another data directory is told which one is known") {
    peer.send(protocol::encode(hello_of(2, 5555)));
    const auto welcome = peer.receive();
    REQUIRE(welcome.has_value());
    REQUIRE(welcome->kind == protocol::FrameKind::peer_welcome);
    CHECK(protocol::decode_peer_welcome(welcome->payload)->known_incarnation == Incarnation(1002));
    CHECK(protocol::decode_farewell(peer.receive()->payload)->code == Errc::wrong_member);
    CHECK(one.refuses(Refusal::wrong_member));
  }
  SECTION("who looks for another member") {
    auto hello = hello_of(2, 1002);
    hello.expected_member = MemberId(3);
    peer.send(protocol::encode(hello));
    CHECK(one.refuses(Refusal::wrong_member));
  }
  CHECK(peer.is_closed());
  CHECK(one.count<engine::PeerSaid>() == 0);
}

TEST_CASE("a member that lost its data directory is told that it is disowned") {
  Pair pair;
  std::optional<Error> disowned;
  pair.two.on_loop([&] { pair.two.transport().on_disowned([&](const Error& why) { disowned = why; }); });
  pair.one.set_members(pair.membership(1001, 5555));
  pair.two.set_members(pair.membership(0, 0));
  CHECK(pair.two.wait_until([&] { return disowned.has_value(); }));
  CHECK(disowned->code == Errc::wrong_member);
}

TEST_CASE("a member that leaves the membership loses its links") {
  Pair pair;
  pair.meet();
  pair.one.set_members(membership_of({record_of(1, pair.one.peer_port())}));
  CHECK(pair.one.next<engine::PeerClosed>()->peer == MemberId(2));
  CHECK(pair.two.next<engine::PeerClosed>()->peer == MemberId(1));
  CHECK(pair.one.refuses(Refusal::wrong_member));
}

TEST_CASE("learning a peer's incarnation keeps its link") {
  Pair pair;
  pair.meet();
  pair.one.set_members(pair.membership(1001, 1002));
  pair.two.set_members(pair.membership(1001, 1002));
  pair.one.send(MemberId(2), engine::ReadIndexAsk{1});
  CHECK(pair.two.next<engine::PeerSaid>().has_value());
  CHECK(pair.one.count<engine::PeerClosed>() == 0);
}

TEST_CASE("a probe of an empty directory is refused if a peer has recorded another one, and only then") {
  Node one(config_of(1));
  RecordingLog log;
  const std::vector<transport::ProbeTarget> peers{{MemberId(1), "n1", "127.0.0.1:" + std::to_string(one.peer_port())}};
  auto two = config_of(2);

  one.set_members(membership_of({record_of(1, one.peer_port()), record_of(2, 1, 0)}));
  CHECK(transport::ask_peers(two, peers, seconds(10), log).has_value());

  one.set_members(membership_of({record_of(1, one.peer_port()), record_of(2, 1, 777)}));
  const auto verdict = transport::ask_peers(two, peers, seconds(10), log);
  REQUIRE_FALSE(verdict.has_value());
  CHECK(verdict.error().code == Errc::wrong_member);
  CHECK(verdict.error().context.find("n1") != std::string::npos);
}

TEST_CASE("a probe that nobody answers says nothing") {
  RecordingLog log;
  const std::vector<transport::ProbeTarget> peers{{MemberId(1), "n1", "127.0.0.1:1"}};
  CHECK(transport::ask_peers(config_of(2), peers, milliseconds(200), log).has_value());
}
