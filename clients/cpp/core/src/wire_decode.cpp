#include <flatbuffers/flatbuffers.h>

#include "conclave/protocol/client_generated.h"
#include "conclave/protocol/limits.hpp"
#include "conclave/protocol/vectors.hpp"
#include "wire.hpp"

namespace conclave::client {
namespace {

constexpr int result_depth_max = 8;

std::string text(const flatbuffers::Vector<std::uint8_t>* bytes) {
  return bytes == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size());
}
std::string text(const flatbuffers::String* string) { return string == nullptr ? std::string() : string->str(); }
std::chrono::milliseconds millis(std::uint64_t count) { return std::chrono::milliseconds(static_cast<std::int64_t>(count)); }

KeyValue key_value(const wire::KeyValue& from) {
  return {text(from.key()),     text(from.value()), Revision(from.create()),
          Revision(from.mod()), from.version(),     LeaseId(from.lease())};
}

std::vector<KeyValue> key_values(const flatbuffers::Vector<flatbuffers::Offset<wire::KeyValue>>* from) {
  std::vector<KeyValue> kvs;
  if (from == nullptr) return kvs;
  kvs.reserve(from->size());
  for (const auto* kv : *from) kvs.push_back(key_value(*kv));
  return kvs;
}

std::optional<KeyValue> optional_key_value(const wire::KeyValue* from) {
  return from == nullptr ? std::nullopt : std::optional(key_value(*from));
}

RangeResult range_result(const wire::RangeResult& from) {
  return {key_values(from.kvs()), from.count(), from.more(), text(from.next_key())};
}
PutResult put_result(const wire::PutResult& from) { return {text(from.key()), optional_key_value(from.prev())}; }
DeleteResult delete_result(const wire::DeleteResult& from) { return {from.deleted(), key_values(from.prev())}; }

Result<TxnResult> txn_result(const wire::TxnResult& from, int depth) {
  if (depth > result_depth_max) return fail(Errc::malformed, "a transaction's answer is nested too deep");
  TxnResult result;
  result.succeeded = from.succeeded();
  if (from.results() == nullptr) return result;
  for (const auto* item : *from.results()) {
    if (const auto* range = item->body_as_RangeResult()) {
      result.results.push_back({range_result(*range)});
    } else if (const auto* put = item->body_as_PutResult()) {
      result.results.push_back({put_result(*put)});
    } else if (const auto* erase = item->body_as_DeleteResult()) {
      result.results.push_back({delete_result(*erase)});
    } else if (const auto* txn = item->body_as_TxnResult()) {
      auto nested = txn_result(*txn, depth + 1);
      if (!nested) return fail(nested.error());
      result.results.push_back({std::move(*nested)});
    } else {
      return fail(Errc::malformed, "a transaction's answer has a result of an unknown kind");
    }
  }
  return result;
}

LeaseRenewed renewed(const wire::LeaseRenewed& from) {
  LeaseRenewed result;
  if (from.rows() == nullptr) return result;
  for (flatbuffers::uoffset_t i = 0; i < from.rows()->size(); ++i) {
    const wire::RenewedRow row = protocol::struct_at(*from.rows(), i);
    result.rows.push_back({LeaseId(row.lease()), millis(row.ttl_millis())});
  }
  return result;
}

LeaseInfo lease_info(const wire::LeaseInfo& from) {
  LeaseInfo info{LeaseId(from.lease()),
                 millis(from.granted_millis()),
                 millis(from.remaining_millis()),
                 text(from.owner()),
                 text(from.note()),
                 from.session(),
                 from.key_count(),
                 {}};
  if (from.keys() != nullptr)
    for (const auto* key : *from.keys()) info.keys.push_back(text(key->bytes()));
  return info;
}

LeasePage lease_page(const wire::LeasePage& from) {
  LeasePage page;
  if (from.leases() != nullptr)
    for (const auto* lease : *from.leases()) page.leases.push_back(lease_info(*lease));
  page.next = LeaseId(from.next());
  return page;
}

std::string role_name(std::uint8_t role) {
  constexpr const char* names[] = {"follower", "pre-candidate", "candidate", "leader", "learner"};
  return role < std::size(names) ? names[role] : "unknown";
}

Status status(const wire::Status& from) {
  Status result;
  result.name = text(from.name());
  result.member = MemberId(from.member());
  result.cluster = ClusterId(from.cluster());
  result.role = role_name(from.role());
  result.leader = MemberId(from.leader());
  result.term = Term(from.term());
  result.index = Index(from.index());
  result.committed = Index(from.committed());
  result.applied = Index(from.applied());
  result.durable = Index(from.durable());
  result.revision = Revision(from.revision());
  result.compacted = Revision(from.compacted());
  result.db_size = from.db_size();
  result.data_bytes = from.data_bytes();
  result.key_count = from.key_count();
  result.lease_count = from.lease_count();
  result.watch_count = from.watch_count();
  result.connection_count = from.connection_count();
  result.cluster_time_millis = from.cluster_time_millis();
  result.version = text(from.version());
  result.machine_version = from.machine_version();
  if (from.alarms() != nullptr)
    for (const auto* alarm : *from.alarms()) result.alarms.push_back(text(alarm));
  return result;
}

MemberList member_list(const wire::MemberList& from) {
  MemberList list;
  if (from.membership() == nullptr || from.membership()->members() == nullptr) return list;
  const auto* learners = from.membership()->learners();
  for (const auto* member : *from.membership()->members()) {
    bool voter = true;
    if (learners != nullptr)
      for (const std::uint64_t id : *learners) voter = voter && id != member->id();
    list.members.push_back(
        {MemberId(member->id()), text(member->name()), text(member->peer_address()), text(member->client_address()), voter});
  }
  return list;
}

/// Fills what every reply has and takes the body over.
WireReply with_body(Header header, decltype(Reply::body) body) { return {header, Reply{header, std::move(body)}}; }

Result<WireReply> reply_of(const wire::Reply& from) {
  Header header{{}, MemberId(from.member()), MemberId(from.leader()), Term(from.term()), Revision(from.revision())};
  if (from.body() == nullptr) return fail(Errc::malformed, "an answer without a body");
  if (from.outcome_revision() != 0) header.revision = Revision(from.outcome_revision());
  switch (from.body_type()) {
    case wire::ReplyBody::Refused: {
      const auto* refused = from.body_as_Refused();
      return WireReply{header,
                       WireRefused{{errc_from_wire(refused->code()), text(refused->context())}, Revision(refused->compacted())}};
    }
    case wire::ReplyBody::RangeResult: return with_body(header, range_result(*from.body_as_RangeResult()));
    case wire::ReplyBody::PutResult: return with_body(header, put_result(*from.body_as_PutResult()));
    case wire::ReplyBody::DeleteResult: return with_body(header, delete_result(*from.body_as_DeleteResult()));
    case wire::ReplyBody::TxnResult: {
      auto result = txn_result(*from.body_as_TxnResult(), 0);
      if (!result) return fail(result.error());
      return with_body(header, std::move(*result));
    }
    case wire::ReplyBody::LeaseGranted:
      return with_body(
          header, LeaseGranted{LeaseId(from.body_as_LeaseGranted()->lease()), millis(from.body_as_LeaseGranted()->ttl_millis())});
    case wire::ReplyBody::LeaseRevoked: return with_body(header, LeaseRevoked{from.body_as_LeaseRevoked()->keys_deleted()});
    case wire::ReplyBody::LeaseRenewed: return with_body(header, renewed(*from.body_as_LeaseRenewed()));
    case wire::ReplyBody::SessionOpened: {
      const auto* opened = from.body_as_SessionOpened();
      return WireReply{header, WireSessionOpened{LeaseId(opened->session()), millis(opened->ttl_millis())}};
    }
    case wire::ReplyBody::SessionClosed:
    case wire::ReplyBody::Done:
    case wire::ReplyBody::Acknowledged: return with_body(header, Acknowledged{});
    case wire::ReplyBody::Compacted: return with_body(header, Compacted{Revision(from.body_as_Compacted()->revision())});
    case wire::ReplyBody::AppliedEarlier: return with_body(header, AppliedEarlier{from.body_as_AppliedEarlier()->succeeded()});
    case wire::ReplyBody::LeaseInfo: return with_body(header, lease_info(*from.body_as_LeaseInfo()));
    case wire::ReplyBody::LeasePage: return with_body(header, lease_page(*from.body_as_LeasePage()));
    case wire::ReplyBody::Status: return with_body(header, status(*from.body_as_Status()));
    case wire::ReplyBody::MemberList: return with_body(header, member_list(*from.body_as_MemberList()));
    case wire::ReplyBody::Hash: {
      const auto* hash = from.body_as_Hash();
      return with_body(header, StateHash{Index(hash->applied()), Revision(hash->revision()), hash->hash()});
    }
    case wire::ReplyBody::WatchCreated: return WireReply{header, WireWatchCreated{Revision(from.body_as_WatchCreated()->start())}};
    case wire::ReplyBody::NONE: break;
  }
  return fail(Errc::unsupported, "an answer of a kind that this client does not know");
}

template <class Table>
Result<const Table*> verified(ByteView payload) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(payload.data());
  flatbuffers::Verifier verifier(data, payload.size(), protocol::reply_verify.depth_max, protocol::reply_verify.tables_max);
  if (!verifier.VerifyBuffer<Table>(nullptr)) return fail(Errc::malformed, "a frame from the server does not verify");
  return flatbuffers::GetRoot<Table>(data);
}

