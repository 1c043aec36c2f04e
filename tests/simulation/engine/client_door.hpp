#pragma once

#include <map>
#include <memory>
#include <string>

#include "conclave/codec/client_codec.hpp"
#include "conclave/engine/engine.hpp"
#include "conclave/protocol/handshake.hpp"
#include "engine/engine_world.hpp"

namespace conclave::sim {

/// The member's side of its clients' connections: handshake, frames, pings, as the transport does them; and the port through which
/// the engine answers. Bytes travel on streams of the simulated network.
class ClientDoor final : public engine::ClientLinks {
 public:
  ClientDoor(EngineWorld& shared, EngineNode& node) : shared_(shared), node_(node), prng_(shared.world.stream(7)) {}

  /// A connection is made by the client at `client`, which calls it `link`.
  engine::ConnectionId accept(Endpoint client, std::uint64_t link);
  /// Bytes of the client arrive. A process that is stopped reads them when it goes on.
  void receive(engine::ConnectionId id, const std::string& bytes);
  /// The client closed it, or the network lost it.
  void lost(engine::ConnectionId id);
  /// The process ended.
  void process_ended();
  /// The process goes on after a pause.
  void process_resumed();

  // engine::ClientLinks
  void reply(engine::ConnectionId connection, engine::RequestId request, const engine::ReplyHeader& header,
             const engine::ReplyBody& body) override;
  std::size_t push_events(engine::ConnectionId connection, std::span<const engine::WatchId> watches, Revision revision,
                          const Bytes& events, bool more) override;
  std::size_t push_bookmark(engine::ConnectionId connection, std::span<const engine::WatchId> watches, Revision revision) override;
  void push_watch_ended(engine::ConnectionId connection, engine::WatchId watch, const engine::WatchEnded& why) override;
  void push_turn(engine::ConnectionId connection, engine::WatchId watch, const mvcc::TurnFired& turn) override;
  void push_leader_news(engine::ConnectionId connection, bool has_leader, MemberId leader) override;
  void close(engine::ConnectionId connection, const Error& why) override;

 private:
  struct Connection {
    Endpoint client = 0;
    std::uint64_t link = 0;
    bool greeted = false;
    std::unique_ptr<protocol::FrameParser> parser;
    std::string unread;
  };
  void handle(engine::ConnectionId id, Connection& connection, const protocol::Frame& frame);
  void greet(engine::ConnectionId id, Connection& connection, const protocol::Frame& frame);
  std::size_t send(engine::ConnectionId id, std::string bytes, bool counted);

  EngineWorld& shared_;
  EngineNode& node_;
  Prng prng_;
  codec::ClientEncoder encoder_;
  std::map<engine::ConnectionId, Connection> connections_;
};

}  // namespace conclave::sim
