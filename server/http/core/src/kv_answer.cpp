#include "conclave/gateway_core/kv_answer.hpp"

namespace conclave::gateway {
namespace {

void write_kv(JsonWriter& json, std::string_view name, const mvcc::KeyValuePtr& kv) {
  if (kv == nullptr) return;
  json.begin_object(name);
  write_key_value(json, fields_of(*kv));
  json.end_object();
}

void write_rows(JsonWriter& json, std::string_view name, const std::vector<mvcc::KeyValuePtr>& rows, bool keys_only) {
  if (rows.empty()) return;
  json.begin_array(name);
  for (const auto& kv : rows) {
    json.begin_object();
    write_key_value(json, fields_of(*kv, keys_only));
    json.end_object();
  }
  json.end_array();
}

void write_delete(JsonWriter& json, const mvcc::DeleteResult& result) {
  json.u64("deleted", result.deleted);
  write_rows(json, "prev_kvs", result.prev, false);
}

/// Answers within a transaction name just the revision.
void write_revision(JsonWriter& json, Revision revision) {
  json.begin_object("header");
  json.u64_always("revision", revision.value());
  json.end_object();
}

void write_txn(JsonWriter& json, const mvcc::TxnResult& result, const OpShape& shape, Revision revision);

/// The answer to one operation; gives how many results it took.
std::size_t write_result(JsonWriter& json, const OpShape& shape, std::span<const mvcc::OpResult> results, Revision revision) {
  const auto& body = results.front().body;
  json.begin_object();
  std::size_t taken = 1;
  if (const auto* range = std::get_if<mvcc::RangeResult>(&body)) {
    json.begin_object("response_range");
    write_revision(json, revision);
    write_rows(json, "kvs", range->kvs, range->keys_only);
    json.boolean("more", range->more);
    const mvcc::RangeResult* counted = range;
    if (shape.counted_apart && results.size() > 1) {
      if (const auto* apart = std::get_if<mvcc::RangeResult>(&results[1].body)) counted = apart;
      taken = 2;
    }
    json.u64("count", counted->count);
  } else if (const auto* put = std::get_if<mvcc::PutResult>(&body)) {
    json.begin_object("response_put");
    write_revision(json, revision);
    write_kv(json, "prev_kv", put->prev);
  } else if (const auto* erase = std::get_if<mvcc::DeleteResult>(&body)) {
    json.begin_object("response_delete_range");
    write_revision(json, revision);
    write_delete(json, *erase);
  } else {
    json.begin_object("response_txn");
    write_revision(json, revision);
    write_txn(json, std::get<mvcc::TxnResult>(body), shape, revision);
  }
  json.end_object();
  json.end_object();
  return taken;
}

void write_txn(JsonWriter& json, const mvcc::TxnResult& result, const OpShape& shape, Revision revision) {
  json.boolean("succeeded", result.succeeded);
  if (result.results.empty()) return;
  const std::vector<OpShape>& shapes = result.succeeded ? shape.success : shape.failure;
  json.begin_array("responses");
  std::span<const mvcc::OpResult> left(result.results);
  for (const OpShape& op : shapes) {
    if (left.empty()) break;
    left = left.subspan(write_result(json, op, left, revision));
  }
  json.end_array();
}

template <class Body>
std::string answer(const Head& head, Body body) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  write_header(json, head);
  body(json);
  json.end_object();
  out.push_back('\n');
  return out;
}

}  // namespace

void write_header(JsonWriter& json, const Head& head) {
  json.begin_object("header");
  json.u64("cluster_id", head.cluster.value());
  json.u64("member_id", head.member.value());
  json.u64_always("revision", head.revision.value());
  json.u64("raft_term", head.term.value());
  json.end_object();
}

void write_key_value(JsonWriter& json, const KeyValueFields& kv) {
  json.bytes("key", kv.key);
  json.u64("create_revision", kv.versions.create.value());
  json.u64("mod_revision", kv.versions.mod.value());
  json.u64("version", kv.versions.version);
  json.bytes("value", kv.value);
  json.i64("lease", static_cast<std::int64_t>(kv.versions.lease.value()));
}

KeyValueFields fields_of(const mvcc::KeyValue& kv, bool keys_only) {
  return {kv.key(), keys_only ? ByteView() : kv.value(), kv.versions()};
}

RangeAnswer::RangeAnswer(const Head& head) {
  JsonWriter json(text_);
  json.begin_object();
  write_header(json, head);
}

void RangeAnswer::add(const mvcc::RangeResult& page) {
  if (page.kvs.empty()) return;
  JsonWriter json(text_);
  if (!any_) json.begin_array("kvs");
  any_ = true;
  for (const auto& kv : page.kvs) {
    json.begin_object();
    write_key_value(json, fields_of(*kv, page.keys_only));
    json.end_object();
  }
}

std::string RangeAnswer::finish(bool more, std::uint64_t count) {
  JsonWriter json(text_);
  if (any_) json.end_array();
  json.boolean("more", more);
  json.u64("count", count);
  json.end_object();
  text_.push_back('\n');
  return std::move(text_);
}

std::string header_only(const Head& head) {
  return answer(head, [](JsonWriter&) {});
}

std::string put_answer(const Head& head, const mvcc::PutResult& result) {
  return answer(head, [&](JsonWriter& json) { write_kv(json, "prev_kv", result.prev); });
}

std::string delete_answer(const Head& head, const mvcc::DeleteResult& result) {
  return answer(head, [&](JsonWriter& json) { write_delete(json, result); });
}

std::string txn_answer(const Head& head, const mvcc::TxnResult& result, const OpShape& shape) {
  return answer(head, [&](JsonWriter& json) { write_txn(json, result, shape, head.revision); });
}

}  // namespace conclave::gateway
