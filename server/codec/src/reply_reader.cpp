#include "reply_reader.hpp"

namespace conclave::codec {

namespace {

constexpr std::size_t depth_max = 8;  // transactions nest at most four deep

using KeyValues = flatbuffers::Vector<flatbuffers::Offset<wire::KeyValue>>;

Unexpected bad(const char* what) { return fail(Errc::corruption, what); }

milliseconds millis(std::uint64_t count) { return milliseconds(static_cast<std::int64_t>(count)); }

mvcc::KeyValuePtr key_value(const wire::KeyValue& wire) {
  return mvcc::make_key_value(
      view_of(wire.key()), view_of(wire.value()),
      mvcc::KeyValue::Versions{Revision(wire.create()), Revision(wire.mod()), wire.version(), LeaseId(wire.lease())});
}

std::vector<mvcc::KeyValuePtr> key_values(const KeyValues* wire) {
  std::vector<mvcc::KeyValuePtr> out;
  if (wire == nullptr) return out;
  out.reserve(wire->size());
  for (const wire::KeyValue* one : *wire) out.push_back(key_value(*one));
  return out;
}

mvcc::RangeResult result(const wire::RangeResult& wire) {
  return {key_values(wire.kvs()), wire.count(), wire.more(), std::string(view_of(wire.next_key())), wire.keys_only()};
}
mvcc::PutResult result(const wire::PutResult& wire) {
  return {std::string(view_of(wire.key())), wire.prev() != nullptr ? key_value(*wire.prev()) : nullptr};
}
mvcc::DeleteResult result(const wire::DeleteResult& wire) { return {wire.deleted(), key_values(wire.prev())}; }

Result<mvcc::TxnResult> txn_result(const wire::TxnResult& wire, std::size_t depth);

Result<mvcc::OpResult> op_result(const wire::OpResult& wire, std::size_t depth) {
  if (wire.body() == nullptr) return bad("a result without a body");
  switch (wire.body_type()) {
    case wire::OpResultBody::RangeResult: return mvcc::OpResult{result(*wire.body_as_RangeResult())};
    case wire::OpResultBody::PutResult: return mvcc::OpResult{result(*wire.body_as_PutResult())};
    case wire::OpResultBody::DeleteResult: return mvcc::OpResult{result(*wire.body_as_DeleteResult())};
    case wire::OpResultBody::TxnResult: {
      auto nested = txn_result(*wire.body_as_TxnResult(), depth + 1);
      if (!nested) return fail(nested.error());
      return mvcc::OpResult{std::move(*nested)};
    }
    case wire::OpResultBody::NONE: break;
  }
  return bad("a result of an unknown kind");
}

Result<mvcc::TxnResult> txn_result(const wire::TxnResult& wire, std::size_t depth) {
  if (depth == depth_max) return bad("results that are nested too deep");
  mvcc::TxnResult txn;
  txn.succeeded = wire.succeeded();
  if (wire.results() == nullptr) return txn;
  txn.results.reserve(wire.results()->size());
  for (const wire::OpResult* one : *wire.results()) {
    auto each = op_result(*one, depth);
    if (!each) return fail(each.error());
    txn.results.push_back(std::move(*each));
  }
  return txn;
}

mvcc::LeaseRenewed renewed(const wire::LeaseRenewed& wire) {
  mvcc::LeaseRenewed out;
  if (wire.rows() == nullptr) return out;
  out.rows.reserve(wire.rows()->size());
  for (flatbuffers::uoffset_t i = 0; i < wire.rows()->size(); ++i) {
    const wire::RenewedRow row = protocol::struct_at(*wire.rows(), i);
    out.rows.push_back({LeaseId(row.lease()), millis(row.ttl_millis())});
  }
  return out;
}

template <class Table>
const Table& as(const void* body) {
  return *static_cast<const Table*>(body);
}

}  // namespace

Result<mvcc::ResponseBody> read_response(wire::ReplyBody kind, const void* body) {
  if (body == nullptr) return bad("an outcome without a body");
  switch (kind) {
    case wire::ReplyBody::Refused: {
      const auto& refused = as<wire::Refused>(body);
      return mvcc::Refused{errc_from_wire(refused.code()), std::string(view_of(refused.context())), Revision(refused.compacted())};
    }
    case wire::ReplyBody::RangeResult: return result(as<wire::RangeResult>(body));
    case wire::ReplyBody::PutResult: return result(as<wire::PutResult>(body));
    case wire::ReplyBody::DeleteResult: return result(as<wire::DeleteResult>(body));
    case wire::ReplyBody::TxnResult: {
      auto txn = txn_result(as<wire::TxnResult>(body), 0);
      if (!txn) return fail(txn.error());
      return std::move(*txn);
    }
    case wire::ReplyBody::LeaseGranted: {
      const auto& granted = as<wire::LeaseGranted>(body);
      return mvcc::LeaseGranted{LeaseId(granted.lease()), millis(granted.ttl_millis())};
    }
    case wire::ReplyBody::LeaseRevoked: return mvcc::LeaseRevoked{as<wire::LeaseRevoked>(body).keys_deleted()};
    case wire::ReplyBody::LeaseRenewed: return renewed(as<wire::LeaseRenewed>(body));
    case wire::ReplyBody::SessionOpened: {
      const auto& opened = as<wire::SessionOpened>(body);
      return mvcc::SessionOpened{LeaseId(opened.session()), millis(opened.ttl_millis())};
    }
    case wire::ReplyBody::SessionClosed: return mvcc::SessionClosed{};
    case wire::ReplyBody::Compacted: return mvcc::Compacted{Revision(as<wire::Compacted>(body).revision())};
    case wire::ReplyBody::Done: return mvcc::Done{};
    case wire::ReplyBody::AppliedEarlier: return mvcc::AppliedEarlier{as<wire::AppliedEarlier>(body).succeeded()};
    case wire::ReplyBody::NONE:
    case wire::ReplyBody::LeaseInfo:
    case wire::ReplyBody::LeasePage:
    case wire::ReplyBody::Status:
    case wire::ReplyBody::MemberList:
    case wire::ReplyBody::Hash:
    case wire::ReplyBody::Acknowledged:
    case wire::ReplyBody::WatchCreated: break;
  }
  return bad("an outcome of an unknown kind");
}

}  // namespace conclave::codec