std::vector<std::uint64_t> watch_ids(const flatbuffers::Vector<std::uint64_t>* from) {
  std::vector<std::uint64_t> ids;
  if (from == nullptr) return ids;
  ids.reserve(from->size());
  for (flatbuffers::uoffset_t i = 0; i < from->size(); ++i) ids.push_back(protocol::number_at(*from, i));
  return ids;
}

Result<Push> events_push(const protocol::Frame& frame) {
  const auto sections = protocol::split(frame);
  if (!sections) return fail(sections.error());
  const auto head = verified<wire::EventsPush>(sections->head.view());
  if (!head) return fail(head.error());
  const auto events = verified<wire::Events>(sections->tail.view());
  if (!events) return fail(events.error());
  EventsPush push{watch_ids((*head)->watches()), Revision((*head)->revision()), {}, (*head)->more()};
  if ((*events)->events() == nullptr) return Push(std::move(push));
  for (const auto* event : *(*events)->events()) {
    if (event->kv() == nullptr) return fail(Errc::malformed, "an event without a key");
    push.events.push_back({event->kind() == wire::EventKind::put ? EventKind::put : EventKind::erase,
                           static_cast<EventCause>(event->cause()), key_value(*event->kv()), optional_key_value(event->prev())});
  }
  return Push(std::move(push));
}

}  // namespace

