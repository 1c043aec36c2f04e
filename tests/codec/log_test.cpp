#include "conclave/codec/log_codec.hpp"
#include "conclave/test/catch.hpp"
#include "samples.hpp"

using namespace conclave;

namespace {

std::vector<raft::Entry> entries() {
  return {{{Term(1), Index(1)}, raft::NoOp{}},
          {{Term(1), Index(2)}, Bytes(std::string("a batch"))},
          {{Term(2), Index(3)}, test::membership()},
          {{Term(2), Index(4)}, Bytes(std::string(1 << 20, 'b'))}};
}

}  // namespace

TEST_CASE("log rows come back, and each names the row before") {
  std::uint32_t previous = 0;
  for (const auto& entry : entries()) {
    const auto row = codec::encode_entry(entry, previous);
    const auto read = codec::decode_entry(Bytes(row.bytes));
    REQUIRE(read.has_value());
    CHECK(*read->entry == entry);
    CHECK(read->previous_checksum == previous);
    CHECK(read->checksum == row.checksum);
    previous = row.checksum;
  }
}

TEST_CASE("a row's checksum depends on the row before, so that two lives of a log are told apart") {
  const auto entry = entries()[1];
  CHECK(codec::encode_entry(entry, 1).checksum != codec::encode_entry(entry, 2).checksum);
}

TEST_CASE("a batch shares the row's buffer at a multiple of eight") {
  const Bytes row(codec::encode_entry(entries()[3], 0).bytes);
  const auto read = codec::decode_entry(row);
  REQUIRE(read.has_value());
  const auto& payload = std::get<Bytes>(read->entry->body);
  CHECK(payload.data() == row.data() + 32);
  CHECK(reinterpret_cast<std::uintptr_t>(payload.data()) % 8 == 0);
}

TEST_CASE("every single flipped bit of a log row is noticed") {
  for (const auto& entry : {entries()[0], entries()[1], entries()[2]}) {
    const auto row = codec::encode_entry(entry, 77);
    for (std::size_t bit = 0; bit < row.bytes.size() * 8; ++bit) {
      std::string bytes = row.bytes;
      bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
      const auto read = codec::decode_entry(Bytes(bytes));
      REQUIRE_FALSE(read.has_value());
      REQUIRE(read.error().code == Errc::corruption);
    }
  }
}

TEST_CASE("a log row that was cut is noticed") {
  const auto row = codec::encode_entry(entries()[2], 77);
  for (std::size_t size = 0; size < row.bytes.size(); ++size) {
    REQUIRE_FALSE(codec::decode_entry(Bytes(row.bytes.substr(0, size))).has_value());
  }
}

TEST_CASE("what stands beside the log comes back, and flipped bits are noticed") {
  const raft::HardState voted{Term(7), MemberId(3)};
  const raft::HardState unvoted{Term(8), std::nullopt};
  CHECK(codec::decode_hard_state(codec::encode_hard_state(voted)) == voted);
  CHECK(codec::decode_hard_state(codec::encode_hard_state(unvoted)) == unvoted);
  const raft::SnapshotMeta meta{{Term(7), Index(70)}, test::membership(), 12345};
  CHECK(codec::decode_snapshot_meta(codec::encode_snapshot_meta(meta)) == meta);
  CHECK(codec::decode_membership(codec::encode_membership(test::membership())) == test::membership());

  const std::string bytes = codec::encode_hard_state(voted);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    REQUIRE_FALSE(codec::decode_hard_state(flipped).has_value());
  }
}

TEST_CASE("bytes that do not stand at a multiple of eight are read alike") {
  const std::string shifted = "x" + codec::encode_snapshot_meta({{Term(7), Index(70)}, test::membership(), 1});
  const auto meta = codec::decode_snapshot_meta(ByteView(shifted).substr(1));
  REQUIRE(meta.has_value());
  CHECK(meta->membership == test::membership());
}
