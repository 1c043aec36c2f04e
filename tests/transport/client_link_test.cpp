#include "conclave/test/catch.hpp"
#include "node.hpp"
#include "raw_client.hpp"

using namespace conclave;
using namespace conclave::test;
using protocol::FrameKind;
using transport::Refusal;

namespace {

engine::ConnectionId connected(Node& node) {
  const auto event = node.next<engine::ClientConnected>();
  REQUIRE(event.has_value());
  return event->connection;
}

/// What the engine hears when the client asks for the status.
engine::ClientAsked asked_by(Node& node, RawClient& client, std::uint64_t id) {
  client.send(status_ask(id));
  auto asked = node.next<engine::ClientAsked>();
  REQUIRE(asked.has_value());
  return std::move(*asked);
}

}  // namespace

TEST_CASE("a client's hello is answered with cluster, member and leader") {
  Node node(config_of(1));
  RawClient client(node.client_port());
  const auto hello = client.greet();
  REQUIRE(hello.has_value());
  CHECK(hello->cluster == ClusterId(42));
  CHECK(hello->member == MemberId(1));
  CHECK(hello->member_name == "n1");
  CHECK(hello->leader == MemberId(77));
  CHECK(connected(node).value() != 0);
}

TEST_CASE("a request reaches the engine and its reply goes back with the same id") {
  Node node(config_of(1));
  RawClient client(node.client_port());
  REQUIRE(client.greet());
  const auto asked = asked_by(node, client, 31);
  CHECK(asked.request == engine::RequestId(31));
  CHECK(std::holds_alternative<engine::StatusRequest>(asked.body));
  node.on_loop([&] { node.transport().clients().reply(asked.connection, asked.request, {}, engine::Acknowledged{}); });
  const auto reply = client.receive();
  REQUIRE(reply.has_value());
  CHECK(reply->kind == FrameKind::reply);
  CHECK(reply->id == 31);
}

TEST_CASE("what is flushed leaves before the pass ends") {
  Node node(config_of(1));
  RawClient client(node.client_port());
  REQUIRE(client.greet());
  const auto asked = asked_by(node, client, 31);
  std::optional<protocol::Frame> reply;
  node.on_loop([&] {
    node.transport().clients().reply(asked.connection, asked.request, {}, engine::Acknowledged{});
    node.transport().clients().flush();
    reply = client.receive();
  });
  REQUIRE(reply.has_value());
  CHECK(reply->id == 31);
}

TEST_CASE("frames that arrive in pieces or many at once are the same frames") {
  Node node(config_of(1));
  RawClient client(node.client_port());
  REQUIRE(client.greet());
  std::string many;
  for (std::uint64_t id = 1; id <= 50; ++id) many += status_ask(id).view();
  client.send(many);
  const std::string single(status_ask(51).view());
  for (const char byte : single) client.send(ByteView(&byte, 1));
  for (std::uint64_t id = 1; id <= 51; ++id) {
    const auto asked = node.next<engine::ClientAsked>();
    REQUIRE(asked.has_value());
    CHECK(asked->request == engine::RequestId(id));
  }
}

TEST_CASE("a client that expects another cluster is told so and nothing else happens") {
  Node node(config_of(1));
  RawClient client(node.client_port());
  protocol::ClientHello hello;
  hello.cluster = ClusterId(43);
  client.send(protocol::encode(hello));
  const auto frame = client.receive();
  REQUIRE(frame.has_value());
  REQUIRE(frame->kind == FrameKind::farewell);
  CHECK(protocol::decode_farewell(frame->payload)->code == Errc::wrong_cluster);
  CHECK(client.is_closed());
  CHECK(node.refuses(Refusal::wrong_cluster));
  CHECK(node.count<engine::ClientConnected>() == 0);
}

TEST_CASE("a client's end is told to the engine once") {
  Node node(config_of(1));
  engine::ConnectionId id;
  {
    RawClient client(node.client_port());
    REQUIRE(client.greet());
    id = connected(node);
  }
  const auto closed = node.next<engine::ClientClosed>();
  REQUIRE(closed.has_value());
  CHECK(closed->connection == id);
  CHECK(node.counters().client_connections == 0);
  CHECK(node.count<engine::ClientClosed>() == 0);
}

TEST_CASE("a ping is answered at once with its id") {
  Node node(config_of(1));
  RawClient client(node.client_port());
  REQUIRE(client.greet());
  client.send(protocol::encode_ping(9));
  const auto pong = client.receive();
  REQUIRE(pong.has_value());
  CHECK(pong->kind == FrameKind::pong);
  CHECK(pong->id == 9);
}

