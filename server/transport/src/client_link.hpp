#pragma once

#include <absl/container/flat_hash_set.h>

#include "conclave/protocol/handshake.hpp"
#include "link.hpp"

namespace conclave::transport {

class ClientTable;

/// A client's connection: its hello, then requests in and replies and pushes out.
class ClientLink final : public Link {
 public:
  ClientLink(Hub& hub, ClientTable& table, engine::ConnectionId id, Stream stream);

  void reply(engine::RequestId request, const engine::ReplyHeader& header, const engine::ReplyBody& body);
  /// Queues a frame or, when the client is so slow that its queue is full, ends the link. Gives the bytes queued.
  std::size_t push(protocol::OutFrame frame, bool with_credit, Outbox::Order order = Outbox::Order::usual);

 private:
  void on_frame(protocol::Frame frame) override;
  void on_closed(bool by_other_side, const std::string& why) override;
  void on_credit(std::size_t bytes) override;
  [[nodiscard]] bool wants_input() const override { return queued_bytes() < hub_.config.limits.queued_bytes_pause; }

  void greet(const protocol::Frame& frame);
  void request(const protocol::Frame& frame);
  void answer_refused(engine::RequestId request, const Error& why);

  ClientTable& table_;
  engine::ConnectionId id_;
  absl::flat_hash_set<engine::RequestId> in_flight_;  // reads and writes that wait for their reply
};

}  // namespace conclave::transport
