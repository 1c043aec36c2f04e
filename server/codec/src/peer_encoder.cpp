#include "conclave/codec/peer_codec.hpp"
#include "conclave/protocol/peer_generated.h"
#include "membership_flat.hpp"

namespace conclave::codec {

namespace {

using flatbuffers::Offset;
using protocol::padding_of;

wire::EntryId id_of(const raft::EntryId& id) { return {id.term.value(), id.index.value()}; }

struct EntryParts {
  wire::EntryKind kind = wire::EntryKind::noop;
  Bytes payload;
};

EntryParts parts_of(const raft::Entry& entry) {
  if (const auto* batch = std::get_if<Bytes>(&entry.body)) return {wire::EntryKind::batch, *batch};
  if (const auto* membership = std::get_if<raft::Membership>(&entry.body)) {
    return {wire::EntryKind::membership, membership_buffer(*membership)};
  }
  return {};
}

/// Writes each message as its table; what goes into the frame's tail is collected beside it.
class MessageWriter {
 public:
  MessageWriter(Builder& builder, std::vector<Bytes>& tail) : builder_(builder), tail_(tail) {}

  Offset<wire::VoteRequest> table(const raft::VoteRequest& message) {
    const wire::EntryId last = id_of(message.last);
    return wire::CreateVoteRequest(builder_, message.term.value(), &last, message.pre_vote, message.transfer);
  }
  Offset<wire::VoteReply> table(const raft::VoteReply& message) {
    return wire::CreateVoteReply(builder_, message.term.value(), message.pre_vote, message.granted, message.stamp.value(),
                                 message.stamp_term.value());
  }
  Offset<wire::AppendRequest> table(const raft::AppendRequest& message) {
    std::vector<wire::EntryHead> heads;
    heads.reserve(message.entries.size());
    for (const auto& entry : message.entries) heads.push_back(entry_head(*entry));
    const auto entries = builder_.CreateVectorOfStructs(heads);
    const wire::EntryId previous = id_of(message.previous);
    return wire::CreateAppendRequest(builder_, message.term.value(), &previous, entries, message.commit.value(),
                                     message.stamp.value(), message.news_only);
  }
  Offset<wire::AppendReply> table(const raft::AppendReply& message) {
    const wire::EntryId hint = id_of(message.hint);
    return wire::CreateAppendReply(builder_, message.term.value(), message.accepted, message.last.value(), &hint);
  }
  Offset<wire::Heartbeat> table(const raft::Heartbeat& message) {
    return wire::CreateHeartbeat(builder_, message.term.value(), message.commit.value(), message.round, message.stamp.value());
  }
  Offset<wire::HeartbeatReply> table(const raft::HeartbeatReply& message) {
    return wire::CreateHeartbeatReply(builder_, message.term.value(), message.round);
  }
  Offset<wire::SnapshotChunk> table(const raft::SnapshotChunk& message) {
    if (!message.bytes.empty()) tail_.push_back(message.bytes);
    const auto membership = write_membership(builder_, message.meta.membership);
    const wire::EntryId last = id_of(message.meta.last);
    return wire::CreateSnapshotChunk(builder_, message.term.value(), &last, membership, message.meta.total_bytes, message.offset,
                                     message.done);
  }
  Offset<wire::SnapshotReply> table(const raft::SnapshotReply& message) {
    const wire::EntryId last = id_of(message.last);
    return wire::CreateSnapshotReply(builder_, message.term.value(), &last, message.next_offset, message.installed,
                                     message.rejected);
  }
  Offset<wire::TimeoutNow> table(const raft::TimeoutNow& message) { return wire::CreateTimeoutNow(builder_, message.term.value()); }

  Offset<wire::Forward> table(const engine::Forward& message) {
    tail_.push_back(message.command);
    const auto identity = text_of(builder_, message.identity);
    return wire::CreateForward(builder_, message.request, message.incarnation.value(), identity, message.adds_data,
                               message.unhurried);
  }
  Offset<wire::ForwardRefused> table(const engine::ForwardRefused& message) {
    return wire::CreateForwardRefused(builder_, message.request, static_cast<std::uint16_t>(message.code));
  }
  Offset<wire::ReadIndexAsk> table(const engine::ReadIndexAsk& message) {
    return wire::CreateReadIndexAsk(builder_, message.round);
  }
  Offset<wire::ReadIndexAnswer> table(const engine::ReadIndexAnswer& message) {
    return wire::CreateReadIndexAnswer(builder_, message.round, message.granted, message.index.value());
  }
  Offset<wire::StateHash> table(const engine::StateHash& message) {
    return wire::CreateStateHash(builder_, message.applied.value(), message.hash);
  }
  Offset<wire::MemberNews> table(const engine::MemberNews& message) {
    const auto address = builder_.CreateString(message.client_address);
    const auto http_address = text_of(builder_, message.http_address);
    return wire::CreateMemberNews(builder_, message.machine_version_max.value(), message.disk_low, message.checkpoint_due, address,
                                  message.checkpoint_turn.value(), http_address, !message.serves_clients);
  }

 private:
  wire::EntryHead entry_head(const raft::Entry& entry) {
    const EntryParts parts = parts_of(entry);
    if (!parts.payload.empty()) tail_.push_back(parts.payload);
    const ByteView padding = padding_of(parts.payload.size());
    if (!padding.empty()) tail_.push_back(Bytes(nullptr, padding));
    return {entry.id.term.value(), entry.id.index.value(), static_cast<std::uint32_t>(parts.payload.size()), parts.kind};
  }

  Builder& builder_;
  std::vector<Bytes>& tail_;
};

template <class Table>
void finish(Builder& builder, Offset<Table> body) {
  builder.Finish(wire::CreatePeerMessage(builder, wire::PeerBodyTraits<Table>::enum_value, body.Union()));
}

}  // namespace

struct PeerEncoder::Parts {
  Builder builder{1024};
};

PeerEncoder::PeerEncoder() : parts_(std::make_unique<Parts>()) {}
PeerEncoder::~PeerEncoder() = default;
PeerEncoder::PeerEncoder(PeerEncoder&&) noexcept = default;
PeerEncoder& PeerEncoder::operator=(PeerEncoder&&) noexcept = default;

protocol::OutFrame PeerEncoder::encode(const engine::PeerMessage& message) {
  Builder& builder = parts_->builder;
  std::vector<Bytes> tail;
  MessageWriter writer(builder, tail);
  const auto write = [&](const auto& one) { finish(builder, writer.table(one)); };
  if (const auto* raft_message = std::get_if<raft::Message>(&message)) {
    std::visit(write, *raft_message);
  } else {
    std::visit(
        [&](const auto& one) {
          if constexpr (!std::is_same_v<std::decay_t<decltype(one)>, raft::Message>) write(one);
        },
        message);
  }
  protocol::OutFrame frame;
  if (tail.empty()) {
    frame.head = protocol::make_frame(protocol::FrameKind::peer_message, 0, view_of(builder));
  } else {
    frame = protocol::make_frame(protocol::FrameKind::peer_message, 0, view_of(builder), std::move(tail));
  }
  builder.Clear();
  return frame;
}

}  // namespace conclave::codec
