#pragma once

#include <absl/container/flat_hash_map.h>

#include <asio/ip/tcp.hpp>
#include <memory>

#include "client_link.hpp"
#include "conclave/engine/ports.hpp"
#include "hub.hpp"
#include "tls.hpp"

namespace conclave::transport {

/// The client connections of this member: the engine's way to them. Loop thread only.
class ClientTable final : public engine::ClientLinks {
 public:
  /// `tls` may be empty; it outlives the table.
  ClientTable(Hub& hub, TlsSide* tls) : hub_(hub), tls_(tls) {}

  void accept(asio::ip::tcp::socket socket);
  void close_all(const Error& why);
  void forget(engine::ConnectionId id);

  void reply(engine::ConnectionId connection, engine::RequestId request, const engine::ReplyHeader& header,
             const engine::ReplyBody& body) override;
  std::size_t push_events(engine::ConnectionId connection, std::span<const engine::WatchId> watches, Revision revision,
                          const Bytes& events, bool more) override;
  std::size_t push_bookmark(engine::ConnectionId connection, std::span<const engine::WatchId> watches, Revision revision) override;
  void push_watch_ended(engine::ConnectionId connection, engine::WatchId watch, const engine::WatchEnded& why) override;
  void push_turn(engine::ConnectionId connection, engine::WatchId watch, const mvcc::TurnFired& turn) override;
  void push_leader_news(engine::ConnectionId connection, bool has_leader, MemberId leader) override;
  void close(engine::ConnectionId connection, const Error& why) override;
  void flush() override;

 private:
  [[nodiscard]] std::shared_ptr<ClientLink> find(engine::ConnectionId connection) const;

  Hub& hub_;
  TlsSide* tls_;
  engine::ConnectionId last_id_;
  absl::flat_hash_map<engine::ConnectionId, std::shared_ptr<ClientLink>> links_;
};

}  // namespace conclave::transport
