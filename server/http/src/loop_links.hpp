#pragma once

#include <asio/io_context.hpp>
#include <mutex>
#include <variant>
#include <vector>

#include "engine_link.hpp"

namespace conclave::gateway {

/// What the engine sees of HTTP clients. It runs on the loop thread and only queues; what is queued reaches the EngineLink, and
/// through it the streams, on the thread of the gateway. So a thousand clients that wait for one key cost the engine no socket and
/// no JSON.
class LoopLinks final : public engine::ClientLinks {
 public:
  /// `io` is the gateway's; both outlive this.
  LoopLinks(asio::io_context& io, EngineLink& link) : io_(io), link_(link) {}

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
  struct Answer {
    engine::RequestId request;
    engine::ReplyHeader header;
    engine::ReplyBody body;
  };
  struct Ended {
    engine::WatchId watch;
    engine::WatchEnded why;
  };
  struct LeaderNews {
    bool has_leader = false;
  };
  struct Turn {
    engine::WatchId watch;
    mvcc::TurnFired fired;
  };
  using News = std::variant<Answer, PushedEvents, PushedBookmark, Ended, LeaderNews, Turn>;
  struct Told {
    engine::ConnectionId connection;
    News news;
  };

  void tell(engine::ConnectionId connection, News news);
  /// On the gateway's thread.
  void drain();
  void hand_on(const Told& told);

  asio::io_context& io_;
  EngineLink& link_;
  std::mutex mutex_;
  std::vector<Told> queued_;  // guarded by mutex_; not empty: a drain is on its way
};

}  // namespace conclave::gateway
