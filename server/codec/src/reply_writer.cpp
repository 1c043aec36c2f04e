#include "reply_writer.hpp"

namespace conclave::codec {

namespace {

using flatbuffers::Offset;

std::uint64_t millis(milliseconds duration) { return static_cast<std::uint64_t>(duration.count()); }

template <class Table>
WrittenBody written(Offset<Table> offset) {
  return {wire::ReplyBodyTraits<Table>::enum_value, offset.Union()};
}

Offset<flatbuffers::Vector<Offset<wire::KeyValue>>> write_key_values(Builder& builder, const std::vector<mvcc::KeyValuePtr>& kvs,
                                                                     bool with_value) {
  if (kvs.empty()) return 0;
  std::vector<Offset<wire::KeyValue>> offsets;
  offsets.reserve(kvs.size());
  for (const auto& kv : kvs) offsets.push_back(write_key_value(builder, *kv, with_value));
  return builder.CreateVector(offsets);
}

/// Writes each alternative of a response as its own table.
class Writer {
 public:
  Writer(Builder& builder, Values values) : builder_(builder), values_(values) {}

  Offset<wire::Refused> table(const mvcc::Refused& body) {
    const auto context = text_of(builder_, body.context);
    return wire::CreateRefused(builder_, static_cast<std::uint16_t>(body.code), context, body.compacted.value());
  }
  Offset<wire::RangeResult> table(const mvcc::RangeResult& body) {
    const auto kvs = write_key_values(builder_, body.kvs, values_ == Values::all || !body.keys_only);
    const auto next_key = bytes_of(builder_, body.next_key);
    return wire::CreateRangeResult(builder_, kvs, body.count, body.more, next_key, body.keys_only);
  }
  Offset<wire::PutResult> table(const mvcc::PutResult& body) {
    const auto key = bytes_of(builder_, body.key);
    const auto prev = body.prev ? write_key_value(builder_, *body.prev, true) : Offset<wire::KeyValue>(0);
    return wire::CreatePutResult(builder_, key, prev);
  }
  Offset<wire::DeleteResult> table(const mvcc::DeleteResult& body) {
    const auto prev = write_key_values(builder_, body.prev, true);
    return wire::CreateDeleteResult(builder_, body.deleted, prev);
  }
  Offset<wire::TxnResult> table(const mvcc::TxnResult& body) {
    std::vector<Offset<wire::OpResult>> results;
    results.reserve(body.results.size());
    for (const auto& result : body.results) results.push_back(op_result(result));
    const auto vector = results.empty() ? Offset<flatbuffers::Vector<Offset<wire::OpResult>>>(0) : builder_.CreateVector(results);
    return wire::CreateTxnResult(builder_, body.succeeded, vector);
  }
  Offset<wire::LeaseGranted> table(const mvcc::LeaseGranted& body) {
    return wire::CreateLeaseGranted(builder_, body.id.value(), millis(body.ttl));
  }
  Offset<wire::LeaseRevoked> table(const mvcc::LeaseRevoked& body) { return wire::CreateLeaseRevoked(builder_, body.keys_deleted); }
  Offset<wire::LeaseRenewed> table(const mvcc::LeaseRenewed& body) {
    std::vector<wire::RenewedRow> rows;
    rows.reserve(body.rows.size());
    for (const auto& row : body.rows) rows.emplace_back(row.id.value(), millis(row.ttl));
    return wire::CreateLeaseRenewed(builder_, builder_.CreateVectorOfStructs(rows));
  }
  Offset<wire::SessionOpened> table(const mvcc::SessionOpened& body) {
    return wire::CreateSessionOpened(builder_, body.id.value(), millis(body.ttl));
  }
  Offset<wire::SessionClosed> table(const mvcc::SessionClosed&) { return wire::CreateSessionClosed(builder_); }
  Offset<wire::Compacted> table(const mvcc::Compacted& body) { return wire::CreateCompacted(builder_, body.revision.value()); }
  Offset<wire::Done> table(const mvcc::Done&) { return wire::CreateDone(builder_); }
  Offset<wire::AppliedEarlier> table(const mvcc::AppliedEarlier& body) {
    return wire::CreateAppliedEarlier(builder_, body.succeeded);
  }

 private:
  Offset<wire::OpResult> op_result(const mvcc::OpResult& result) {
    return std::visit([this](const auto& body) { return boxed(table(body)); }, result.body);
  }

  template <class Table>
  Offset<wire::OpResult> boxed(Offset<Table> offset) {
    return wire::CreateOpResult(builder_, wire::OpResultBodyTraits<Table>::enum_value, offset.Union());
  }

  Builder& builder_;
  Values values_;
};

}  // namespace

WrittenBody write_response(Builder& builder, const mvcc::ResponseBody& body, Values values) {
  Writer writer(builder, values);
  return std::visit([&writer](const auto& alternative) { return written(writer.table(alternative)); }, body);
}

Offset<wire::KeyValue> write_key_value(Builder& builder, const mvcc::KeyValue& kv, bool with_value) {
  const auto key = bytes_of(builder, kv.key());
  const auto value = with_value ? bytes_of(builder, kv.value()) : Offset<flatbuffers::Vector<std::uint8_t>>(0);
  return wire::CreateKeyValue(builder, key, value, kv.create_revision().value(), kv.mod_revision().value(), kv.version(),
                              kv.lease().value());
}

Offset<wire::LeaseInfo> write_lease(Builder& builder, const mvcc::LeaseInfo& lease) {
  std::vector<Offset<wire::BytesBox>> keys;
  keys.reserve(lease.keys.size());
  for (const auto& key : lease.keys) {
    const auto bytes = bytes_of(builder, key);
    keys.push_back(wire::CreateBytesBox(builder, bytes));
  }
  const auto owner = bytes_of(builder, lease.owner);
  const auto note = bytes_of(builder, lease.note);
  const auto key_vector = keys.empty() ? Offset<flatbuffers::Vector<Offset<wire::BytesBox>>>(0) : builder.CreateVector(keys);
  return wire::CreateLeaseInfo(builder, lease.id.value(), millis(lease.granted), millis(lease.remaining), owner, note,
                               lease.session, lease.key_count, key_vector);
}

}  // namespace conclave::codec
