#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include "conclave/engine/event.hpp"
#include "conclave/engine/ports.hpp"

namespace conclave::gateway {

/// What a stream of its own is told by the engine. Called from within the engine's pass: it only queues.
class StreamSink {
 public:
  virtual ~StreamSink() = default;
  virtual void on_reply(engine::RequestId request, const engine::ReplyHeader& header, const engine::ReplyBody& body) = 0;
  /// Gives the bytes queued, which written() later gives back.
  virtual std::size_t on_events(std::span<const engine::WatchId> watches, Revision revision, const Bytes& events, bool more) = 0;
  virtual std::size_t on_bookmark(std::span<const engine::WatchId> watches, Revision revision) = 0;
  virtual void on_watch_ended(engine::WatchId watch, const engine::WatchEnded& why) = 0;
  virtual void on_leader_news(bool has_leader) = 0;
};

/// Requests of HTTP clients on their way to the engine, and its answers on their way back: to the engine they are connections like
/// those of the binary protocol, numbered from a range of their own. Requests that have one answer share a connection for each
/// identity; a stream has its own. Loop thread only.
class EngineLink final : public engine::ClientLinks {
 public:
  using Deliver = std::function<void(engine::Event)>;
  using Done = std::function<void(const engine::ReplyHeader&, const engine::ReplyBody&)>;
  using Make = std::function<engine::ClientBody()>;

  /// `deliver` hands events to the engine for its next pass.
  explicit EngineLink(Deliver deliver) : deliver_(std::move(deliver)) {}

  /// Whether the connection is one of these.
  [[nodiscard]] static bool owns(engine::ConnectionId connection) { return connection.value() >= first_connection; }

  /// Asks once; `done` is called exactly once, later, unless the process ends.
  void ask(const std::string& identity, engine::ClientBody body, Done done);
  /// Asks again, with what `make` gives, when nothing happened because there was no leader or another than thought: an election
  /// is waited for as long as clients of etcd expect.
  void ask_patiently(const std::string& identity, Make make, Done done);

  [[nodiscard]] engine::ConnectionId open(const std::string& identity, StreamSink& sink);
  void ask_on(engine::ConnectionId stream, engine::RequestId request, engine::ClientBody body);
  void written(engine::ConnectionId stream, std::size_t bytes);
  void close(engine::ConnectionId stream);

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
  static constexpr std::uint64_t first_connection = 1ULL << 63U;
  struct Shared {
    engine::ConnectionId connection;
    std::size_t waiting = 0;
  };
  struct Waiting {
    Shared* shared = nullptr;
    Done done;
  };

  [[nodiscard]] engine::ConnectionId connect(const std::string& identity);
  [[nodiscard]] Shared& shared_of(const std::string& identity);
  [[nodiscard]] StreamSink* sink_of(engine::ConnectionId connection) const;
  void try_again(const std::string& identity, Make make, Done done, int tries_left);

  Deliver deliver_;
  engine::ConnectionId last_connection_{first_connection};
  engine::RequestId last_request_;
  std::map<std::string, Shared> shared_;
  std::unordered_map<engine::RequestId, Waiting> waiting_;
  std::unordered_map<engine::ConnectionId, StreamSink*> streams_;
};

}  // namespace conclave::gateway
