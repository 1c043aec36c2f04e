#include "conclave/protocol/frame.hpp"

#include <algorithm>
#include <array>

#include "little_endian.hpp"

namespace conclave::protocol {

namespace {

constexpr std::size_t tail_prefix_bytes = 8;
constexpr std::string_view zeros = std::string_view("\0\0\0\0\0\0\0\0", 8);

using Header = std::array<char, frame_header_bytes>;

Header header_of(FrameKind kind, std::uint64_t id, std::size_t payload_bytes, bool has_tail) {
  Header header{};
  store_u32(header.data(), static_cast<std::uint32_t>(payload_bytes));
  header[4] = static_cast<char>(kind);
  header[5] = static_cast<char>(has_tail ? frame_flag_tail : 0);
  store_u64(header.data() + 8, id);
  return header;
}

}  // namespace

ByteView padding_of(std::size_t size) { return zeros.substr(0, (8 - size % 8) % 8); }

std::size_t OutFrame::size() const {
  std::size_t bytes = head.size();
  for (const Bytes& part : tail) bytes += part.size();
  return bytes;
}

Bytes make_frame(FrameKind kind, std::uint64_t id, ByteView payload) {
  const Header header = header_of(kind, id, payload.size(), false);
  return Bytes::filled(header.size() + payload.size(), [&](char* at) {
    std::ranges::copy(header, at);
    payload.copy(at + header.size(), payload.size());
  });
}

OutFrame make_frame(FrameKind kind, std::uint64_t id, ByteView head, std::vector<Bytes> tail) {
  const std::size_t front = tail_prefix_bytes + head.size() + padding_of(head.size()).size();
  std::size_t payload = front;
  for (const Bytes& part : tail) payload += part.size();

  const Header header = header_of(kind, id, payload, true);
  Bytes whole_head = Bytes::filled(header.size() + front, [&](char* at) {
    at = std::ranges::copy(header, at).out;
    store_u32(at, static_cast<std::uint32_t>(head.size()));
    store_u32(at + 4, 0);
    at += tail_prefix_bytes;
    head.copy(at, head.size());
    padding_of(head.size()).copy(at + head.size(), padding_of(head.size()).size());
  });
  return OutFrame{std::move(whole_head), std::move(tail)};
}

Result<Sections> split(const Frame& frame) {
  if (!frame.has_tail) return Sections{frame.payload, {}};
  if (frame.payload.size() < tail_prefix_bytes) return fail(Errc::malformed, "a frame with a tail that is too short");
  const std::size_t head = load_u32(frame.payload.data());
  const std::size_t rest = frame.payload.size() - tail_prefix_bytes;
  if (load_u32(frame.payload.data() + 4) != 0) return fail(Errc::malformed, "a frame with a tail: reserved bytes are set");
  if (head > rest || padding_of(head).size() > rest - head)
    return fail(Errc::malformed, "a frame's head is longer than its payload");
  return Sections{frame.payload.slice(tail_prefix_bytes, head),
                  frame.payload.slice(tail_prefix_bytes + head + padding_of(head).size())};
}

}  // namespace conclave::protocol
