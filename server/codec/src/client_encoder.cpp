#include <memory>

#include "conclave/codec/client_codec.hpp"
#include "membership_flat.hpp"
#include "reply_writer.hpp"

namespace conclave::codec {

namespace {

using engine::RequestId;
using flatbuffers::Offset;
using protocol::FrameKind;

constexpr std::size_t builder_bytes_first = 1024;
constexpr std::size_t builder_bytes_kept = 256 * 1024;

/// Tables of everything that is no response of the state machine.
class AnswerWriter {
 public:
  explicit AnswerWriter(Builder& builder) : builder_(builder) {}

  Offset<wire::LeaseInfo> table(const mvcc::LeaseInfo& lease) { return write_lease(builder_, lease); }
  Offset<wire::LeasePage> table(const mvcc::LeaseListPage& page) {
    std::vector<Offset<wire::LeaseInfo>> leases;
    leases.reserve(page.leases.size());
    for (const auto& lease : page.leases) leases.push_back(write_lease(builder_, lease));
    const auto vector = builder_.CreateVector(leases);
    return wire::CreateLeasePage(builder_, vector, page.next ? page.next->value() : 0);
  }
  Offset<wire::Status> table(const engine::StatusReply& status);
  Offset<wire::MemberList> table(const engine::MemberListReply& list) {
    return wire::CreateMemberList(builder_, write_membership(builder_, list.membership));
  }
  Offset<wire::Hash> table(const engine::HashReply& reply) {
    return wire::CreateHash(builder_, reply.applied.value(), reply.revision.value(), reply.hash);
  }
  Offset<wire::Acknowledged> table(const engine::Acknowledged&) { return wire::CreateAcknowledged(builder_); }
  Offset<wire::WatchCreated> table(const engine::WatchCreated& created) {
    return wire::CreateWatchCreated(builder_, created.start.value());
  }

 private:
  Builder& builder_;
};

Offset<wire::Status> AnswerWriter::table(const engine::StatusReply& status) {
  const auto name = text_of(builder_, status.name);
  const auto version = text_of(builder_, status.version);
  const auto alarms = builder_.CreateVectorOfStrings(status.alarms);
  wire::StatusBuilder out(builder_);
  out.add_name(name);
  out.add_member(status.member.value());
  out.add_cluster(status.cluster.value());
  out.add_role(status.role);
  out.add_leader(status.leader.value());
  out.add_term(status.term.value());
  out.add_index(status.index.value());
  out.add_committed(status.committed.value());
  out.add_applied(status.applied.value());
  out.add_durable(status.durable.value());
  out.add_revision(status.revision.value());
  out.add_compacted(status.compacted.value());
  out.add_db_size(status.db_size);
  out.add_data_bytes(status.data_bytes);
  out.add_key_count(status.key_count);
  out.add_lease_count(status.lease_count);
  out.add_watch_count(status.watch_count);
  out.add_connection_count(status.connection_count);
  out.add_cluster_time_millis(status.cluster_time_millis);
  out.add_version(version);
  out.add_machine_version(status.machine_version.value());
  out.add_alarms(alarms);
  return out.Finish();
}

template <class Table>
WrittenBody written(Offset<Table> offset) {
  return {wire::ReplyBodyTraits<Table>::enum_value, offset.Union()};
}

/// Bytes that a body takes at least; only what can be large is counted.
std::size_t bytes_of_body(const engine::ReplyBody& body) {
  if (const auto* response = std::get_if<mvcc::ResponsePtr>(&body)) return mvcc::size_of(**response);
  std::size_t bytes = 0;
  if (const auto* lease = std::get_if<mvcc::LeaseInfo>(&body)) {
    for (const auto& key : lease->keys) bytes += key.size();
  }
  if (const auto* page = std::get_if<mvcc::LeaseListPage>(&body)) {
    for (const auto& lease : page->leases) bytes += lease.owner.size() + lease.note.size();
  }
  return bytes;
}

/// In place of an answer that no frame can carry. What was applied must not look as if it had not happened.
engine::ReplyBody shortened(const engine::ReplyBody& body) {
  if (const auto* response = std::get_if<mvcc::ResponsePtr>(&body)) {
    const auto* txn = std::get_if<mvcc::TxnResult>(&(*response)->body);
    const bool may_have_changed = !std::holds_alternative<mvcc::RangeResult>((*response)->body);
    if (may_have_changed) {
      return std::make_shared<const mvcc::Response>(
          mvcc::Response{(*response)->revision, mvcc::AppliedEarlier{txn == nullptr || txn->succeeded}});
    }
  }
  return mvcc::Refused{Errc::too_large, "the answer is larger than a frame", Revision()};
}

}  // namespace

struct ClientEncoder::Parts {
  Builder builder{builder_bytes_first};