Result<WireReply> decode_reply(const protocol::Frame& frame) {
  const auto sections = protocol::split(frame);
  if (!sections) return fail(sections.error());
  const auto reply = verified<wire::Reply>(sections->head.view());
  if (!reply) return fail(reply.error());
  return reply_of(**reply);
}

Result<Push> decode_push(const protocol::Frame& frame) {
  const ByteView payload = frame.payload.view();
  switch (frame.kind) {
    case protocol::FrameKind::events_push: return events_push(frame);
    case protocol::FrameKind::bookmark_push: {
      const auto push = verified<wire::Bookmark>(payload);
      if (!push) return fail(push.error());
      return Push(BookmarkPush{watch_ids((*push)->watches()), Revision((*push)->revision())});
    }
    case protocol::FrameKind::watch_ended_push: {
      const auto push = verified<wire::WatchEnded>(payload);
      if (!push) return fail(push.error());
      return Push(WatchEndedPush{(*push)->watch(), errc_from_wire((*push)->code()), Revision((*push)->oldest())});
    }
    case protocol::FrameKind::turn_fired_push: {
      const auto push = verified<wire::TurnFired>(payload);
      if (!push) return fail(push.error());
      return Push(TurnPush{(*push)->watch(), {Revision((*push)->revision()), (*push)->gone(), (*push)->ahead()}});
    }
    case protocol::FrameKind::leader_news_push: {
      const auto push = verified<wire::LeaderNews>(payload);
      if (!push) return fail(push.error());
      return Push(LeaderNewsPush{(*push)->has_leader(), MemberId((*push)->leader())});
    }
    default: return fail(Errc::unsupported, "a frame of a kind that this client does not know");
  }
}

}  // namespace conclave::client
