#pragma once

#include <string>

#include "conclave/base/ids.hpp"
#include "conclave/gateway_core/json_writer.hpp"
#include "conclave/gateway_core/kv_request.hpp"
#include "conclave/mvcc/response.hpp"

namespace conclave::gateway {

/// Who answers, and at which revision.
struct Head {
  ClusterId cluster;
  MemberId member;
  Term term;
  Revision revision;
};
/// `"header":{...}`. The revision is written also when it is zero: clients read it without looking whether it is there.
void write_header(JsonWriter& json, const Head& head);

/// A version of a key, wherever its bytes are.
struct KeyValueFields {
  ByteView key;
  ByteView value;
  mvcc::KeyValue::Versions versions;
};
/// The fields of a key value, into an object that was begun.
void write_key_value(JsonWriter& json, const KeyValueFields& kv);
[[nodiscard]] KeyValueFields fields_of(const mvcc::KeyValue& kv, bool keys_only = false);

/// The rows of a range's answer, which may come in pages; then more and count.
class RangeAnswer {
 public:
  explicit RangeAnswer(const Head& head);
  void add(const mvcc::RangeResult& page);
  [[nodiscard]] std::size_t size() const { return text_.size(); }
  /// `count`: of the whole range. The answer with its newline.
  [[nodiscard]] std::string finish(bool more, std::uint64_t count);

 private:
  std::string text_;
  bool any_ = false;
};

/// `{"header":...}` and a newline: the answer that says nothing else.
[[nodiscard]] std::string header_only(const Head& head);
[[nodiscard]] std::string put_answer(const Head& head, const mvcc::PutResult& result);
[[nodiscard]] std::string delete_answer(const Head& head, const mvcc::DeleteResult& result);
[[nodiscard]] std::string txn_answer(const Head& head, const mvcc::TxnResult& result, const OpShape& shape);

}  // namespace conclave::gateway
