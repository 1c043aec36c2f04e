#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "v2_wait.hpp"

namespace conclave::gateway {

/// The changes of the v2 tree, heard once from the engine and told to everybody who waits: a change costs the engine one message
/// however many wait, and is made into JSON once. It keeps the last changes, so that a client that comes back with the index after
/// the last one it saw, which is how all of them wait, costs the engine nothing. It begins with the first who waits.
class V2Feed final : public StreamSink {
 public:
  /// `context` outlives it.
  explicit V2Feed(const CallContext& context) : context_(context) {}
  ~V2Feed() override;
  V2Feed(const V2Feed&) = delete;
  V2Feed& operator=(const V2Feed&) = delete;

  /// The wait is begun, and told of what it waits for, now or later.
  void join(std::shared_ptr<V2Wait> wait);
  /// Some wait has closed; they are forgotten many at a time.
  void note_closed();

  void on_reply(engine::RequestId request, const engine::ReplyHeader& header, const engine::ReplyBody& body) override;
  void on_events(const PushedEvents& pushed) override;
  void on_bookmark(const PushedBookmark& pushed) override;
  void on_watch_ended(engine::WatchId watch, const engine::WatchEnded& why) override;
  void on_leader_news(bool has_leader) override;

 private:
  struct Change {
    std::uint64_t index = 0;
    std::size_t bytes = 0;
    v2::Event event;
  };
  struct Listener {
    std::uint64_t from = 0;
    std::shared_ptr<V2Wait> wait;
  };

  void open();
  void admit(std::shared_ptr<V2Wait> wait);
  void tell(const Change& change);
  void keep(Change change);
  /// Everybody's wait ends, and the next who comes begins anew.
  void end(const v2::Failure& failure);
  /// The last index of which everybody here has been told.
  void reached(Revision revision);

  const CallContext& context_;
  std::optional<engine::ConnectionId> stream_;
  bool standing_ = false;        // the engine has said where the stream begins
  std::uint64_t position_ = 0;   // all changes up to here were told
  std::uint64_t kept_from_ = 0;  // all changes from here on to position_ are in kept_
  std::size_t kept_bytes_ = 0;
  std::deque<Change> kept_;
  std::vector<std::shared_ptr<V2Wait>> joining_;  // before it stands
  std::vector<Listener> listeners_;
  std::size_t closed_ = 0;  // of listeners_, at most
};

}  // namespace conclave::gateway
