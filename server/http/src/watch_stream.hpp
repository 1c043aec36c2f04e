#pragma once

#include <map>
#include <optional>
#include <string>

#include "calls.hpp"
#include "conclave/gateway_core/watch_json.hpp"

namespace conclave::gateway {

/// Where the lines of a stream go. All of it only queues.
class LineSink {
 public:
  virtual ~LineSink() = default;
  virtual void send(const std::string& line) = 0;
  /// What the lines before are worth; given to WatchStream::written when they have left for the network.
  virtual void owe(std::size_t credit) = 0;
  /// After the last line.
  virtual void finish() = 0;
  /// Tells the client why the stream ends, as an answer of its own if no line was sent yet.
  virtual void fail(const ApiError& why) = 0;
};

/// One watch stream: its requests in, its lines out.
class WatchStream final : public StreamSink {
 public:
  /// `context` and `out` outlive the stream. `needs_leader`: it ends when this member has no leader, so that the client goes
  /// elsewhere.
  WatchStream(const CallContext& context, const std::string& identity, bool needs_leader, LineSink& out);
  ~WatchStream() override;
  WatchStream(const WatchStream&) = delete;
  WatchStream& operator=(const WatchStream&) = delete;

  /// One request of the body. What it notes in the problem of `json` ends the stream.
  void take(const JsonObject& json);
  /// Credit of lines that have left for the network.
  void written(std::size_t credit) { context_.link.written(connection_, credit); }
  /// Tells the client and ends.
  void fail(const ApiError& why);

  void on_reply(engine::RequestId request, const engine::ReplyHeader& header, const engine::ReplyBody& body) override;
  void on_events(const PushedEvents& pushed) override;
  void on_bookmark(const PushedBookmark& pushed) override;
  void on_watch_ended(engine::WatchId watch, const engine::WatchEnded& why) override;
  void on_leader_news(bool has_leader) override;

 private:
  struct Watch {
    bool fragment = false;
    bool progress_notify = false;
    std::optional<WatchEventsLine> partial;  ///< events of a revision that has not come whole
  };
  struct Created {
    std::int64_t id = 0;
  };
  struct Cancelled {
    std::int64_t id = 0;
  };
  struct Progress {};
  struct Declined {
    std::string reason;
  };
  using Asked = std::variant<Created, Cancelled, Progress, Declined>;

  void create(WatchCreateAsk ask);
  void cancel(std::int64_t id);
  void ask(Asked what, engine::ClientBody body);
  void on_created(std::int64_t id, const engine::ReplyBody& body);
  void decline(std::string reason);
  void send(const std::string& line);
  [[nodiscard]] Head head(Revision revision) const { return {context_.settings.cluster, member_, term_, revision}; }

  const CallContext& context_;
  bool needs_leader_;
  LineSink& out_;
  engine::ConnectionId connection_;
  engine::RequestId last_request_;
  std::map<engine::RequestId, Asked> asked_;
  std::map<std::int64_t, Watch> watches_;
  std::int64_t next_id_ = 0;
  MemberId member_;
  Term term_;
  Revision revision_;
  bool ended_ = false;
};

}  // namespace conclave::gateway
