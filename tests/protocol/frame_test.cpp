#include "conclave/protocol/frame.hpp"

#include <cstring>

#include "conclave/base/prng.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::protocol;

namespace {

void give(FrameParser& parser, ByteView bytes) {
  while (!bytes.empty()) {
    const auto space = parser.space();
    const std::size_t count = std::min(space.size(), bytes.size());
    std::memcpy(space.data(), bytes.data(), count);
    parser.received(count);
    bytes.remove_prefix(count);
  }
}

std::string joined(const OutFrame& frame) {
  std::string bytes(frame.head.view());
  for (const Bytes& part : frame.tail) bytes.append(part.view());
  return bytes;
}

Frame only_frame(ByteView bytes) {
  FrameParser parser(1 << 20);
  give(parser, bytes);
  auto frame = parser.next();
  REQUIRE(frame.has_value());
  REQUIRE(frame->has_value());
  REQUIRE(parser.buffered() == 0);
  return **frame;
}

}  // namespace

TEST_CASE("a frame comes out of the parser as it was made") {
  const Frame frame = only_frame(make_frame(FrameKind::write, 77, "payload").view());
  CHECK(frame.kind == FrameKind::write);
  CHECK(frame.id == 77);
  CHECK_FALSE(frame.has_tail);
  CHECK(frame.payload.view() == "payload");
  const auto sections = split(frame);
  REQUIRE(sections.has_value());
  CHECK(sections->head.view() == "payload");
  CHECK(sections->tail.empty());
}

TEST_CASE("a frame without a payload is a frame") {
  const Frame frame = only_frame(make_frame(FrameKind::ping, 5).view());
  CHECK(frame.kind == FrameKind::ping);
  CHECK(frame.payload.empty());
}

TEST_CASE("head and tail come apart where they were joined, the tail at a multiple of eight") {
  for (std::size_t size = 0; size < 20; ++size) {
    const std::string head(size, 'h');
    const OutFrame out = make_frame(FrameKind::events_push, 0, head, {Bytes(std::string("first")), Bytes(std::string("second"))});
    CHECK(out.size() == joined(out).size());
    const Frame frame = only_frame(joined(out));
    const auto sections = split(frame);
    REQUIRE(sections.has_value());
    CHECK(sections->head.view() == head);
    CHECK(sections->tail.view() == "firstsecond");
    CHECK((sections->tail.data() - frame.payload.data()) % 8 == 0);
    CHECK(reinterpret_cast<std::uintptr_t>(sections->tail.data()) % 8 == 0);
  }
}

TEST_CASE("frames come out in order however the stream is cut") {
  std::string stream;
  for (std::size_t i = 0; i < 200; ++i) stream.append(make_frame(FrameKind::reply, i, std::string(i * 37 % 3000, 'x')).view());
  Prng prng(4711);
  for (int round = 0; round < 20; ++round) {
    FrameParser parser(4096);
    ByteView rest = stream;
    std::uint64_t expected = 0;
    while (!rest.empty()) {
      const std::size_t count = std::min<std::size_t>(rest.size(), prng.between(1, 5000));
      give(parser, rest.substr(0, count));
      rest.remove_prefix(count);
      for (;;) {
        const auto frame = parser.next();
        REQUIRE(frame.has_value());
        if (!frame->has_value()) break;
        REQUIRE((*frame)->id == expected);
        REQUIRE((*frame)->payload.size() == expected * 37 % 3000);
        ++expected;
      }
    }
    CHECK(expected == 200);
    CHECK(parser.buffered() == 0);
  }
}

TEST_CASE("a frame that claims more than the limit is refused when its header is there, and nothing is read after it") {
  FrameParser parser(100);
  give(parser, make_frame(FrameKind::write, 1, std::string(101, 'x')).view().substr(0, frame_header_bytes));
  const auto frame = parser.next();
  REQUIRE_FALSE(frame.has_value());
  CHECK(frame.error().code == Errc::too_large);
  give(parser, make_frame(FrameKind::ping, 1).view());
  CHECK_FALSE(parser.next().has_value());
}

TEST_CASE("a header with reserved bits is malformed") {
  for (const std::size_t at : {5U, 6U, 7U}) {
    std::string bytes(make_frame(FrameKind::write, 1, "x").view());
    bytes[at] = static_cast<char>(2);
    FrameParser parser(100);
    give(parser, bytes);
    const auto frame = parser.next();
    REQUIRE_FALSE(frame.has_value());
    CHECK(frame.error().code == Errc::malformed);
  }
}

TEST_CASE("a limit can be raised after the handshake") {
  FrameParser parser(10);
  give(parser, make_frame(FrameKind::client_hello, 0, "0123456789").view());
  REQUIRE(parser.next().has_value());
  parser.set_limit(20);
  give(parser, make_frame(FrameKind::write, 0, "01234567890123456789").view());
  const auto frame = parser.next();
  REQUIRE(frame.has_value());
  CHECK(frame->has_value());
}

TEST_CASE("a tail whose lengths do not fit is malformed") {
  Frame frame;
  frame.has_tail = true;
  for (const std::string& payload :
       {std::string(), std::string(7, '\0'), std::string("\x01\0\0\0\0\0\0\0", 8), std::string("\xff\xff\xff\xff\0\0\0\0", 8),
        std::string("\x01\0\0\0\0\0\0\0xyz", 11), std::string("\0\0\0\0\x01\0\0\0", 8)}) {
    frame.payload = Bytes(payload);
    const auto sections = split(frame);
    REQUIRE_FALSE(sections.has_value());
    CHECK(sections.error().code == Errc::malformed);
  }
}

TEST_CASE("random bytes never break the parser") {
  Prng prng(99);
  for (int round = 0; round < 2000; ++round) {
    FrameParser parser(512);
    std::string noise(prng.below(200), '\0');
    for (char& byte : noise) byte = static_cast<char>(prng.below(256));
    if (prng.chance(1, 2) && noise.size() > 8) std::memset(noise.data() + 1, 0, 7);
    give(parser, noise);
    for (int i = 0; i < 20; ++i) {
      const auto frame = parser.next();
      if (!frame.has_value() || !frame->has_value()) break;
      (void)split(**frame);
    }
  }
}
