#include "engine/client_door.hpp"

#include <algorithm>

#include "engine/engine_node.hpp"
#include "engine/sim_client.hpp"

namespace conclave::sim {
namespace {

std::string bytes_of(const protocol::OutFrame& frame) {
  std::string bytes(frame.head.view());
  for (const auto& part : frame.tail) bytes += part.view();
  return bytes;
}

}  // namespace

engine::ConnectionId ClientDoor::accept(Endpoint client, std::uint64_t link) {
  const engine::ConnectionId id(++shared_.connections);
  Connection& connection = connections_[id];
  connection.client = client;
  connection.link = link;
  connection.parser = std::make_unique<protocol::FrameParser>(protocol::request_bytes_max);
  return id;
}

void ClientDoor::receive(engine::ConnectionId id, const std::string& bytes) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  Connection& connection = found->second;
  if (node_.is_paused()) {
    connection.unread += bytes;
    return;
  }
  std::size_t fed = 0;
  while (fed < bytes.size()) {
    const auto space = connection.parser->space();
    const std::size_t count = std::min(space.size(), bytes.size() - fed);
    std::copy_n(bytes.data() + fed, count, space.data());
    connection.parser->received(count);
    fed += count;
    while (true) {
      auto frame = connection.parser->next();
      require(frame.has_value(), [&] { return "a client's frames do not parse: " + frame.error().message(); });
      if (!*frame) break;
      handle(id, connection, **frame);
      if (!connections_.contains(id)) return;
    }
  }
}

void ClientDoor::greet(engine::ConnectionId id, Connection& connection, const protocol::Frame& frame) {
  const auto hello = protocol::decode_client_hello(frame.payload);
  require(hello.has_value() && protocol::judge(*hello, {shared_.cluster, 0, node_.id(), node_.config().incarnation}).has_value(),
          [] { return std::string("a client's hello is not good"); });
  connection.greeted = true;
  protocol::ServerHello welcome;
  welcome.cluster = shared_.cluster;
  welcome.member = node_.id();
  welcome.member_name = node_.config().name;
  welcome.leader = node_.engine()->core().leader().value_or(MemberId());
  welcome.machine_version = mvcc::machine_version_max;
  (void)send(id, std::string(protocol::encode(welcome).view()), false);
  node_.deliver(engine::ClientConnected{id, {}});
}

void ClientDoor::handle(engine::ConnectionId id, Connection& connection, const protocol::Frame& frame) {
  if (!connection.greeted) return greet(id, connection, frame);
  if (frame.kind == protocol::FrameKind::ping) {
    (void)send(id, std::string(protocol::encode_pong(frame.id).view()), false);
    return;
  }
  auto body = codec::decode_request(frame.kind, frame.payload, node_.config().machine.limits);
  if (!body) {
    reply(id, engine::RequestId(frame.id), {node_.id(), MemberId(), Term(), Revision()},
          mvcc::Refused{body.error().code, body.error().context, Revision()});
    return;
  }
  node_.deliver(engine::ClientAsked{id, engine::RequestId(frame.id), std::move(*body)});
}

void ClientDoor::lost(engine::ConnectionId id) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  const bool greeted = found->second.greeted;
  connections_.erase(found);
  if (greeted) node_.deliver(engine::ClientClosed{id});
}

void ClientDoor::process_ended() {
  for (const auto& [id, connection] : connections_) {
    if (shared_.network.is_cut(node_.id().value(), connection.client)) continue;  // found out by silence
    shared_.world.after(prng_.between(microseconds(50), milliseconds(3)), "reset",
                        [this, client = connection.client, link = connection.link] { shared_.clients.at(client)->lost(link); });
  }
  connections_.clear();
}

void ClientDoor::process_resumed() {
  std::vector<std::pair<engine::ConnectionId, std::string>> waiting;
  for (auto& [id, connection] : connections_)
    if (!connection.unread.empty()) waiting.emplace_back(id, std::exchange(connection.unread, {}));
  for (const auto& [id, bytes] : waiting) receive(id, bytes);
}

std::size_t ClientDoor::send(engine::ConnectionId id, std::string bytes, bool counted) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return 0;
  const std::size_t size = bytes.size();
  const auto [client, link] = std::pair(found->second.client, found->second.link);
  // Streams have two directions; even numbers are this one.
  shared_.network.send_stream(
      id.value() * 2, node_.id().value(), client,
      [this, id, client = client, link = link, counted, frame = std::move(bytes)] {
        if (counted) node_.deliver(engine::ClientWritten{id, frame.size()});
        shared_.clients.at(client)->receive(link, frame);
      },
      [this, id, client = client, link = link] {
        lost(id);
        shared_.clients.at(client)->lost(link);
      });
  return size;
}

void ClientDoor::reply(engine::ConnectionId connection, engine::RequestId request, const engine::ReplyHeader& header,
                       const engine::ReplyBody& body) {
  (void)send(connection, std::string(encoder_.reply(request, header, body).view()), false);
}

std::size_t ClientDoor::push_events(engine::ConnectionId connection, std::span<const engine::WatchId> watches, Revision revision,
                                    const Bytes& events, bool more) {
  return send(connection, bytes_of(encoder_.events_push(watches, revision, events, more)), true);
}

std::size_t ClientDoor::push_bookmark(engine::ConnectionId connection, std::span<const engine::WatchId> watches,
                                      Revision revision) {
  return send(connection, std::string(encoder_.bookmark_push(watches, revision).view()), true);
}

void ClientDoor::push_watch_ended(engine::ConnectionId connection, engine::WatchId watch, const engine::WatchEnded& why) {
  (void)send(connection, std::string(encoder_.watch_ended_push(watch, why).view()), false);
}

void ClientDoor::push_turn(engine::ConnectionId connection, engine::WatchId watch, const mvcc::TurnFired& turn) {
  (void)send(connection, std::string(encoder_.turn_fired_push(watch, turn).view()), false);
}

void ClientDoor::push_leader_news(engine::ConnectionId connection, bool has_leader, MemberId leader) {
  (void)send(connection, std::string(encoder_.leader_news_push(has_leader, leader).view()), false);
}

void ClientDoor::close(engine::ConnectionId connection, const Error&) {
  const auto found = connections_.find(connection);
  if (found == connections_.end()) return;
  shared_.world.after(milliseconds(1), "close",
                      [this, client = found->second.client, link = found->second.link] { shared_.clients.at(client)->lost(link); });
  lost(connection);
}

}  // namespace conclave::sim
