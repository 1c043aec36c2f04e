#pragma once

#include <memory>
#include <span>

#include "conclave/base/result.hpp"
#include "conclave/engine/types.hpp"
#include "conclave/mvcc/limits.hpp"
#include "conclave/protocol/frame.hpp"

/// Between the frames of clients and the values the engine takes and gives.
namespace conclave::codec {

/// Reads the payload of a frame of kind write, read or ask. Total: strange bytes are Errc::malformed; unknown kinds and enumerators
/// Errc::unsupported; commands that only leaders make Errc::permission_denied; what exceeds `limits` Errc::too_large. What is left
/// to the state machine: whether keys may be empty, leases exist and the like. A WriteRequest shares the payload's buffer.
[[nodiscard]] Result<engine::ClientBody> decode_request(protocol::FrameKind kind, const Bytes& payload, const mvcc::Limits& limits);

/// Makes the frames that go to clients. Keeps a buffer for reuse, so one for each thread that encodes.
class ClientEncoder {
 public:
  ClientEncoder();
  ~ClientEncoder();
  ClientEncoder(ClientEncoder&&) noexcept;
  ClientEncoder& operator=(ClientEncoder&&) noexcept;

  [[nodiscard]] Bytes reply(engine::RequestId request, const engine::ReplyHeader& header, const engine::ReplyBody& body);
  /// `events` comes from EventEncoder and becomes the tail; it is shared, not copied.
  [[nodiscard]] protocol::OutFrame events_push(std::span<const engine::WatchId> watches, Revision revision, const Bytes& events,
                                               bool more);
  [[nodiscard]] Bytes bookmark_push(std::span<const engine::WatchId> watches, Revision revision);
  [[nodiscard]] Bytes watch_ended_push(engine::WatchId watch, const engine::WatchEnded& why);
  [[nodiscard]] Bytes turn_fired_push(engine::WatchId watch, const mvcc::TurnFired& turn);
  [[nodiscard]] Bytes leader_news_push(bool has_leader, MemberId leader);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace conclave::codec
