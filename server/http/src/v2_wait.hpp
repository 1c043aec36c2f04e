#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "calls.hpp"
#include "conclave/gateway_core/v2_tree.hpp"
#include "conclave/http/exchange.hpp"

namespace conclave::gateway {

/// A GET that waits for one change, or follows all of them. It hears of changes from V2Feed, which all waits share; one that asks
/// for older changes than the feed has, or does not read fast enough, has a watch of its own, on the key that every change of the
/// tree writes.
class V2Wait final : public StreamSink, public std::enable_shared_from_this<V2Wait> {
 public:
  /// `context` outlives it; `closed` is called once, and must not destroy it within the call.
  V2Wait(const CallContext& context, http::ExchangePtr exchange, v2::Request request, std::function<void()> closed)
      : context_(context), exchange_(std::move(exchange)), request_(std::move(request)), closed_(std::move(closed)) {}
  ~V2Wait() override;
  V2Wait(const V2Wait&) = delete;
  V2Wait& operator=(const V2Wait&) = delete;

  /// Before it is given to a feed.
  void start();
  /// After `closed`.
  void release();

  [[nodiscard]] const v2::Request& request() const { return request_; }
  [[nodiscard]] bool closed() const { return closing_; }
  /// Status and headers go out; `index` is what the tree was at when the wait began.
  void begin(const engine::ReplyHeader& header, std::uint64_t index);
  /// A change that concerns it, as a line of JSON. False: it will hear of no more this way.
  bool take(std::uint64_t index, const std::string& line);
  /// Goes on with a watch of its own, from that index on.
  void watch_alone(std::uint64_t from);
  /// Tells the client that it cannot wait; the body just ends if it has begun, and the client asks again from where it was.
  void fail(const v2::Failure& failure);

  void on_reply(engine::RequestId request, const engine::ReplyHeader& header, const engine::ReplyBody& body) override;
  void on_events(const PushedEvents& pushed) override;
  void on_bookmark(const PushedBookmark& pushed) override;
  void on_watch_ended(engine::WatchId watch, const engine::WatchEnded& why) override;
  void on_leader_news(bool has_leader) override;

 private:
  void send(const std::string& line);
  void owe(std::size_t credit);
  void close();

  const CallContext& context_;
  http::ExchangePtr exchange_;
  v2::Request request_;
  std::function<void()> closed_;
  std::optional<engine::ConnectionId> alone_;  // its own stream
  std::size_t owed_ = 0;
  bool waiting_for_room_ = false;
  bool closing_ = false;
};

}  // namespace conclave::gateway