TEST_CASE("requests beyond the maximum in flight are refused as overloaded and the others go on") {
  auto config = config_of(1);
  config.limits.requests_in_flight_max = 2;
  Node node(config);
  RawClient client(node.client_port());
  REQUIRE(client.greet());
  for (std::uint64_t id = 1; id <= 3; ++id) client.send(put_request(id, "k", "v"));
  const auto refused = client.receive();
  REQUIRE(refused.has_value());
  CHECK(refused->id == 3);
  const auto first = node.next<engine::ClientAsked>();
  REQUIRE(first.has_value());
  node.on_loop([&] { node.transport().clients().reply(first->connection, first->request, {}, engine::Acknowledged{}); });
  CHECK(client.receive()->id == 1);
  client.send(put_request(4, "k", "v"));
  CHECK(node.next<engine::ClientAsked>()->request == engine::RequestId(2));
  CHECK(node.next<engine::ClientAsked>()->request == engine::RequestId(4));
  CHECK(node.counters().requests_overloaded == 1);
}

TEST_CASE("bytes of pushed events are given back when they have left") {
  Node node(config_of(1));
  RawClient client(node.client_port());
  REQUIRE(client.greet());
  const auto id = connected(node);
  const std::vector<engine::WatchId> watches{engine::WatchId(5)};
  std::size_t queued = 0;
  node.on_loop([&] {
    queued += node.transport().clients().push_events(id, watches, Revision(3), Bytes(std::string(100'000, 'e')), false);
    queued += node.transport().clients().push_bookmark(id, watches, Revision(3));
  });
  CHECK(queued > 100'000);
  std::size_t written = 0;
  while (written < queued) {
    const auto event = node.next<engine::ClientWritten>();
    REQUIRE(event.has_value());
    written += event->bytes;
  }
  CHECK(written == queued);
  CHECK(client.receive()->kind == FrameKind::events_push);
  CHECK(client.receive()->kind == FrameKind::bookmark_push);
}

TEST_CASE("a client that does not read is closed when its queue is full, and memory stays bounded") {
  auto config = config_of(1);
  config.limits.queued_bytes_max = 1 << 20;
  Node node(config);
  RawClient client(node.client_port());
  client.shrink_receive_buffer();
  REQUIRE(client.greet());
  const auto id = connected(node);
  const std::vector<engine::WatchId> watches{engine::WatchId(5)};
  std::size_t frames = 0;
  CHECK(node.wait_until([&] {
    for (int i = 0; i < 10; ++i, ++frames) {
      node.transport().clients().push_events(id, watches, Revision(3), Bytes(std::string(100'000, 'e')), false);
    }
    return node.transport().counters().refused_for(Refusal::slow) == 1;
  }));
  CHECK(frames * 100'000 < (64U << 20));  // the queue and what the system buffers
  CHECK(node.next<engine::ClientClosed>().has_value());
  CHECK(node.log().has({"link refused", "reason=slow", "port=client"}));
}

TEST_CASE("while much waits for a slow client its requests are not read, and go on when it reads") {
  auto config = config_of(1);
  config.limits.queued_bytes_pause = 1 << 20;
  Node node(config);
  RawClient client(node.client_port());
  REQUIRE(client.greet());
  const auto id = connected(node);
  const std::vector<engine::WatchId> watches{engine::WatchId(5)};
  constexpr int frames = 160;
  node.on_loop([&] {
    for (int i = 0; i < frames; ++i) {
      node.transport().clients().push_events(id, watches, Revision(3), Bytes(std::string(100'000, 'e')), false);
    }
  });
  for (std::uint64_t request = 1; request <= 20; ++request) client.send(status_ask(request));
  for (int i = 0; i < frames; ++i) REQUIRE(client.receive().has_value());
  for (std::uint64_t request = 1; request <= 20; ++request)
    CHECK(node.next<engine::ClientAsked>()->request == engine::RequestId(request));
}

TEST_CASE("a client that answers no ping is closed as half-open") {
  auto config = config_of(1);
  config.limits.client_ping_interval = milliseconds(100);
  config.limits.client_silence_max = milliseconds(400);
  Node node(config);
  RawClient client(node.client_port());
  REQUIRE(client.greet());
  CHECK(client.receive()->kind == FrameKind::ping);
  CHECK(node.refuses(Refusal::silent));
  CHECK(node.next<engine::ClientClosed>().has_value());
}

TEST_CASE("a client beyond the maximum of connections is told so") {
  auto config = config_of(1);
  config.limits.connections_max = 1;
  Node node(config);
  RawClient first(node.client_port());
  REQUIRE(first.greet());
  RawClient second(node.client_port());
  const auto frame = second.receive();
  REQUIRE(frame.has_value());
  CHECK(protocol::decode_farewell(frame->payload)->code == Errc::overloaded);
  CHECK(node.refuses(Refusal::too_many));
  first.send(status_ask(1));
  CHECK(node.next<engine::ClientAsked>().has_value());
}

TEST_CASE("at shutdown clients are told that the member shuts down") {
  auto node = std::make_unique<Node>(config_of(1));
  RawClient client(node->client_port());
  REQUIRE(client.greet());
  connected(*node);
  node.reset();
  const auto frame = client.receive();
  REQUIRE(frame.has_value());
  CHECK(protocol::decode_farewell(frame->payload)->code == Errc::shutting_down);
}
