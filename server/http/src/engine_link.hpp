#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "conclave/engine/event.hpp"
#include "conclave/engine/ports.hpp"

namespace conclave::gateway {

/// Events of one revision for watches of one stream.
struct PushedEvents {
  std::vector<engine::WatchId> watches;
  Revision revision;
  Bytes events;
  bool more = false;       ///< further ones of the same revision follow
  std::size_t credit = 0;  ///< what EngineLink::written gives back when they have left for the network
};

/// News of the store's revision for watches of one stream.
struct PushedBookmark {
  std::vector<engine::WatchId> watches;
  Revision revision;
  std::size_t credit = 0;  ///< as above
};

/// What a stream of its own is told by the engine.
class StreamSink {
 public:
  virtual ~StreamSink() = default;
  virtual void on_reply(engine::RequestId request, const engine::ReplyHeader& header, const engine::ReplyBody& body) = 0;
  virtual void on_events(const PushedEvents& pushed) = 0;
  virtual void on_bookmark(const PushedBookmark& pushed) = 0;
  virtual void on_watch_ended(engine::WatchId watch, const engine::WatchEnded& why) = 0;
  virtual void on_leader_news(bool has_leader) = 0;
  virtual void on_turn(engine::WatchId watch, const mvcc::TurnFired& turn) { static_cast<void>(watch), static_cast<void>(turn); }
};

/// Requests of HTTP clients on their way to the engine, and its answers on their way back: to the engine they are connections like
/// those of the binary protocol, numbered from a range of their own. Requests that have one answer share a connection for each
/// identity; a stream has its own. On the thread of the gateway only; LoopLinks is what the engine sees of it.
class EngineLink {
 public:
  using Deliver = std::function<void(engine::Event)>;
  using Done = std::function<void(const engine::ReplyHeader&, const engine::ReplyBody&)>;
  using Make = std::function<engine::ClientBody()>;

  /// `deliver` hands events to the engine, on whatever thread that runs.
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
  /// Credit of what was pushed to a stream and has left for the network.
  void written(engine::ConnectionId stream, std::size_t credit);
  void close(engine::ConnectionId stream);

  /// Of the last answer: who leads, and how far this member was.
  [[nodiscard]] const engine::ReplyHeader& last_header() const { return last_header_; }

  void on_reply(engine::ConnectionId connection, engine::RequestId request, const engine::ReplyHeader& header,
                const engine::ReplyBody& body);
  /// Where the news for a stream go; null: it is gone.
  [[nodiscard]] StreamSink* sink_of(engine::ConnectionId connection) const;

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
  void try_again(const std::string& identity, Make make, Done done, int tries_left);

  Deliver deliver_;
  engine::ConnectionId last_connection_{first_connection};
  engine::RequestId last_request_;
  engine::ReplyHeader last_header_;
  std::map<std::string, Shared> shared_;
  std::unordered_map<engine::RequestId, Waiting> waiting_;
  std::unordered_map<engine::ConnectionId, StreamSink*> streams_;
};

}  // namespace conclave::gateway
