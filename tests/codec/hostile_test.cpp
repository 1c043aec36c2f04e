#include "conclave/base/crc32c.hpp"
#include "conclave/codec/batch_codec.hpp"
#include "conclave/codec/client_codec.hpp"
#include "conclave/codec/log_codec.hpp"
#include "conclave/codec/peer_codec.hpp"
#include "conclave/codec/snapshot_codec.hpp"
#include "conclave/test/catch.hpp"
#include "samples.hpp"

/// Decoders are total: whatever the bytes, the answer is a value or an error. Run under the address sanitizer this also says that
/// nothing outside the bytes is read.
using namespace conclave;
using protocol::FrameKind;

namespace {

constexpr int rounds = 400;

/// Reads every byte that a decoded request refers to.
std::size_t touch(const engine::ClientBody& body) {
  std::size_t sum = 0;
  const auto* read = std::get_if<engine::ReadRequest>(&body);
  if (read == nullptr) return sum;
  for (const auto& guard : read->guards) sum += std::string(guard.key).size();
  if (const auto* range = std::get_if<mvcc::RangeOp>(&read->query)) sum += std::string(range->keys.begin).size();
  return sum;
}

void decode_everything(ByteView bytes) {
  static const mvcc::Limits limits;
  static const codec::BatchCodec batches;
  const Bytes shared = Bytes::copy_of(bytes);
  for (const auto kind : {FrameKind::write, FrameKind::read, FrameKind::ask}) {
    const auto body = codec::decode_request(kind, shared, limits);
    if (body) (void)touch(*body);
  }
  for (const bool has_tail : {false, true}) (void)codec::decode_peer({FrameKind::peer_message, has_tail, 0, shared});
  Arena arena;
  (void)batches.decode(shared, arena);
  (void)codec::decode_entry(shared);
  (void)codec::decode_hard_state(bytes);
  (void)codec::decode_snapshot_meta(bytes);
  (void)codec::decode_membership(bytes);
  for (std::uint8_t table = 0; table < 8; ++table) {
    (void)codec::decode_row(static_cast<codec::Table>(table), bytes.substr(0, std::min<std::size_t>(bytes.size(), 8)), bytes);
  }
  codec::SnapshotReader reader;
  (void)reader.feed(bytes, [](codec::Table table, ByteView key, ByteView value) -> Result<void> {
    (void)codec::decode_row(table, key, value);
    return {};
  });
}

}  // namespace

TEST_CASE("random bytes are decoded or refused, never worse") {
  Prng prng(1);
  for (int i = 0; i < 3000; ++i) {
    std::string noise(prng.below(300), '\0');
    for (char& byte : noise) byte = static_cast<char>(prng.chance(1, 2) ? prng.below(8) : prng.below(256));
    decode_everything(noise);
  }
}

TEST_CASE("damaged requests are decoded or refused, never worse") {
  static const mvcc::Limits limits;
  Prng prng(2);
  const auto damage = [&](FrameKind kind, const std::vector<Bytes>& requests) {
    for (const Bytes& request : requests) {
      for (int i = 0; i < rounds; ++i) {
        const auto body = codec::decode_request(kind, Bytes(test::damaged(request.view(), prng)), limits);
        if (body) (void)touch(*body);
      }
    }
  };
  damage(FrameKind::write, test::write_requests());
  damage(FrameKind::read, test::read_requests());
  damage(FrameKind::ask, test::asks());
}

TEST_CASE("damaged batches are decoded or refused, never worse, and alike each time") {
  const codec::BatchCodec batches;
  std::vector<engine::PendingCommand> commands;
  for (const Bytes& request : test::write_requests()) commands.push_back({MemberId(1), Incarnation(2), 3, "someone", 4, request});
  const Bytes payload = batches.encode(MachineVersion(1), cluster_time_from_millis(9), commands);
  Prng prng(3);
  for (int i = 0; i < 10 * rounds; ++i) {
    const Bytes damaged(test::damaged(payload.view(), prng));
    Arena one;
    Arena other;
    const auto first = batches.decode(damaged, one);
    const auto second = batches.decode(damaged, other);
    REQUIRE(first.has_value() == second.has_value());
    if (!first) continue;
    REQUIRE(first->commands.size() == second->commands.size());
    for (std::size_t c = 0; c < first->commands.size(); ++c)
      REQUIRE(first->commands[c].body.index() == second->commands[c].body.index());
  }
}

TEST_CASE("damaged peer frames are decoded or refused, never worse") {
  Prng prng(4);
  codec::PeerEncoder encoder;
  for (const auto& message : test::peer_messages()) {
    const auto frame = test::received(test::joined(encoder.encode(message)));
    for (int i = 0; i < rounds; ++i) {
      (void)codec::decode_peer({frame.kind, frame.has_tail, 0, Bytes(test::damaged(frame.payload.view(), prng))});
      (void)codec::decode_peer({frame.kind, !frame.has_tail, 0, frame.payload});
    }
  }
}

TEST_CASE("damaged rows are decoded or refused, never worse") {
  Prng prng(5);
  for (const auto& row : test::rows()) {
    const auto bytes = codec::encode_row(row);
    for (int i = 0; i < rounds; ++i) {
      (void)codec::decode_row(bytes.table, test::damaged(bytes.key, prng), bytes.value);
      (void)codec::decode_row(bytes.table, bytes.key, test::damaged(bytes.value, prng));
    }
  }
}

TEST_CASE("damaged memberships whose checksum was mended are decoded or refused, never worse") {
  Prng prng(6);
  const auto plain = codec::encode_entry({{Term(1), Index(1)}, test::membership()}, 0).bytes;
  for (int i = 0; i < 5 * rounds; ++i) {
    auto row = codec::encode_entry({{Term(1), Index(1)}, Bytes(test::damaged(ByteView(plain).substr(32), prng))}, 0).bytes;
    row[1] = plain[1];  // the kind of a membership
    const std::uint32_t checksum = crc32c(ByteView(row).substr(8), crc32c(ByteView(row).substr(0, 4)));
    for (std::size_t byte = 0; byte < 4; ++byte) row[4 + byte] = static_cast<char>((checksum >> (8 * byte)) & 0xff);
    const auto read = codec::decode_entry(Bytes(row));
    if (!read) REQUIRE(read.error().context == "a membership entry");
  }
}

TEST_CASE("damaged snapshots are decoded or refused, never worse") {
  codec::SnapshotWriter writer;
  std::string stream;
  writer.start(stream);
  for (const auto& row : test::rows()) {
    const auto bytes = codec::encode_row(row);
    writer.add(bytes.table, bytes.key, bytes.value, stream);
  }
  writer.finish(stream);
  Prng prng(7);
  for (int i = 0; i < rounds; ++i) {
    const std::string damaged = test::damaged(stream, prng);
    codec::SnapshotReader reader;
    ByteView rest = damaged;
    while (!rest.empty()) {
      const std::size_t count = std::min<std::size_t>(rest.size(), prng.between(1, 700));
      const auto fed = reader.feed(rest.substr(0, count), [](codec::Table table, ByteView key, ByteView value) -> Result<void> {
        (void)codec::decode_row(table, key, value);
        return {};
      });
      if (!fed) break;
      rest.remove_prefix(count);
    }
  }
}
