#include "conclave/protocol/frame.hpp"

#include <string>

#include "little_endian.hpp"

namespace conclave::protocol {

namespace {

constexpr std::size_t tail_prefix_bytes = 8;
constexpr std::string_view zeros = std::string_view("\0\0\0\0\0\0\0\0", 8);

void append_header(std::string& out, FrameKind kind, std::uint64_t id, std::size_t payload_bytes, bool has_tail) {
  append_u32(out, static_cast<std::uint32_t>(payload_bytes));
  out.push_back(static_cast<char>(kind));
  out.push_back(static_cast<char>(has_tail ? frame_flag_tail : 0));
  out.append(2, '\0');
  append_u64(out, id);
}

}  // namespace

ByteView padding_of(std::size_t size) { return zeros.substr(0, (8 - size % 8) % 8); }

std::size_t OutFrame::size() const {
  std::size_t bytes = head.size();
  for (const Bytes& part : tail) bytes += part.size();
  return bytes;
}

Bytes make_frame(FrameKind kind, std::uint64_t id, ByteView payload) {
  std::string out;
  out.reserve(frame_header_bytes + payload.size());
  append_header(out, kind, id, payload.size(), false);
  out.append(payload);
  return Bytes(std::move(out));
}

OutFrame make_frame(FrameKind kind, std::uint64_t id, ByteView head, std::vector<Bytes> tail) {
  const ByteView padding = padding_of(head.size());
  const std::size_t front = tail_prefix_bytes + head.size() + padding.size();
  std::size_t payload = front;
  for (const Bytes& part : tail) payload += part.size();

  std::string out;
  out.reserve(frame_header_bytes + front);
  append_header(out, kind, id, payload, true);
  append_u32(out, static_cast<std::uint32_t>(head.size()));
  append_u32(out, 0);
  out.append(head).append(padding);
  return OutFrame{Bytes(std::move(out)), std::move(tail)};
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
