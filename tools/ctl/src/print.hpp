#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "conclave/client.hpp"

/// Answers as JSON with etcdctl's field names (keys and values in base64) and as plain text.
namespace conclave::ctl {

using Json = nlohmann::ordered_json;

[[nodiscard]] std::string base64(std::string_view bytes);
[[nodiscard]] Json to_json(const Header& header);
[[nodiscard]] Json to_json(const KeyValue& kv);
[[nodiscard]] Json to_json(const RangeResult& result);
[[nodiscard]] Json to_json(const PutResult& result);
[[nodiscard]] Json to_json(const DeleteResult& result);
[[nodiscard]] Json to_json(const TxnResult& result);
[[nodiscard]] Json to_json(const LeaseInfo& info);
[[nodiscard]] Json to_json(const Event& event);

/// One JSON value in one line.
void print_json(const Json& json);
/// The answer's body with its header first.
template <class T>
void print_answer(const Answer<T>& answer) {
  Json json;
  json["header"] = to_json(answer.header);
  json.update(to_json(static_cast<const T&>(answer)));
  print_json(json);
}

void print_kv(const KeyValue& kv, bool value_only = false, bool key_only = false);
void print_plain(const RangeResult& result, bool value_only, bool keys_only);
void print_plain(const TxnResult& result);
void print_plain(const Event& event);
/// Columns are as wide as their widest cell.
void print_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace conclave::ctl
