#include "loop_links.hpp"

#include <asio/post.hpp>
#include <utility>

#include "own_thread.hpp"

namespace conclave::gateway {
namespace {

using engine::ConnectionId;

/// What bytes of the engine become as JSON, about: base64, and the fields around.
std::size_t credit_of(std::size_t bytes, std::size_t watches) { return (bytes + bytes / 2 + 256) * watches; }

}  // namespace

void LoopLinks::tell(ConnectionId connection, News news) {
  bool wake = false;
  {
    const std::scoped_lock lock(mutex_);
    wake = queued_.empty();
    queued_.push_back({connection, std::move(news)});
  }
  if (wake) asio::post(io_, [this] { drain(); });
}

void LoopLinks::drain() {
  std::vector<Told> all;
  {
    const std::scoped_lock lock(mutex_);
    all.swap(queued_);
  }
  for (const Told& told : all) {
    hand_on(told);
    OwnThread::breathe();
  }
}

void LoopLinks::hand_on(const Told& told) {
  if (const auto* answer = std::get_if<Answer>(&told.news))
    return link_.on_reply(told.connection, answer->request, answer->header, answer->body);
  StreamSink* const sink = link_.sink_of(told.connection);
  if (sink == nullptr) return;
  if (const auto* events = std::get_if<PushedEvents>(&told.news)) return sink->on_events(*events);
  if (const auto* bookmark = std::get_if<PushedBookmark>(&told.news)) return sink->on_bookmark(*bookmark);
  if (const auto* ended = std::get_if<Ended>(&told.news)) return sink->on_watch_ended(ended->watch, ended->why);
  if (const auto* turn = std::get_if<Turn>(&told.news)) return sink->on_turn(turn->watch, turn->fired);
  if (const auto* news = std::get_if<LeaderNews>(&told.news)) sink->on_leader_news(news->has_leader);
}

void LoopLinks::reply(ConnectionId connection, engine::RequestId request, const engine::ReplyHeader& header,
                      const engine::ReplyBody& body) {
  tell(connection, Answer{request, header, body});
}

std::size_t LoopLinks::push_events(ConnectionId connection, std::span<const engine::WatchId> watches, Revision revision,
                                   const Bytes& events, bool more) {
  const std::size_t credit = credit_of(events.size(), watches.size());
  tell(connection, PushedEvents{{watches.begin(), watches.end()}, revision, events, more, credit});
  return credit;
}

std::size_t LoopLinks::push_bookmark(ConnectionId connection, std::span<const engine::WatchId> watches, Revision revision) {
  const std::size_t credit = credit_of(0, watches.size());
  tell(connection, PushedBookmark{{watches.begin(), watches.end()}, revision, credit});
  return credit;
}

void LoopLinks::push_watch_ended(ConnectionId connection, engine::WatchId watch, const engine::WatchEnded& why) {
  tell(connection, Ended{watch, why});
}

void LoopLinks::push_turn(ConnectionId connection, engine::WatchId watch, const mvcc::TurnFired& turn) {
  tell(connection, Turn{watch, turn});
}

void LoopLinks::push_leader_news(ConnectionId connection, bool has_leader, MemberId) { tell(connection, LeaderNews{has_leader}); }

void LoopLinks::close(ConnectionId, const Error&) {}  // the engine closes no connection for what HTTP requests can do

}  // namespace conclave::gateway
