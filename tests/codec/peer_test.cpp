#include "conclave/codec/peer_codec.hpp"
#include "conclave/protocol/peer_generated.h"
#include "conclave/test/catch.hpp"
#include "samples.hpp"

using namespace conclave;

namespace {

bool same_entries(const raft::AppendRequest& one, const raft::AppendRequest& other) {
  if (one.entries.size() != other.entries.size()) return false;
  for (std::size_t i = 0; i < one.entries.size(); ++i) {
    if (!(*one.entries[i] == *other.entries[i])) return false;
  }
  return true;
}

/// Entries are pointers, so appends are compared by what they point to.
bool same(const raft::Message& one, const raft::Message& other) {
  const auto* append = std::get_if<raft::AppendRequest>(&one);
  const auto* read = std::get_if<raft::AppendRequest>(&other);
  if (append == nullptr || read == nullptr) return one == other;
  const bool heads = append->term == read->term && append->previous == read->previous && append->commit == read->commit &&
                     append->stamp == read->stamp;
  return heads && same_entries(*append, *read);
}

engine::PeerMessage over_the_wire(const engine::PeerMessage& message) {
  codec::PeerEncoder encoder;
  auto read = codec::decode_peer(test::received(test::joined(encoder.encode(message))));
  REQUIRE(read.has_value());
  return std::move(*read);
}

protocol::Frame append_frame(std::uint64_t term, wire::EntryId previous, const std::vector<wire::EntryHead>& heads,
                             std::vector<Bytes> tail) {
  test::Builder builder;
  const auto entries = builder.CreateVectorOfStructs(heads);
  const auto append = wire::CreateAppendRequest(builder, term, &previous, entries);
  builder.Finish(wire::CreatePeerMessage(builder, wire::PeerBody::AppendRequest, append.Union()));
  return test::received(
      test::joined(protocol::make_frame(protocol::FrameKind::peer_message, 0, test::view_of(builder), std::move(tail))));
}

}  // namespace

TEST_CASE("raft's messages come back as they were sent") {
  for (const auto& message : test::peer_messages()) {
    const auto* sent = std::get_if<raft::Message>(&message);
    if (sent == nullptr) continue;
    CAPTURE(sent->index());
    const auto read = over_the_wire(message);
    REQUIRE(std::holds_alternative<raft::Message>(read));
    CHECK(same(*sent, std::get<raft::Message>(read)));
  }
}

TEST_CASE("what members say beside raft comes back as it was sent") {
  const auto messages = test::peer_messages();
  const auto forward = std::get<engine::Forward>(over_the_wire(messages[11]));
  CHECK(forward.request == 77);
  CHECK(forward.incarnation == Incarnation(5));
  CHECK(forward.identity == "CN=agent");
  CHECK(forward.adds_data);
  CHECK(forward.unhurried);
  CHECK(forward.command == std::get<engine::Forward>(messages[11]).command);
  CHECK(reinterpret_cast<std::uintptr_t>(forward.command.data()) % 8 == 0);
  const auto refused = std::get<engine::ForwardRefused>(over_the_wire(messages[12]));
  CHECK(refused.request == 77);
  CHECK(refused.code == Errc::not_leader);
  CHECK(std::get<engine::ReadIndexAsk>(over_the_wire(messages[13])).round == 8);
  const auto answer = std::get<engine::ReadIndexAnswer>(over_the_wire(messages[14]));
  CHECK(answer.granted);
  CHECK(answer.index == Index(44));
  CHECK(std::get<engine::StateHash>(over_the_wire(messages[15])).hash == 123456789);
  const auto news = std::get<engine::MemberNews>(over_the_wire(messages[16]));
  CHECK(news.disk_low);
  CHECK(news.checkpoint_due);
  CHECK(news.checkpoint_turn == MemberId(3));
  CHECK(news.client_address == "10.0.0.1:7400");
  CHECK(news.http_address == "10.0.0.1:7402");
  CHECK_FALSE(news.serves_clients);
}

