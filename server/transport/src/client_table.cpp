#include "client_table.hpp"

#include "conclave/protocol/handshake.hpp"

namespace conclave::transport {

using engine::ConnectionId;

void ClientTable::accept(asio::ip::tcp::socket socket) {
  ++hub_.counters.accepted;
  Stream stream(std::move(socket), tls_ == nullptr ? nullptr : tls_->accepting(Hub::now()));
  if (links_.size() >= hub_.config.limits.connections_max) {
    hub_.refused(Refusal::too_many, "client", stream.remote(), std::to_string(links_.size()) + " connections");
    if (tls_ == nullptr) {
      const Bytes farewell = protocol::encode_farewell({Errc::overloaded, "this member has too many connections"});
      const ByteView chunk = farewell.view();
      static_cast<void>(stream.write({&chunk, 1}));
    }
    return stream.close();
  }
  last_id_ = last_id_.next();
  auto link = std::make_shared<ClientLink>(hub_, *this, last_id_, std::move(stream));
  links_.emplace(last_id_, link);
  hub_.counters.client_connections = links_.size();
  link->start();
}

void ClientTable::forget(ConnectionId id) {
  links_.erase(id);
  hub_.counters.client_connections = links_.size();
}

void ClientTable::close_all(const Error& why) {
  std::vector<std::shared_ptr<ClientLink>> all;
  all.reserve(links_.size());
  for (const auto& [id, link] : links_) all.push_back(link);
  for (const auto& link : all) link->close(why);
}

std::shared_ptr<ClientLink> ClientTable::find(ConnectionId connection) const {
  const auto found = links_.find(connection);
  return found == links_.end() ? nullptr : found->second;
}

void ClientTable::reply(ConnectionId connection, engine::RequestId request, const engine::ReplyHeader& header,
                        const engine::ReplyBody& body) {
  if (const auto link = find(connection)) link->reply(request, header, body);
}

std::size_t ClientTable::push_events(ConnectionId connection, std::span<const engine::WatchId> watches, Revision revision,
                                     const Bytes& events, bool more) {
  const auto link = find(connection);
  return link == nullptr ? 0 : link->push(hub_.client_encoder.events_push(watches, revision, events, more), true);
}

std::size_t ClientTable::push_bookmark(ConnectionId connection, std::span<const engine::WatchId> watches, Revision revision) {
  const auto link = find(connection);
  return link == nullptr ? 0 : link->push({hub_.client_encoder.bookmark_push(watches, revision), {}}, true);
}

void ClientTable::push_watch_ended(ConnectionId connection, engine::WatchId watch, const engine::WatchEnded& why) {
  if (const auto link = find(connection)) link->push({hub_.client_encoder.watch_ended_push(watch, why), {}}, false);
}

void ClientTable::push_turn(ConnectionId connection, engine::WatchId watch, const mvcc::TurnFired& turn) {
  // Everybody behind waits for whoever has the turn, and nobody for the answers of this pass.
  if (const auto link = find(connection))
    link->push({hub_.client_encoder.turn_fired_push(watch, turn), {}}, false, Outbox::Order::turn);
}

void ClientTable::push_leader_news(ConnectionId connection, bool has_leader, MemberId leader) {
  if (const auto link = find(connection)) link->push({hub_.client_encoder.leader_news_push(has_leader, leader), {}}, false);
}

void ClientTable::flush() { hub_.flush_before_last(); }

void ClientTable::close(ConnectionId connection, const Error& why) {
  if (const auto link = find(connection)) link->close(why);
}

}  // namespace conclave::transport
