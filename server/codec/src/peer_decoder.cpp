#include "conclave/codec/peer_codec.hpp"
#include "conclave/protocol/peer_generated.h"
#include "membership_flat.hpp"

namespace conclave::codec {

namespace {

using engine::PeerMessage;
using protocol::padding_of;

raft::EntryId id_of(const wire::EntryId* id) {
  if (id == nullptr) return {};
  return {Term(id->term()), Index(id->index())};
}
raft::EntryId id_of(const wire::EntryHead& head) { return {Term(head.term()), Index(head.index())}; }

/// Takes the payloads of entries off the tail, in order.
class TailReader {
 public:
  explicit TailReader(const Bytes& tail) : tail_(tail) {}

  Result<Bytes> take(std::size_t size) {
    const std::size_t left = tail_.size() - at_;
    if (size > left || padding_of(size).size() > left - size)
      return fail(Errc::malformed, "an append that is shorter than its entries");
    Bytes payload = tail_.slice(at_, size);
    at_ += size + padding_of(size).size();
    return payload;
  }
  [[nodiscard]] bool at_end() const { return at_ == tail_.size(); }

 private:
  const Bytes& tail_;
  std::size_t at_ = 0;
};

Result<void> read_body(wire::EntryKind kind, Bytes payload, raft::EntryBody& out) {
  switch (kind) {
    case wire::EntryKind::noop:
      if (!payload.empty()) return fail(Errc::malformed, "an empty entry with a payload");
      return {};
    case wire::EntryKind::batch: out = std::move(payload); return {};
    case wire::EntryKind::membership: {
      auto membership = read_membership_buffer(payload.view());
      if (!membership) return fail(membership.error());
      out = std::move(*membership);
      return {};
    }
  }
  return fail(Errc::unsupported, "an entry of a kind that this version does not know");
}

Result<std::vector<raft::EntryPtr>> read_entries(const wire::AppendRequest& wire, const Bytes& tail) {
  std::vector<raft::EntryPtr> entries;
  TailReader reader(tail);
  raft::EntryId before = id_of(wire.previous());
  if (wire.entries() != nullptr) entries.reserve(wire.entries()->size());
  for (flatbuffers::uoffset_t i = 0; wire.entries() != nullptr && i < wire.entries()->size(); ++i) {
    const wire::EntryHead head = protocol::struct_at(*wire.entries(), i);
    const raft::EntryId id = id_of(head);
    const bool follows = id.index.value() != 0 && id.index == before.index.next();
    if (!follows || id.term < before.term || id.term.value() > wire.term())
      return fail(Errc::malformed, "entries that do not follow each other");
    auto payload = reader.take(head.size());
    if (!payload) return fail(payload.error());
    const auto entry = std::make_shared<raft::Entry>();
    entry->id = id;
    const auto body = read_body(head.kind(), std::move(*payload), entry->body);
    if (!body) return fail(body.error());
    entries.push_back(entry);
    before = id;
  }
  if (!reader.at_end()) return fail(Errc::malformed, "an append with bytes behind its entries");
  return entries;
}

Result<PeerMessage> message(const wire::VoteRequest& wire, const Bytes&) {
  return PeerMessage(raft::Message(raft::VoteRequest{Term(wire.term()), id_of(wire.last()), wire.pre_vote(), wire.transfer()}));
}
Result<PeerMessage> message(const wire::VoteReply& wire, const Bytes&) {
  return PeerMessage(raft::Message(
      raft::VoteReply{Term(wire.term()), wire.pre_vote(), wire.granted(), raft::Stamp(wire.stamp()), Term(wire.stamp_term())}));
}
Result<PeerMessage> message(const wire::AppendRequest& wire, const Bytes& tail) {
  auto entries = read_entries(wire, tail);
  if (!entries) return fail(entries.error());
  return PeerMessage(raft::Message(raft::AppendRequest{Term(wire.term()), id_of(wire.previous()), std::move(*entries),
                                                       Index(wire.commit()), raft::Stamp(wire.stamp()), wire.news_only()}));
}
Result<PeerMessage> message(const wire::AppendReply& wire, const Bytes&) {
  return PeerMessage(raft::Message(raft::AppendReply{Term(wire.term()), wire.accepted(), Index(wire.last()), id_of(wire.hint())}));
}
Result<PeerMessage> message(const wire::Heartbeat& wire, const Bytes&) {
  return PeerMessage(
      raft::Message(raft::Heartbeat{Term(wire.term()), Index(wire.commit()), wire.round(), raft::Stamp(wire.stamp())}));
}
Result<PeerMessage> message(const wire::HeartbeatReply& wire, const Bytes&) {
  return PeerMessage(raft::Message(raft::HeartbeatReply{Term(wire.term()), wire.round()}));
}

Result<PeerMessage> message(const wire::SnapshotChunk& wire, const Bytes& tail) {
  raft::SnapshotChunk chunk;
  chunk.term = Term(wire.term());
  chunk.meta.last = id_of(wire.last());
  if (wire.membership() != nullptr) {
    auto membership = read_membership(*wire.membership());
    if (!membership) return fail(membership.error());
    chunk.meta.membership = std::move(*membership);
  }
  chunk.meta.total_bytes = wire.total_bytes();
  chunk.offset = wire.offset();
  chunk.bytes = tail;
  chunk.done = wire.done();
  const std::uint64_t total = chunk.meta.total_bytes;
  if (chunk.offset > total || tail.size() > total - chunk.offset)
    return fail(Errc::malformed, "a snapshot chunk beyond the snapshot's end");
  if (chunk.done && chunk.offset + tail.size() != total)
    return fail(Errc::malformed, "a last snapshot chunk before the snapshot's end");
  return PeerMessage(raft::Message(std::move(chunk)));
}
Result<PeerMessage> message(const wire::SnapshotReply& wire, const Bytes&) {
  return PeerMessage(raft::Message(
      raft::SnapshotReply{Term(wire.term()), id_of(wire.last()), wire.next_offset(), wire.installed(), wire.rejected()}));
}
Result<PeerMessage> message(const wire::TimeoutNow& wire, const Bytes&) {
  return PeerMessage(raft::Message(raft::TimeoutNow{Term(wire.term())}));
}

Result<PeerMessage> message(const wire::Forward& wire, const Bytes& tail) {
  if (tail.empty()) return fail(Errc::malformed, "a forward without a command");
  if (tail.size() > protocol::request_bytes_max) return fail(Errc::too_large, "a forwarded command");
  const ByteView identity = view_of(wire.identity());
  if (identity.size() > protocol::identity_bytes_max) return fail(Errc::too_large, "an identity");
  return PeerMessage(engine::Forward{wire.request(), Incarnation(wire.incarnation()), std::string(identity), wire.adds_data(), tail,
                                     wire.unhurried()});
}
Result<PeerMessage> message(const wire::ForwardRefused& wire, const Bytes&) {
  return PeerMessage(engine::ForwardRefused{wire.request(), errc_from_wire(wire.code())});
}
Result<PeerMessage> message(const wire::ReadIndexAsk& wire, const Bytes&) {
  return PeerMessage(engine::ReadIndexAsk{wire.round()});
}
Result<PeerMessage> message(const wire::ReadIndexAnswer& wire, const Bytes&) {
  return PeerMessage(engine::ReadIndexAnswer{wire.round(), wire.granted(), Index(wire.index())});
}
Result<PeerMessage> message(const wire::StateHash& wire, const Bytes&) {
  return PeerMessage(engine::StateHash{Index(wire.applied()), wire.hash()});
}
Result<PeerMessage> message(const wire::MemberNews& wire, const Bytes&) {
  const ByteView address = view_of(wire.client_address());
  const ByteView http_address = view_of(wire.http_address());
  if (address.size() > protocol::address_bytes_max || http_address.size() > protocol::address_bytes_max)
    return fail(Errc::too_large, "a member's client address");
  return PeerMessage(engine::MemberNews{MachineVersion(wire.machine_version_max()), wire.disk_low(), std::string(address),
                                        wire.checkpoint_due(), MemberId(wire.checkpoint_turn()), std::string(http_address),
                                        !wire.serves_nobody()});
}

/// Whether messages of this kind have a tail; one where none belongs is malformed.
bool takes_tail(wire::PeerBody kind) {
  return kind == wire::PeerBody::AppendRequest || kind == wire::PeerBody::SnapshotChunk || kind == wire::PeerBody::Forward;
}

Result<PeerMessage> dispatch(const wire::PeerMessage& wire, const Bytes& tail) {
  switch (wire.body_type()) {
    case wire::PeerBody::VoteRequest: return message(*wire.body_as_VoteRequest(), tail);
    case wire::PeerBody::VoteReply: return message(*wire.body_as_VoteReply(), tail);
    case wire::PeerBody::AppendRequest: return message(*wire.body_as_AppendRequest(), tail);
    case wire::PeerBody::AppendReply: return message(*wire.body_as_AppendReply(), tail);
    case wire::PeerBody::Heartbeat: return message(*wire.body_as_Heartbeat(), tail);
    case wire::PeerBody::HeartbeatReply: return message(*wire.body_as_HeartbeatReply(), tail);
    case wire::PeerBody::SnapshotChunk: return message(*wire.body_as_SnapshotChunk(), tail);
    case wire::PeerBody::SnapshotReply: return message(*wire.body_as_SnapshotReply(), tail);
    case wire::PeerBody::TimeoutNow: return message(*wire.body_as_TimeoutNow(), tail);
    case wire::PeerBody::Forward: return message(*wire.body_as_Forward(), tail);
    case wire::PeerBody::ForwardRefused: return message(*wire.body_as_ForwardRefused(), tail);
    case wire::PeerBody::ReadIndexAsk: return message(*wire.body_as_ReadIndexAsk(), tail);
    case wire::PeerBody::ReadIndexAnswer: return message(*wire.body_as_ReadIndexAnswer(), tail);
    case wire::PeerBody::StateHash: return message(*wire.body_as_StateHash(), tail);
    case wire::PeerBody::MemberNews: return message(*wire.body_as_MemberNews(), tail);
    case wire::PeerBody::NONE: break;
  }
  return fail(Errc::unsupported, "a message of a kind that this version does not know");
}

}  // namespace

Result<PeerMessage> decode_peer(const protocol::Frame& frame) {
  if (frame.kind != protocol::FrameKind::peer_message) return fail(Errc::malformed, "a frame of a kind that members do not send");
  const auto sections = protocol::split(frame);
  if (!sections) return fail(sections.error());
  const auto* wire = verified<wire::PeerMessage>(sections->head.view(), protocol::peer_verify);
  if (wire == nullptr) return fail(Errc::malformed, "a peer message that does not verify");
  if (wire->body() == nullptr) return fail(Errc::malformed, "a peer message without a body");
  if (frame.has_tail && !takes_tail(wire->body_type()))
    return fail(Errc::malformed, "a peer message with a tail that does not belong there");
  return dispatch(*wire, sections->tail);
}

}  // namespace conclave::codec