TEST_CASE("batches are parts of the frame on the way out and slices of it on the way in, at multiples of eight") {
  const Bytes batch(std::string(100'001, 'b'));
  raft::AppendRequest append{Term(5), {Term(5), Index(10)}, {}, Index(9), raft::Stamp(1)};
  append.entries = {std::make_shared<const raft::Entry>(raft::Entry{{Term(5), Index(11)}, batch}),
                    std::make_shared<const raft::Entry>(raft::Entry{{Term(5), Index(12)}, batch})};
  const auto out = codec::PeerEncoder().encode(engine::PeerMessage(raft::Message(append)));
  CHECK(out.tail.front().data() == batch.data());
  const auto frame = test::received(test::joined(out));
  const auto read = codec::decode_peer(frame);
  REQUIRE(read.has_value());
  for (const auto& entry : std::get<raft::AppendRequest>(std::get<raft::Message>(*read)).entries) {
    const auto& payload = std::get<Bytes>(entry->body);
    CHECK(payload == batch);
    CHECK(payload.data() > frame.payload.data());
    CHECK(payload.data() < frame.payload.data() + frame.payload.size());
    CHECK(reinterpret_cast<std::uintptr_t>(payload.data()) % 8 == 0);
  }
}

TEST_CASE("entries that do not follow each other or do not fit the frame are malformed") {
  using wire::EntryKind;
  const auto code = [](const protocol::Frame& frame) {
    const auto read = codec::decode_peer(frame);
    REQUIRE_FALSE(read.has_value());
    return read.error().code;
  };
  const Bytes eight(std::string(8, 'x'));
  const wire::EntryId previous(4, 10);
  CHECK(codec::decode_peer(append_frame(5, previous, {{4, 11, 8, EntryKind::batch}}, {eight})).has_value());
  CHECK(code(append_frame(5, previous, {{4, 12, 8, EntryKind::batch}}, {eight})) == Errc::malformed);
  CHECK(code(append_frame(5, previous, {{3, 11, 8, EntryKind::batch}}, {eight})) == Errc::malformed);
  CHECK(code(append_frame(5, previous, {{6, 11, 8, EntryKind::batch}}, {eight})) == Errc::malformed);
  CHECK(code(append_frame(5, wire::EntryId(4, ~0ULL), {{4, 0, 8, EntryKind::batch}}, {eight})) == Errc::malformed);
  CHECK(code(append_frame(5, previous, {{4, 11, 9, EntryKind::batch}}, {eight})) == Errc::malformed);
  CHECK(code(append_frame(5, previous, {{4, 11, 0xffff'ffff, EntryKind::batch}}, {eight})) == Errc::malformed);
  CHECK(code(append_frame(5, previous, {{4, 11, 8, EntryKind::batch}}, {eight, eight})) == Errc::malformed);
  CHECK(code(append_frame(5, previous, {{4, 11, 8, EntryKind::noop}}, {eight})) == Errc::malformed);
  CHECK(code(append_frame(5, previous, {{4, 11, 8, EntryKind::membership}}, {eight})) == Errc::malformed);
  CHECK(code(append_frame(5, previous, {{4, 11, 8, static_cast<EntryKind>(9)}}, {eight})) == Errc::unsupported);
}

TEST_CASE("a membership whose lists are not ascending is malformed") {
  for (int broken = 0; broken < 3; ++broken) {
    raft::Membership membership = test::membership();
    if (broken == 0) std::swap(membership.voters[0], membership.voters[1]);
    if (broken == 1) membership.learners = {MemberId()};
    if (broken == 2) membership.members[1] = membership.members[0];
    raft::SnapshotChunk chunk;
    chunk.meta.membership = membership;
    const auto read =
        codec::decode_peer(test::received(test::joined(codec::PeerEncoder().encode(engine::PeerMessage(raft::Message(chunk))))));
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error().code == Errc::malformed);
  }
}

TEST_CASE("a snapshot chunk beyond the snapshot's end is malformed") {
  const auto refused = [](raft::SnapshotChunk chunk) {
    return !codec::decode_peer(test::received(test::joined(codec::PeerEncoder().encode(engine::PeerMessage(raft::Message(chunk))))))
                .has_value();
  };
  raft::SnapshotChunk chunk{Term(1), {{Term(1), Index(1)}, {}, 100}, 90, Bytes(std::string(10, 's')), true};
  CHECK_FALSE(refused(chunk));
  chunk.offset = 91;
  CHECK(refused(chunk));
  chunk.offset = ~0ULL;
  CHECK(refused(chunk));
  chunk.offset = 80;
  CHECK(refused(chunk));
  chunk.done = false;
  CHECK_FALSE(refused(chunk));
}

TEST_CASE("a message of a later version is refused as unsupported") {
  test::Builder builder;
  const auto body = wire::CreateTimeoutNow(builder, 1);
  builder.Finish(wire::CreatePeerMessage(builder, static_cast<wire::PeerBody>(99), body.Union()));
  const auto read =
      codec::decode_peer(test::received(protocol::make_frame(protocol::FrameKind::peer_message, 0, test::view_of(builder)).view()));
  REQUIRE_FALSE(read.has_value());
  CHECK(read.error().code == Errc::unsupported);
}
