#pragma once

#include <utility>

#include "conclave/telemetry/meter.hpp"

namespace conclave::telemetry {

class Meter::MeteredLog final : public engine::LogStore {
 public:
  MeteredLog(Meter& meter, engine::LogStore& port) : meter_(meter), port_(port) {}
  void submit(raft::Write write) override {
    meter_.submitted(write);
    port_.submit(std::move(write));
  }
  void read(MemberId peer, Index from, std::size_t bytes_max) override { port_.read(peer, from, bytes_max); }
  void cut(raft::EntryId to) override { port_.cut(to); }

 private:
  Meter& meter_;
  engine::LogStore& port_;
};

class Meter::MeteredClients final : public engine::ClientLinks {
 public:
  MeteredClients(Meter& meter, engine::ClientLinks& port) : meter_(meter), port_(port) {}
  void reply(engine::ConnectionId connection, engine::RequestId request, const engine::ReplyHeader& header,
             const engine::ReplyBody& body) override {
    meter_.replied(connection, request, body);
    port_.reply(connection, request, header, body);
  }
  std::size_t push_events(engine::ConnectionId connection, std::span<const engine::WatchId> watches, Revision revision,
                          const Bytes& events, bool more) override {
    return port_.push_events(connection, watches, revision, events, more);
  }
  std::size_t push_bookmark(engine::ConnectionId connection, std::span<const engine::WatchId> watches, Revision revision) override {
    return port_.push_bookmark(connection, watches, revision);
  }
  void push_watch_ended(engine::ConnectionId connection, engine::WatchId watch, const engine::WatchEnded& why) override {
    port_.push_watch_ended(connection, watch, why);
  }
  void push_turn(engine::ConnectionId connection, engine::WatchId watch, const mvcc::TurnFired& turn) override {
    port_.push_turn(connection, watch, turn);
  }
  void push_leader_news(engine::ConnectionId connection, bool has_leader, MemberId leader) override {
    port_.push_leader_news(connection, has_leader, leader);
  }
  void close(engine::ConnectionId connection, const Error& why) override { port_.close(connection, why); }
  void flush() override { port_.flush(); }

 private:
  Meter& meter_;
  engine::ClientLinks& port_;
};

}  // namespace conclave::telemetry
