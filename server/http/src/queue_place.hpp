#pragma once

#include <memory>
#include <optional>
#include <string>

#include "calls.hpp"
#include "conclave/gateway_core/queue_json.hpp"

namespace conclave::gateway {

/// A request for a place in the queue of a lock or an election, from its question until it is its turn. The member's turn watch
/// tells when, so nobody is woken for nothing. A client that goes before takes its place with it, if the request made it.
class QueuePlace final : public StreamSink, public std::enable_shared_from_this<QueuePlace> {
 public:
  using Render = std::string (*)(const Head& head, const LeaderKey& place);
  struct Service {
    bool with_value = false;  ///< a place that was there before gets the value of this request
    std::string lost;         ///< what to say when the place is gone before its turn
    Render render = nullptr;
  };
  /// `context` outlives it.
  QueuePlace(const CallContext& context, QueueAsk ask, Service service, Call call)
      : context_(context), ask_(std::move(ask)), service_(std::move(service)), call_(std::move(call)) {}
  ~QueuePlace() override;
  QueuePlace(const QueuePlace&) = delete;
  QueuePlace& operator=(const QueuePlace&) = delete;

  void start();

  void on_reply(engine::RequestId request, const engine::ReplyHeader& header, const engine::ReplyBody& body) override;
  void on_events(const PushedEvents&) override {}
  void on_bookmark(const PushedBookmark&) override {}
  void on_watch_ended(engine::WatchId watch, const engine::WatchEnded& why) override;
  void on_leader_news(bool) override {}
  void on_turn(engine::WatchId watch, const mvcc::TurnFired& turn) override;

 private:
  void enter();
  void entered(const Head& head, const mvcc::TxnResult& result);
  void take_over(const mvcc::TxnResult& result);
  void wait();
  void finish(const Answer& answer);
  void client_gone();
  void leave();

  const CallContext& context_;
  QueueAsk ask_;
  Service service_;
  Call call_;
  LeaderKey place_;
  std::shared_ptr<QueuePlace> self_;  // while it waits for its turn
  std::optional<engine::ConnectionId> stream_;
  bool made_ = false;  // by this request
  bool done_ = false;
};

}  // namespace conclave::gateway
