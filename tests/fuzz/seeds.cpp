// Writes the binary part of the corpus: a frame or record of every kind, made of the same samples as the tests of the codec.
//
//     CONCLAVE_CORPUS=tests/fuzz/corpus fuzz_seeds
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "conclave/codec/batch_codec.hpp"
#include "conclave/codec/client_codec.hpp"
#include "conclave/codec/event_encoder.hpp"
#include "conclave/codec/log_codec.hpp"
#include "conclave/codec/peer_codec.hpp"
#include "conclave/codec/row_codec.hpp"
#include "conclave/codec/snapshot_codec.hpp"
#include "conclave/protocol/handshake.hpp"
#include "conclave/test/catch.hpp"
#include "samples.hpp"

using namespace conclave;
using protocol::FrameKind;

namespace {

/// Files NAME-1, NAME-2, ... of one directory.
class Seeds {
 public:
  Seeds(std::filesystem::path directory, std::string name) : directory_(std::move(directory)), name_(std::move(name)) {}
  void add(ByteView bytes) {
    std::ofstream file(directory_ / (name_ + "-" + std::to_string(++count_)), std::ios::binary);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }

 private:
  std::filesystem::path directory_;
  std::string name_;
  int count_ = 0;
};

void write_client_frames(const std::filesystem::path& directory) {
  const auto add = [&](const char* name, FrameKind kind, const std::vector<Bytes>& payloads) {
    Seeds seeds(directory, name);
    std::string all;
    for (const Bytes& payload : payloads) {
      const Bytes frame = protocol::make_frame(kind, 7, payload.view());
      seeds.add(frame.view());
      all.append(frame.view());
    }
    seeds.add(all);
  };
  add("write", FrameKind::write, test::write_requests());
  add("read", FrameKind::read, test::read_requests());
  add("ask", FrameKind::ask, test::asks());
  codec::ClientEncoder encoder;
  Seeds replies(directory, "reply");
  for (const engine::ReplyBody& body : test::replies()) {
    replies.add(encoder.reply(engine::RequestId(7), {MemberId(1), MemberId(2), Term(3), Revision(4)}, body).view());
  }
  Seeds pushes(directory, "push");
  const engine::WatchId watch(5);
  const Bytes events = codec::EventEncoder().encode(test::events(), true, false);
  pushes.add(test::joined(encoder.events_push({&watch, 1}, Revision(9), events, true)));
  pushes.add(encoder.bookmark_push({&watch, 1}, Revision(9)).view());
  pushes.add(encoder.watch_ended_push(watch, {Errc::compacted, Revision(3)}).view());
  pushes.add(encoder.leader_news_push(true, MemberId(2)).view());
}

void write_member_frames(const std::filesystem::path& directory) {
  codec::PeerEncoder encoder;
  Seeds messages(directory, "peer");
  for (const engine::PeerMessage& message : test::peer_messages()) messages.add(test::joined(encoder.encode(message)));
  Seeds hellos(directory, "hello");
  hellos.add(protocol::encode(protocol::ClientHello{}).view());
  hellos.add(protocol::encode(protocol::ServerHello{}).view());
  hellos.add(protocol::encode(protocol::PeerHello{}).view());
  hellos.add(protocol::encode(protocol::PeerWelcome{}).view());
  hellos.add(protocol::encode_farewell(Error{Errc::overloaded, "why"}).view());
  hellos.add(protocol::encode_ping(8).view());
}

void write_records(const std::filesystem::path& directory) {
  const auto tagged = [](char tag, ByteView bytes) { return std::string(1, tag) + std::string(bytes); };
  Seeds entries(directory, "entry");
  codec::BatchCodec batches;
  std::vector<engine::PendingCommand> commands;
  for (const Bytes& request : test::write_requests()) commands.push_back({MemberId(1), Incarnation(2), 3, "someone", 4, request});
  const Bytes batch = batches.encode(MachineVersion(1), cluster_time_from_millis(9), commands);
  entries.add(tagged(0, codec::encode_entry({{Term(1), Index(1)}, test::membership()}, 0).bytes));
  entries.add(tagged(0, codec::encode_entry({{Term(1), Index(2)}, batch}, 0).bytes));
  Seeds(directory, "batch").add(tagged(7, batch.view()));
  Seeds(directory, "events").add(tagged(8, codec::EventEncoder().encode(test::events(), true, false).view()));
  Seeds small(directory, "small");
  small.add(tagged(9, codec::encode_membership(test::membership())));
  small.add(tagged(9, codec::encode_hard_state({})));
  small.add(tagged(9, codec::encode_snapshot_meta(raft::SnapshotMeta{{Term(1), Index(2)}, test::membership(), 0})));
  Seeds rows(directory, "row");
  codec::SnapshotWriter writer;
  std::string stream(1, 6);
  writer.start(stream);
  for (const mvcc::Row& row : test::rows()) {
    const codec::RowBytes bytes = codec::encode_row(row);
    writer.add(bytes.table, bytes.key, bytes.value, stream);
    const char key = static_cast<char>(bytes.key.size());
    rows.add(tagged(static_cast<char>(bytes.table), std::string(1, key) + bytes.key + bytes.value));
  }
  writer.finish(stream);
  Seeds(directory, "snapshot").add(stream);
}

}  // namespace

TEST_CASE("a frame and a record of every kind are written") {
  const char* const where = std::getenv("CONCLAVE_CORPUS");
  REQUIRE(where != nullptr);
  const std::filesystem::path corpus(where);
  for (const char* const part : {"frames", "records"}) std::filesystem::create_directories(corpus / part);
  write_client_frames(corpus / "frames");
  write_member_frames(corpus / "frames");
  write_records(corpus / "records");
}