  WrittenBody write(const engine::ReplyBody& body) {
    AnswerWriter writer(builder);
    return std::visit(
        [&](const auto& alternative) {
          using Alternative = std::decay_t<decltype(alternative)>;
          if constexpr (std::is_same_v<Alternative, mvcc::Refused>) {
            return write_response(builder, mvcc::ResponseBody(alternative), Values::as_asked);
          } else if constexpr (std::is_same_v<Alternative, mvcc::ResponsePtr>) {
            return write_response(builder, alternative->body, Values::as_asked);
          } else {
            return written(writer.table(alternative));
          }
        },
        body);
  }

  void write_reply(const engine::ReplyHeader& header, const engine::ReplyBody& body) {
    const auto* response = std::get_if<mvcc::ResponsePtr>(&body);
    const Revision outcome = response != nullptr ? (*response)->revision : Revision();
    const WrittenBody written_body = write(body);
    builder.Finish(wire::CreateReply(builder, header.member.value(), header.leader.value(), header.term.value(),
                                     header.revision.value(), outcome.value(), written_body.kind, written_body.offset));
  }

  template <class Table>
  Bytes push(FrameKind kind, Offset<Table> table) {
    builder.Finish(table);
    Bytes frame = protocol::make_frame(kind, 0, view_of(builder));
    clear();
    return frame;
  }

  Offset<flatbuffers::Vector<std::uint64_t>> ids(std::span<const engine::WatchId> watches) {
    std::uint64_t* out = nullptr;
    const auto vector = builder.CreateUninitializedVector<std::uint64_t>(watches.size(), &out);
    for (std::size_t i = 0; i < watches.size(); ++i) out[i] = flatbuffers::EndianScalar(watches[i].value());
    return vector;
  }

  /// Ready for the next frame. A buffer that one large answer made large is given back.
  void clear() {
    if (builder.GetSize() > builder_bytes_kept) {
      builder.Reset();
    } else {
      builder.Clear();
    }
  }
};

ClientEncoder::ClientEncoder() : parts_(std::make_unique<Parts>()) {}
ClientEncoder::~ClientEncoder() = default;
ClientEncoder::ClientEncoder(ClientEncoder&&) noexcept = default;
ClientEncoder& ClientEncoder::operator=(ClientEncoder&&) noexcept = default;

Bytes ClientEncoder::reply(RequestId request, const engine::ReplyHeader& header, const engine::ReplyBody& body) {
  const bool fits = bytes_of_body(body) <= protocol::reply_bytes_max;
  parts_->write_reply(header, fits ? body : shortened(body));
  if (parts_->builder.GetSize() > protocol::reply_bytes_max) {
    parts_->clear();
    parts_->write_reply(header, shortened(body));
  }
  Bytes frame = protocol::make_frame(FrameKind::reply, request.value(), view_of(parts_->builder));
  parts_->clear();
  return frame;
}

protocol::OutFrame ClientEncoder::events_push(std::span<const engine::WatchId> watches, Revision revision, const Bytes& events,
                                              bool more) {
  Builder& builder = parts_->builder;
  const auto ids = parts_->ids(watches);
  builder.Finish(wire::CreateEventsPush(builder, ids, revision.value(), more));
  protocol::OutFrame frame = protocol::make_frame(FrameKind::events_push, 0, view_of(builder), {events});
  parts_->clear();
  return frame;
}

Bytes ClientEncoder::bookmark_push(std::span<const engine::WatchId> watches, Revision revision) {
  const auto ids = parts_->ids(watches);
  return parts_->push(FrameKind::bookmark_push, wire::CreateBookmark(parts_->builder, ids, revision.value()));
}

Bytes ClientEncoder::watch_ended_push(engine::WatchId watch, const engine::WatchEnded& why) {
  return parts_->push(
      FrameKind::watch_ended_push,
      wire::CreateWatchEnded(parts_->builder, watch.value(), static_cast<std::uint16_t>(why.reason), why.oldest.value()));
}

Bytes ClientEncoder::turn_fired_push(engine::WatchId watch, const mvcc::TurnFired& turn) {
  return parts_->push(FrameKind::turn_fired_push,
                      wire::CreateTurnFired(parts_->builder, watch.value(), turn.revision.value(), turn.gone, turn.ahead));
}

Bytes ClientEncoder::leader_news_push(bool has_leader, MemberId leader) {
  return parts_->push(FrameKind::leader_news_push, wire::CreateLeaderNews(parts_->builder, has_leader, leader.value()));
}

}  // namespace conclave::codec
