#include "command_reader.hpp"

namespace conclave::codec {

namespace {

Unexpected unknown_field() { return fail(Errc::unsupported, "a request with a field that this version does not know"); }

Result<milliseconds> ttl_of(std::uint64_t millis) {
  if (millis > millis_max) return fail(Errc::invalid_argument, "a time to live of " + std::to_string(millis) + " ms");
  return milliseconds(static_cast<std::int64_t>(millis));
}

Result<std::span<const LeaseId>> ids_of(const flatbuffers::Vector<std::uint64_t>* wire, std::size_t count_max, Arena& arena) {
  if (wire == nullptr) return std::span<const LeaseId>();
  if (wire->size() > count_max) return fail(Errc::too_large, "a request with too many leases");
  const auto out = arena.make_span<LeaseId>(wire->size());
  for (flatbuffers::uoffset_t i = 0; i < wire->size(); ++i) out[i] = LeaseId(protocol::number_at(*wire, i));
  return std::span<const LeaseId>(out);
}

/// LeaseGrant and SessionOpen: both have an id or nonce, a time to live, an owner and a note.
template <class Out, class Wire, class First>
Result<mvcc::CommandBody> granted(const Wire& wire, First first, OpReader& reader, const mvcc::Limits& limits) {
  if (has_unknown_fields(&wire, Wire::VT_NOTE)) return unknown_field();
  const auto ttl = ttl_of(wire.ttl_millis());
  if (!ttl) return fail(ttl.error());
  const auto owner = reader.bytes(wire.owner(), limits.owner_bytes_max);
  if (!owner) return fail(owner.error());
  const auto note = reader.bytes(wire.note(), limits.note_bytes_max);
  if (!note) return fail(note.error());
  return Out{first, *ttl, *owner, *note};
}

template <class Op>
Result<mvcc::CommandBody> as_op(const Result<Op>& op) {
  if (!op) return fail(op.error());
  return mvcc::Op{*op};
}

template <class Out>
Result<mvcc::CommandBody> as_ids(const Result<std::span<const LeaseId>>& ids) {
  if (!ids) return fail(ids.error());
  return Out{*ids};
}

Result<mvcc::CommandBody> body_of(const wire::WriteRequest& request, OpReader& reader, Arena& arena, const mvcc::Limits& limits) {
  switch (request.body_type()) {
    case wire::CommandBody::PutOp: return as_op(reader.put(*request.body_as_PutOp()));
    case wire::CommandBody::DeleteOp: return as_op(reader.erase(*request.body_as_DeleteOp()));
    case wire::CommandBody::TxnOp: return as_op(reader.txn(*request.body_as_TxnOp()));
    case wire::CommandBody::LeaseGrant: {
      const wire::LeaseGrant& body = *request.body_as_LeaseGrant();
      return granted<mvcc::LeaseGrant>(body, LeaseId(body.lease()), reader, limits);
    }
    case wire::CommandBody::LeaseRevoke:
      if (has_unknown_fields(request.body_as_LeaseRevoke(), wire::LeaseRevoke::VT_LEASE)) return unknown_field();
      return mvcc::LeaseRevoke{LeaseId(request.body_as_LeaseRevoke()->lease())};
    case wire::CommandBody::LeaseRenew:
      if (has_unknown_fields(request.body_as_LeaseRenew(), wire::LeaseRenew::VT_LEASES)) return unknown_field();
      return as_ids<mvcc::LeaseRenew>(ids_of(request.body_as_LeaseRenew()->leases(), limits.renew_ids_max, arena));
    case wire::CommandBody::SessionOpen: {
      const wire::SessionOpen& body = *request.body_as_SessionOpen();
      return granted<mvcc::SessionOpen>(body, body.nonce(), reader, limits);
    }
    case wire::CommandBody::SessionClose:
      if (has_unknown_fields(request.body_as_SessionClose(), wire::SessionClose::VT_SESSION)) return unknown_field();
      return mvcc::SessionClose{LeaseId(request.body_as_SessionClose()->session())};
    case wire::CommandBody::Compact:
      if (has_unknown_fields(request.body_as_Compact(), wire::Compact::VT_REVISION)) return unknown_field();
      return mvcc::Compact{Revision(request.body_as_Compact()->revision())};
    case wire::CommandBody::ExpireLeases:
      if (has_unknown_fields(request.body_as_ExpireLeases(), wire::ExpireLeases::VT_LEASES)) return unknown_field();
      return as_ids<mvcc::ExpireLeases>(ids_of(request.body_as_ExpireLeases()->leases(), limits.expire_ids_max, arena));
    case wire::CommandBody::SetMachineVersion:
      if (has_unknown_fields(request.body_as_SetMachineVersion(), wire::SetMachineVersion::VT_VERSION)) return unknown_field();
      return mvcc::SetMachineVersion{MachineVersion(request.body_as_SetMachineVersion()->version())};
    case wire::CommandBody::NONE: break;
  }
  return fail(Errc::unsupported, "a request of a kind that this version does not know");
}

Result<mvcc::Envelope> envelope_of(const wire::WriteRequest& request) {
  mvcc::Envelope envelope;
  envelope.session = LeaseId(request.session());
  envelope.sequence = RequestSeq(request.sequence());
  envelope.first_outstanding = RequestSeq(request.first_outstanding());
  if (envelope.session.is_zero() != envelope.sequence.is_zero()) {
    return fail(Errc::invalid_argument, "a session goes with a sequence, and a sequence with a session");
  }
  if (envelope.first_outstanding > envelope.sequence) {
    return fail(Errc::invalid_argument, "the first outstanding sequence is beyond the request's own");
  }
  return envelope;
}

bool adds_data(wire::CommandBody kind, const OpReader& reader) {
  return reader.saw_put() || kind == wire::CommandBody::LeaseGrant || kind == wire::CommandBody::SessionOpen;
}

}  // namespace

Result<ReadCommand> read_command(ByteView bytes, Arena& arena, const mvcc::Limits& limits) {
  const auto* request = verified<wire::WriteRequest>(bytes, protocol::request_verify);
  if (request == nullptr) return fail(Errc::malformed, "a write request that does not verify");
  if (has_unknown_fields(request, wire::WriteRequest::VT_BODY)) return unknown_field();
  if (request->body() == nullptr) return fail(Errc::malformed, "a write request without a body");
  const auto envelope = envelope_of(*request);
  if (!envelope) return fail(envelope.error());

  OpReader reader(bytes.size(), arena, limits);
  const auto guards = reader.guards(request->guards());
  if (!guards) return fail(guards.error());
  const auto body = body_of(*request, reader, arena, limits);
  if (!body) return fail(body.error());

  ReadCommand read;
  read.command = mvcc::Command{*envelope, *guards, *body};
  read.adds_data = adds_data(request->body_type(), reader);
  read.leased_key = reader.leased_key();
  read.internal = request->body_type() >= wire::CommandBody::ExpireLeases;
  return read;
}

}  // namespace conclave::codec
