#include <flatbuffers/flatbuffers.h>

#include "conclave/protocol/client_generated.h"
#include "wire.hpp"

namespace conclave::client {
namespace {

using flatbuffers::FlatBufferBuilder;
template <class T>
using Offset = flatbuffers::Offset<T>;
using BytesOffset = Offset<flatbuffers::Vector<std::uint8_t>>;

BytesOffset bytes(FlatBufferBuilder& to, std::string_view text) {
  return to.CreateVector(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
}

template <class Enum>
auto wire_enum(auto value) {
  return static_cast<Enum>(static_cast<std::uint8_t>(value));
}

Offset<wire::Keys> encode_keys(FlatBufferBuilder& to, const Keys& keys) {
  const auto begin = bytes(to, keys.begin);
  const auto end = bytes(to, keys.end);
  return wire::CreateKeys(to, wire_enum<wire::KeysKind>(keys.kind), begin, end);
}

Offset<wire::RangeOp> encode_op(FlatBufferBuilder& to, const RangeOp& op) {
  const auto keys = encode_keys(to, op.keys);
  return wire::CreateRangeOp(to, keys, op.at.value(), op.limit, op.limit_bytes, op.keys_only, op.count_only,
                             wire_enum<wire::SortTarget>(op.sort_target), wire_enum<wire::SortOrder>(op.sort_order),
                             op.min_mod.value(), op.max_mod.value(), op.min_create.value(), op.max_create.value());
}

Offset<wire::PutOp> encode_op(FlatBufferBuilder& to, const PutOp& op) {
  const auto key = bytes(to, op.key);
  const auto value = bytes(to, op.value);
  return wire::CreatePutOp(to, key, value, op.lease.value(), op.want_previous, op.ignore_value, op.ignore_lease, op.sequence);
}

Offset<wire::DeleteOp> encode_op(FlatBufferBuilder& to, const DeleteOp& op) {
  return wire::CreateDeleteOp(to, encode_keys(to, op.keys), op.want_previous);
}

Offset<wire::Compare> encode_compare(FlatBufferBuilder& to, const Compare& compare) {
  const auto keys = encode_keys(to, compare.keys);
  const auto value = bytes(to, compare.value);
  return wire::CreateCompare(to, keys, wire_enum<wire::CompareTarget>(compare.target),
                             wire_enum<wire::CompareRelation>(compare.relation), compare.number, value);
}

Offset<wire::TxnOp> encode_op(FlatBufferBuilder& to, const Txn& txn);

Offset<wire::Op> encode_any(FlatBufferBuilder& to, const Op& op) {
  if (const auto* range = std::get_if<RangeOp>(&op.body))
    return wire::CreateOp(to, wire::OpBody::RangeOp, encode_op(to, *range).Union());
  if (const auto* put = std::get_if<PutOp>(&op.body)) return wire::CreateOp(to, wire::OpBody::PutOp, encode_op(to, *put).Union());
  if (const auto* erase = std::get_if<DeleteOp>(&op.body))
    return wire::CreateOp(to, wire::OpBody::DeleteOp, encode_op(to, *erase).Union());
  return wire::CreateOp(to, wire::OpBody::TxnOp, encode_op(to, std::get<Txn>(op.body)).Union());
}

Offset<wire::TxnOp> encode_op(FlatBufferBuilder& to, const Txn& txn) {
  std::vector<Offset<wire::Compare>> compares;
  for (const Compare& compare : txn.compares) compares.push_back(encode_compare(to, compare));
  std::vector<Offset<wire::Op>> success;
  for (const Op& op : txn.success) success.push_back(encode_any(to, op));
  std::vector<Offset<wire::Op>> failure;
  for (const Op& op : txn.failure) failure.push_back(encode_any(to, op));
  const auto compares_at = to.CreateVector(compares);
  const auto success_at = to.CreateVector(success);
  const auto failure_at = to.CreateVector(failure);
  return wire::CreateTxnOp(to, compares_at, success_at, failure_at);
}

Offset<flatbuffers::Vector<Offset<wire::Guard>>> encode_guards(FlatBufferBuilder& to, const std::vector<Guard>& guards) {
  std::vector<Offset<wire::Guard>> offsets;
  for (const Guard& guard : guards)
    offsets.push_back(wire::CreateGuard(to, guard.lease.value(), bytes(to, guard.key), guard.create_revision.value()));
  return to.CreateVector(offsets);
}

struct BodyEncoder {
  FlatBufferBuilder& to;
  std::pair<wire::CommandBody, Offset<void>> operator()(const PutOp& op) const {
    return {wire::CommandBody::PutOp, encode_op(to, op).Union()};
  }
  std::pair<wire::CommandBody, Offset<void>> operator()(const DeleteOp& op) const {
    return {wire::CommandBody::DeleteOp, encode_op(to, op).Union()};
  }
  std::pair<wire::CommandBody, Offset<void>> operator()(const Txn& op) const {
    return {wire::CommandBody::TxnOp, encode_op(to, op).Union()};
  }
  std::pair<wire::CommandBody, Offset<void>> operator()(const Write::LeaseGrant& grant) const {
    const auto owner = bytes(to, grant.owner);
    const auto note = bytes(to, grant.note);
    const auto ttl = static_cast<std::uint64_t>(grant.ttl.count());
    return {wire::CommandBody::LeaseGrant, wire::CreateLeaseGrant(to, grant.id.value(), ttl, owner, note).Union()};
  }
  std::pair<wire::CommandBody, Offset<void>> operator()(const Write::LeaseRevoke& revoke) const {
    return {wire::CommandBody::LeaseRevoke, wire::CreateLeaseRevoke(to, revoke.id.value()).Union()};
  }
  std::pair<wire::CommandBody, Offset<void>> operator()(const Write::LeaseRenew& renew) const {
    std::vector<std::uint64_t> ids;
    for (const LeaseId id : renew.ids) ids.push_back(id.value());
    return {wire::CommandBody::LeaseRenew, wire::CreateLeaseRenew(to, to.CreateVector(ids)).Union()};
  }
  std::pair<wire::CommandBody, Offset<void>> operator()(const Write::Compact& compact) const {
    return {wire::CommandBody::Compact, wire::CreateCompact(to, compact.revision.value()).Union()};
  }
};

ByteView view_of(const FlatBufferBuilder& built) {
  return {reinterpret_cast<const char*>(built.GetBufferPointer()), built.GetSize()};
}

/// A larger buffer is not kept.
constexpr std::size_t buffer_bytes_kept = 256 * 1024;

Bytes write_frame(FlatBufferBuilder& to, std::uint64_t id, const SessionStamp& stamp,
                  Offset<flatbuffers::Vector<Offset<wire::Guard>>> guards, wire::CommandBody kind, Offset<void> body) {
  to.Finish(wire::CreateWriteRequest(to, stamp.session.value(), stamp.sequence.value(), stamp.first_outstanding.value(), guards,
                                     kind, body));
  return protocol::make_frame(protocol::FrameKind::write, id, view_of(to));
}

Bytes ask_frame(FlatBufferBuilder& to, std::uint64_t id, wire::AskBody kind, Offset<void> body) {
  to.Finish(wire::CreateAsk(to, kind, body));
  return protocol::make_frame(protocol::FrameKind::ask, id, view_of(to));
}

}  // namespace

FlatBufferBuilder& Encoder::begin() {
  if (to_.GetSize() > buffer_bytes_kept)
    to_.Reset();
  else
    to_.Clear();
  return to_;
}

Bytes Encoder::write(std::uint64_t id, const Write& write, const SessionStamp& stamp) {
  FlatBufferBuilder& to = begin();
  const auto guards = write.guards.empty() ? Offset<flatbuffers::Vector<Offset<wire::Guard>>>{} : encode_guards(to, write.guards);
  const auto [kind, body] = std::visit(BodyEncoder{to}, write.body);
  return write_frame(to, id, stamp, guards, kind, body);
}

Bytes Encoder::session_open(std::uint64_t id, std::uint64_t nonce, std::chrono::milliseconds ttl, std::string_view owner) {
  FlatBufferBuilder& to = begin();
  const auto owner_at = bytes(to, owner);
  const auto body = wire::CreateSessionOpen(to, nonce, static_cast<std::uint64_t>(ttl.count()), owner_at);
  return write_frame(to, id, {}, {}, wire::CommandBody::SessionOpen, body.Union());
}

Bytes Encoder::session_close(std::uint64_t id, LeaseId session) {
  FlatBufferBuilder& to = begin();
  const auto body = wire::CreateSessionClose(to, session.value());
  return write_frame(to, id, {}, {}, wire::CommandBody::SessionClose, body.Union());
}

Bytes Encoder::read(std::uint64_t id, const Read& read) {
  FlatBufferBuilder& to = begin();
  const auto guards = read.guards.empty() ? Offset<flatbuffers::Vector<Offset<wire::Guard>>>{} : encode_guards(to, read.guards);
  wire::Query kind = wire::Query::RangeOp;
  Offset<void> query;
  if (const auto* range = std::get_if<RangeOp>(&read.query)) {
    query = encode_op(to, *range).Union();
  } else if (const auto* txn = std::get_if<Txn>(&read.query)) {
    kind = wire::Query::TxnOp;
    query = encode_op(to, *txn).Union();
  } else if (const auto* lease = std::get_if<Read::LeaseTimeToLive>(&read.query)) {
    kind = wire::Query::LeaseTimeToLive;
    query = wire::CreateLeaseTimeToLive(to, lease->id.value(), lease->with_keys).Union();
  } else {
    const auto& list = std::get<Read::LeaseList>(read.query);
    kind = wire::Query::LeaseList;
    query = wire::CreateLeaseList(to, list.from.value(), list.count_max).Union();
  }
  to.Finish(wire::CreateReadRequest(to, wire_enum<wire::Consistency>(read.consistency), read.revision.value(),
                                    static_cast<std::uint64_t>(read.age.count()), guards, kind, query));
  return protocol::make_frame(protocol::FrameKind::read, id, view_of(to));
}

Bytes Encoder::ask(std::uint64_t id, const Ask& ask) {
  FlatBufferBuilder& to = begin();
  if (std::holds_alternative<Ask::Status>(ask.body))
    return ask_frame(to, id, wire::AskBody::StatusAsk, wire::CreateStatusAsk(to).Union());
  if (std::holds_alternative<Ask::MemberList>(ask.body))
    return ask_frame(to, id, wire::AskBody::MemberListAsk, wire::CreateMemberListAsk(to).Union());
  if (const auto* move = std::get_if<Ask::MoveLeader>(&ask.body))
    return ask_frame(to, id, wire::AskBody::MoveLeaderAsk, wire::CreateMoveLeaderAsk(to, move->to.value()).Union());
  if (const auto* add = std::get_if<Ask::MemberAdd>(&ask.body)) {
    const auto name = to.CreateString(add->name);
    const auto address = to.CreateString(add->peer_address);
    return ask_frame(to, id, wire::AskBody::MemberAddAsk, wire::CreateMemberAddAsk(to, name, address).Union());
  }
  if (const auto* remove = std::get_if<Ask::MemberRemove>(&ask.body)) {
    const auto name = to.CreateString(remove->name);
    return ask_frame(to, id, wire::AskBody::MemberRemoveAsk, wire::CreateMemberRemoveAsk(to, name).Union());
  }
  return ask_frame(to, id, wire::AskBody::HashAsk, wire::CreateHashAsk(to).Union());
}

Bytes Encoder::watch(std::uint64_t id, std::uint64_t watch, const WatchOptions& options) {
  FlatBufferBuilder& to = begin();
  const auto keys = encode_keys(to, options.keys);
  const auto body = wire::CreateWatchCreate(to, watch, keys, options.from.value(), options.no_put, options.no_delete,
                                            options.want_previous, options.keys_only, true);
  return ask_frame(to, id, wire::AskBody::WatchCreate, body.Union());
}

Bytes Encoder::turn(std::uint64_t id, std::uint64_t watch, const TurnOptions& options, std::uint64_t with) {
  FlatBufferBuilder& to = begin();
  const auto prefix = bytes(to, options.prefix);
  const auto own_key = bytes(to, options.own_key);
  const auto body = wire::CreateTurnWatch(to, watch, prefix, own_key, options.places, with);
  return ask_frame(to, id, wire::AskBody::TurnWatch, body.Union());
}

Bytes Encoder::cancel(std::uint64_t id, std::uint64_t watch) {
  FlatBufferBuilder& to = begin();
  return ask_frame(to, id, wire::AskBody::WatchCancel, wire::CreateWatchCancel(to, watch).Union());
}

}  // namespace conclave::client
