#pragma once

#include <memory>

#include "conclave/base/result.hpp"
#include "conclave/engine/types.hpp"
#include "conclave/protocol/frame.hpp"

/// Between the frames of members and the values the engine takes and gives.
namespace conclave::codec {

/// Makes frames of kind peer_message. Batches, snapshot bytes and forwarded commands become parts of the tail: shared, not copied.
/// Keeps a buffer for reuse, so one for each thread that encodes.
class PeerEncoder {
 public:
  PeerEncoder();
  ~PeerEncoder();
  PeerEncoder(PeerEncoder&&) noexcept;
  PeerEncoder& operator=(PeerEncoder&&) noexcept;

  [[nodiscard]] protocol::OutFrame encode(const engine::PeerMessage& message);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// Reads a frame of kind peer_message. Total: Errc::malformed, or Errc::unsupported for a kind of message this version does not
/// know. Batches, snapshot bytes and forwarded commands share the frame's buffer.
[[nodiscard]] Result<engine::PeerMessage> decode_peer(const protocol::Frame& frame);

}  // namespace conclave::codec
