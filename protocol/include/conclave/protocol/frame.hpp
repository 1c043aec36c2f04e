#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "conclave/base/bytes.hpp"
#include "conclave/base/result.hpp"

/// Frames: what travels on a link, one behind the other. A frame is a header of 16 bytes, little-endian,
///
///     0  u32  length of the payload
///     4  u8   kind
///     5  u8   flags: bit 0 = the payload has a tail; all others are zero
///     6  u16  zero
///     8  u64  id: of the request that is asked, answered, or pinged; else zero
///
/// and the payload: a FlatBuffer, or with a tail
///
///     0  u32  length of the head (the FlatBuffer)
///     4  u32  zero
///     8  head, padded with zeros to a multiple of 8
///        tail: the rest
///
/// so that FlatBuffers stand at multiples of 8 from the start of the payload. There is no checksum: TCP has one and TLS a better
/// one.
namespace conclave::protocol {

/// Numbers are never reused.
enum class FrameKind : std::uint8_t {
  client_hello = 1,
  server_hello = 2,
  peer_hello = 3,
  peer_welcome = 4,
  farewell = 5,  ///< why the sender closes; then it closes
  ping = 6,      ///< no payload; answered by a pong with the same id
  pong = 7,
  write = 16,             ///< WriteRequest
  read = 17,              ///< ReadRequest
  ask = 18,               ///< Ask
  reply = 32,             ///< Reply
  events_push = 33,       ///< EventsPush, tail Events
  bookmark_push = 34,     ///< Bookmark
  watch_ended_push = 35,  ///< WatchEnded
  turn_fired_push = 36,   ///< TurnFired
  leader_news_push = 37,  ///< LeaderNews
  peer_message = 64,      ///< PeerMessage, for some a tail
};

inline constexpr std::size_t frame_header_bytes = 16;
inline constexpr std::uint8_t frame_flag_tail = 1;

/// One received frame. The payload stands at an address that is a multiple of 8.
struct Frame {
  FrameKind kind{};
  bool has_tail = false;
  std::uint64_t id = 0;
  Bytes payload;
};

/// The parts of a payload; both share its buffer. Without a tail the head is the whole payload.
struct Sections {
  Bytes head;
  Bytes tail;
};
/// Errc::malformed if the lengths do not fit.
[[nodiscard]] Result<Sections> split(const Frame& frame);

/// A frame to be sent: `head` (header and FlatBuffer), then the bytes of `tail`, which are shared, not copied.
struct OutFrame {
  Bytes head;
  std::vector<Bytes> tail;
  [[nodiscard]] std::size_t size() const;
};
/// A frame without a tail.
[[nodiscard]] Bytes make_frame(FrameKind kind, std::uint64_t id, ByteView payload = {});
[[nodiscard]] OutFrame make_frame(FrameKind kind, std::uint64_t id, ByteView head, std::vector<Bytes> tail);
/// Zeros that complete `size` to a multiple of 8; empty if it is one.
[[nodiscard]] ByteView padding_of(std::size_t size);

/// Cuts a byte stream into frames. Bounded: a frame that claims a longer payload than allowed is an error before anything is
/// allocated for it, and the buffer grows only with bytes that arrived. After an error the stream cannot be used any more.
class FrameParser {
 public:
  explicit FrameParser(std::size_t payload_bytes_max) : payload_bytes_max_(payload_bytes_max) {}

  /// Another limit from the next frame on (after the handshake).
  void set_limit(std::size_t payload_bytes_max) { payload_bytes_max_ = payload_bytes_max; }
  /// Where the next bytes of the stream may be written; not empty. Valid until the next call of any function.
  [[nodiscard]] std::span<char> space();
  /// The first `count` bytes of space() were written.
  void received(std::size_t count);
  /// The next complete frame, or nothing until more was received. Errors: too_large, malformed.
  [[nodiscard]] Result<std::optional<Frame>> next();
  /// Bytes received that are not yet part of a frame handed out.
  [[nodiscard]] std::size_t buffered() const { return end_ - begin_; }

 private:
  void grow(std::size_t capacity);

  std::size_t payload_bytes_max_;
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::optional<Error> broken_;
};

}  // namespace conclave::protocol
