#include "command_reader.hpp"
#include "conclave/codec/client_codec.hpp"

namespace conclave::codec {

namespace {

using engine::ClientBody;

Unexpected unknown_field() { return fail(Errc::unsupported, "a request with a field that this version does not know"); }

Result<ClientBody> decode_write(const Bytes& payload, const mvcc::Limits& limits) {
  Arena arena;
  const auto read = read_command(payload.view(), arena, limits);
  if (!read) return fail(read.error());
  if (read->internal) return fail(Errc::permission_denied, "a request that only members make");
  engine::WriteRequest request;
  request.request = payload;
  request.has_session = !read->command.envelope.session.is_zero();
  const auto* open = std::get_if<mvcc::SessionOpen>(&read->command.body);
  request.opens_session = open != nullptr && open->nonce != 0;
  request.adds_data = read->adds_data;
  request.leased_key = read->leased_key;
  if (const auto* renew = std::get_if<mvcc::LeaseRenew>(&read->command.body)) {
    request.is_renewal = !request.has_session && read->command.guards.empty();
    if (request.is_renewal) request.lease_ids.assign(renew->ids.begin(), renew->ids.end());
  }
  return ClientBody(std::move(request));
}

Result<void> read_query(const wire::ReadRequest& wire, OpReader& reader, engine::ReadRequest& out) {
  if (wire.query() == nullptr) return fail(Errc::malformed, "a read without a query");
  switch (wire.query_type()) {
    case wire::Query::RangeOp: {
      const auto range = reader.range(*wire.query_as_RangeOp());
      if (!range) return fail(range.error());
      out.query = *range;
      return {};
    }
    case wire::Query::TxnOp: {
      const auto txn = reader.txn(*wire.query_as_TxnOp());
      if (!txn) return fail(txn.error());
      if (reader.saw_change()) return fail(Errc::invalid_argument, "a read transaction with an operation that is not a range");
      out.query = *txn;
      return {};
    }
    case wire::Query::LeaseTimeToLive: {
      const wire::LeaseTimeToLive& ask = *wire.query_as_LeaseTimeToLive();
      if (has_unknown_fields(&ask, wire::LeaseTimeToLive::VT_WITH_KEYS)) return unknown_field();
      out.query = engine::LeaseTimeToLive{LeaseId(ask.lease()), ask.with_keys()};
      return {};
    }
    case wire::Query::LeaseList: {
      const wire::LeaseList& ask = *wire.query_as_LeaseList();
      if (has_unknown_fields(&ask, wire::LeaseList::VT_COUNT_MAX)) return unknown_field();
      out.query = engine::LeaseList{LeaseId(ask.from()), ask.count_max()};
      return {};
    }
    case wire::Query::NONE: break;
  }
  return fail(Errc::unsupported, "a read of a kind that this version does not know");
}

Result<ClientBody> decode_read(const Bytes& payload, const mvcc::Limits& limits) {
  const auto* wire = verified<wire::ReadRequest>(payload.view(), protocol::request_verify);
  if (wire == nullptr) return fail(Errc::malformed, "a read request that does not verify");
  if (has_unknown_fields(wire, wire::ReadRequest::VT_QUERY)) return unknown_field();
  if (wire->consistency() > wire::Consistency::MAX) return fail(Errc::unsupported, "a consistency this version does not know");

  engine::ReadRequest request;
  request.backing = payload;
  request.consistency = static_cast<engine::Consistency>(wire->consistency());
  request.revision = Revision(wire->revision());
  request.age = milliseconds(static_cast<std::int64_t>(std::min(wire->age_millis(), millis_max)));
  OpReader reader(payload.size(), request.arena, limits);
  const auto guards = reader.guards(wire->guards());
  if (!guards) return fail(guards.error());
  if (!guards->empty() && request.consistency != engine::Consistency::linearizable) {
    return fail(Errc::invalid_argument, "guards are for linearizable reads");
  }
  request.guards = *guards;
  const auto query = read_query(*wire, reader, request);
  if (!query) return fail(query.error());
  return ClientBody(std::move(request));
}

Unexpected no_watch_id() { return fail(Errc::invalid_argument, "a watch needs an id that is not zero"); }

Result<ClientBody> watch_create(const wire::WatchCreate& wire, OpReader& reader) {
  if (has_unknown_fields(&wire, wire::WatchCreate::VT_BOOKMARKS)) return unknown_field();
  if (wire.watch() == 0) return no_watch_id();
  const auto keys = reader.keys(wire.keys());
  if (!keys) return fail(keys.error());
  engine::WatchCreate create;
  create.id = engine::WatchId(wire.watch());
  create.spec.kind = keys->kind;
  create.spec.begin = std::string(keys->begin);
  create.spec.end = std::string(keys->end);
  create.spec.no_put = wire.no_put();
  create.spec.no_delete = wire.no_delete();
  create.spec.want_previous = wire.want_previous();
  create.spec.keys_only = wire.keys_only();
  create.from = Revision(wire.from());
  create.bookmarks = wire.bookmarks();
  return ClientBody(std::move(create));
}

Result<ClientBody> turn_watch(const wire::TurnWatch& wire, OpReader& reader, const mvcc::Limits& limits) {
  if (has_unknown_fields(&wire, wire::TurnWatch::VT_WITH)) return unknown_field();
  if (wire.watch() == 0) return no_watch_id();
  if (wire.places() == 0) return fail(Errc::invalid_argument, "a turn among no places");
  const auto prefix = reader.bytes(wire.prefix(), limits.key_bytes_max);
  if (!prefix) return fail(prefix.error());
  const auto own_key = reader.bytes(wire.own_key(), limits.key_bytes_max);
  if (!own_key) return fail(own_key.error());
  engine::TurnWatch watch;
  watch.id = engine::WatchId(wire.watch());
  watch.spec.prefix = std::string(*prefix);
  watch.spec.own_key = std::string(*own_key);
  watch.spec.places = wire.places();
  watch.with = engine::RequestId(wire.with());
  return ClientBody(std::move(watch));
}

Result<ClientBody> member_add(const wire::MemberAddAsk& wire) {
  if (has_unknown_fields(&wire, wire::MemberAddAsk::VT_PEER_ADDRESS)) return unknown_field();
  const ByteView name = view_of(wire.name());
  const ByteView address = view_of(wire.peer_address());
  if (name.size() > protocol::name_bytes_max) return fail(Errc::too_large, "a member's name");
  if (address.size() > protocol::address_bytes_max) return fail(Errc::too_large, "a member's address");
  return ClientBody(engine::MemberAddRequest{std::string(name), std::string(address)});
}

Result<ClientBody> member_remove(const wire::MemberRemoveAsk& wire) {
  if (has_unknown_fields(&wire, wire::MemberRemoveAsk::VT_NAME)) return unknown_field();
  const ByteView name = view_of(wire.name());
  if (name.size() > protocol::name_bytes_max) return fail(Errc::too_large, "a member's name");
  return ClientBody(engine::MemberRemoveRequest{std::string(name)});
}

Result<ClientBody> decode_ask(const Bytes& payload, const mvcc::Limits& limits) {
  const auto* ask = verified<wire::Ask>(payload.view(), protocol::request_verify);
  if (ask == nullptr) return fail(Errc::malformed, "a request that does not verify");
  if (ask->body() == nullptr) return fail(Errc::malformed, "a request without a body");
  Arena arena;
  OpReader reader(payload.size(), arena, limits);
  switch (ask->body_type()) {
    case wire::AskBody::WatchCreate: return watch_create(*ask->body_as_WatchCreate(), reader);
    case wire::AskBody::WatchCancel:
      if (has_unknown_fields(ask->body_as_WatchCancel(), wire::WatchCancel::VT_WATCH)) return unknown_field();
      if (ask->body_as_WatchCancel()->watch() == 0) return no_watch_id();
      return ClientBody(engine::WatchCancel{engine::WatchId(ask->body_as_WatchCancel()->watch())});
    case wire::AskBody::TurnWatch: return turn_watch(*ask->body_as_TurnWatch(), reader, limits);
    case wire::AskBody::StatusAsk: return ClientBody(engine::StatusRequest{});
    case wire::AskBody::MemberListAsk: return ClientBody(engine::MemberListRequest{});
    case wire::AskBody::MoveLeaderAsk:
      if (has_unknown_fields(ask->body_as_MoveLeaderAsk(), wire::MoveLeaderAsk::VT_TO)) return unknown_field();
      return ClientBody(engine::MoveLeaderRequest{MemberId(ask->body_as_MoveLeaderAsk()->to())});
    case wire::AskBody::MemberAddAsk: return member_add(*ask->body_as_MemberAddAsk());
    case wire::AskBody::MemberRemoveAsk: return member_remove(*ask->body_as_MemberRemoveAsk());
    case wire::AskBody::HashAsk: return ClientBody(engine::HashRequest{});
    case wire::AskBody::NONE: break;
  }
  return fail(Errc::unsupported, "a request of a kind that this version does not know");
}

}  // namespace

Result<ClientBody> decode_request(protocol::FrameKind kind, const Bytes& payload, const mvcc::Limits& limits) {
  if (payload.size() > protocol::request_bytes_max) return fail(Errc::too_large, "a request beyond the limit of a frame");
  if (kind == protocol::FrameKind::write) return decode_write(payload, limits);
  if (kind == protocol::FrameKind::read) return decode_read(payload, limits);
  if (kind == protocol::FrameKind::ask) return decode_ask(payload, limits);
  return fail(Errc::malformed, "a frame of a kind that clients do not send");
}

}  // namespace conclave::codec
