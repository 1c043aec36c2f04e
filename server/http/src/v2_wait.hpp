#pragma once

#include <functional>
#include <memory>

#include "calls.hpp"
#include "conclave/gateway_core/v2_tree.hpp"
#include "conclave/http/exchange.hpp"

namespace conclave::gateway {

/// A GET that waits for one change, or follows all of them. It watches the key that every change of the tree writes. Loop thread
/// only.
class V2Wait final : public StreamSink, public std::enable_shared_from_this<V2Wait> {
 public:
  /// `context` outlives it; `closed` is called once, and must not destroy it within the call.
  V2Wait(const CallContext& context, http::ExchangePtr exchange, v2::Request request, std::function<void()> closed);
  ~V2Wait() override;
  V2Wait(const V2Wait&) = delete;
  V2Wait& operator=(const V2Wait&) = delete;

  void start();
  /// After `closed`.
  void release();

  void on_reply(engine::RequestId request, const engine::ReplyHeader& header, const engine::ReplyBody& body) override;
  std::size_t on_events(std::span<const engine::WatchId> watches, Revision revision, const Bytes& events, bool more) override;
  std::size_t on_bookmark(std::span<const engine::WatchId> watches, Revision revision) override;
  void on_watch_ended(engine::WatchId watch, const engine::WatchEnded& why) override;
  void on_leader_news(bool has_leader) override;

 private:
  void close();

  const CallContext& context_;
  http::ExchangePtr exchange_;
  v2::Request request_;
  std::function<void()> closed_;
  engine::ConnectionId connection_;
  std::size_t owed_bytes_ = 0;
  bool waiting_for_room_ = false;
  bool closing_ = false;
};

}  // namespace conclave::gateway
