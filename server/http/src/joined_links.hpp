#pragma once

#include "engine_link.hpp"

namespace conclave::gateway {

/// The engine's one way to clients where there are two kinds of them.
class JoinedLinks final : public engine::ClientLinks {
 public:
  JoinedLinks(engine::ClientLinks& http, engine::ClientLinks& others) : http_(http), others_(others) {}

  void reply(engine::ConnectionId connection, engine::RequestId request, const engine::ReplyHeader& header,
             const engine::ReplyBody& body) override {
    to(connection).reply(connection, request, header, body);
  }
  std::size_t push_events(engine::ConnectionId connection, std::span<const engine::WatchId> watches, Revision revision,
                          const Bytes& events, bool more) override {
    return to(connection).push_events(connection, watches, revision, events, more);
  }
  std::size_t push_bookmark(engine::ConnectionId connection, std::span<const engine::WatchId> watches, Revision revision) override {
    return to(connection).push_bookmark(connection, watches, revision);
  }
  void push_watch_ended(engine::ConnectionId connection, engine::WatchId watch, const engine::WatchEnded& why) override {
    to(connection).push_watch_ended(connection, watch, why);
  }
  void push_turn(engine::ConnectionId connection, engine::WatchId watch, const mvcc::TurnFired& turn) override {
    to(connection).push_turn(connection, watch, turn);
  }
  void push_leader_news(engine::ConnectionId connection, bool has_leader, MemberId leader) override {
    to(connection).push_leader_news(connection, has_leader, leader);
  }
  void close(engine::ConnectionId connection, const Error& why) override { to(connection).close(connection, why); }
  void flush() override {
    http_.flush();
    others_.flush();
  }

 private:
  [[nodiscard]] engine::ClientLinks& to(engine::ConnectionId connection) {
    if (EngineLink::owns(connection)) return http_;
    return others_;
  }

  engine::ClientLinks& http_;
  engine::ClientLinks& others_;
};

}  // namespace conclave::gateway
