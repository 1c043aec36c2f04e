#include <algorithm>
#include <cstring>
#include <string>

#include "conclave/base/assert.hpp"
#include "conclave/protocol/frame.hpp"
#include "little_endian.hpp"

namespace conclave::protocol {

namespace {

constexpr std::size_t read_bytes_min = 16 * 1024;      // of space()
constexpr std::size_t idle_capacity_max = 256 * 1024;  // a buffer that grew beyond is given back when it is empty

struct Header {
  std::size_t payload_bytes = 0;
  FrameKind kind{};
  std::uint8_t flags = 0;
  std::uint64_t id = 0;
};

Result<Header> read_header(const char* at, std::size_t payload_bytes_max) {
  Header header;
  header.payload_bytes = load_u32(at);
  header.kind = static_cast<FrameKind>(static_cast<unsigned char>(at[4]));
  header.flags = static_cast<std::uint8_t>(at[5]);
  header.id = load_u64(at + 8);
  if ((header.flags & ~frame_flag_tail) != 0 || at[6] != 0 || at[7] != 0) {
    return fail(Errc::malformed, "a frame header with reserved bits");
  }
  if (header.payload_bytes > payload_bytes_max) {
    return fail(Errc::too_large,
                "a frame of " + std::to_string(header.payload_bytes) + " bytes; the limit is " + std::to_string(payload_bytes_max));
  }
  return header;
}

}  // namespace

void FrameParser::grow(std::size_t capacity) {
  auto larger = std::make_unique_for_overwrite<char[]>(capacity);
  const std::size_t count = buffered();
  if (count != 0) std::memcpy(larger.get(), buffer_.get() + begin_, count);
  buffer_ = std::move(larger);
  capacity_ = capacity;
  begin_ = 0;
  end_ = count;
}

std::span<char> FrameParser::space() {
  if (begin_ == end_) {
    begin_ = end_ = 0;
    if (capacity_ > idle_capacity_max) {
      buffer_.reset();
      capacity_ = 0;
    }
  }
  if (capacity_ - end_ < read_bytes_min) {
    const std::size_t count = buffered();
    if (capacity_ >= 2 * count && capacity_ - count >= read_bytes_min) {
      if (count != 0) std::memmove(buffer_.get(), buffer_.get() + begin_, count);
      begin_ = 0;
      end_ = count;
    } else {
      grow(std::max(2 * count, count + read_bytes_min));
    }
  }
  return {buffer_.get() + end_, capacity_ - end_};
}

void FrameParser::received(std::size_t count) {
  CONCLAVE_ASSERT(count <= capacity_ - end_);
  end_ += count;
}

Result<std::optional<Frame>> FrameParser::next() {
  if (broken_) return fail(*broken_);
  if (buffered() < frame_header_bytes) return std::optional<Frame>();
  const char* at = buffer_.get() + begin_;
  const auto header = read_header(at, payload_bytes_max_);
  if (!header) {
    broken_ = header.error();
    return fail(*broken_);
  }
  const std::size_t whole = frame_header_bytes + header->payload_bytes;
  if (buffered() < whole) return std::optional<Frame>();
  Frame frame;
  frame.kind = header->kind;
  frame.has_tail = (header->flags & frame_flag_tail) != 0;
  frame.id = header->id;
  frame.payload = Bytes::copy_of(ByteView(at + frame_header_bytes, header->payload_bytes));
  begin_ += whole;
  return std::optional<Frame>(std::move(frame));
}

}  // namespace conclave::protocol
