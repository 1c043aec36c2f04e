#include "print.hpp"

#include <algorithm>
#include <cstdio>

namespace conclave::ctl {
namespace {

void put_line(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fputc('\n', stdout);
}

Json kvs_json(const std::vector<KeyValue>& kvs) {
  Json list = Json::array();
  for (const KeyValue& kv : kvs) list.push_back(to_json(kv));
  return list;
}

}  // namespace

std::string base64(std::string_view bytes) {
  static constexpr char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) group = (group << 8) | (k < left ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k) text.push_back(k <= left ? letters[(group >> (18 - 6 * k)) & 63] : '=');
  }
  return text;
}

Json to_json(const Header& header) {
  return {{"cluster_id", header.cluster.value()},
          {"member_id", header.member.value()},
          {"revision", header.revision.value()},
          {"raft_term", header.term.value()}};
}

Json to_json(const KeyValue& kv) {
  Json json{{"key", base64(kv.key)},
            {"create_revision", kv.create_revision.value()},
            {"mod_revision", kv.mod_revision.value()},
            {"version", kv.version},
            {"value", base64(kv.value)}};
  if (!kv.lease.is_zero()) json["lease"] = kv.lease.value();
  return json;
}

Json to_json(const RangeResult& result) {
  Json json{{"kvs", kvs_json(result.kvs)}, {"count", result.count}};
  if (result.more) json["more"] = true;
  return json;
}

Json to_json(const PutResult& result) {
  Json json = Json::object();
  if (!result.key.empty()) json["key"] = base64(result.key);
  if (result.previous) json["prev_kv"] = to_json(*result.previous);
  return json;
}

Json to_json(const DeleteResult& result) {
  Json json{{"deleted", result.deleted}};
  if (!result.previous.empty()) json["prev_kvs"] = kvs_json(result.previous);
  return json;
}

Json to_json(const TxnResult& result) {
  Json responses = Json::array();
  for (const OpResult& one : result.results) {
    if (const auto* range = std::get_if<RangeResult>(&one.body)) responses.push_back({{"response_range", to_json(*range)}});
    if (const auto* put = std::get_if<PutResult>(&one.body)) responses.push_back({{"response_put", to_json(*put)}});
    if (const auto* erase = std::get_if<DeleteResult>(&one.body)) responses.push_back({{"response_delete_range", to_json(*erase)}});
    if (const auto* txn = std::get_if<TxnResult>(&one.body)) responses.push_back({{"response_txn", to_json(*txn)}});
  }
  return {{"succeeded", result.succeeded}, {"responses", std::move(responses)}};
}

Json to_json(const LeaseInfo& info) {
  const auto seconds = [](std::chrono::milliseconds ms) { return (ms.count() + 999) / 1000; };
  Json json{{"ID", info.id.value()}, {"TTL", seconds(info.remaining)}, {"grantedTTL", seconds(info.granted)}};
  if (!info.owner.empty()) json["owner"] = info.owner;
  if (!info.note.empty()) json["note"] = info.note;
  if (info.session) json["session"] = true;
  json["key_count"] = info.key_count;
  if (!info.keys.empty()) {
    json["keys"] = Json::array();
    for (const std::string& key : info.keys) json["keys"].push_back(base64(key));
  }
  return json;
}

Json to_json(const Event& event) {
  Json json{{"type", event.kind == EventKind::put ? "PUT" : "DELETE"}, {"kv", to_json(event.kv)}};
  if (event.kind == EventKind::erase) {
    constexpr const char* causes[] = {"deleted", "lease_expired", "lease_revoked"};
    json["cause"] = causes[std::min<std::size_t>(static_cast<std::size_t>(event.cause), 2)];
  }
  if (event.previous) json["prev_kv"] = to_json(*event.previous);
  return json;
}

void print_json(const Json& json) {
  put_line(json.dump(-1, ' ', false, Json::error_handler_t::replace));  // owners and notes may be any bytes
  std::fflush(stdout);
}

void print_kv(const KeyValue& kv, bool value_only, bool key_only) {
  if (!value_only) put_line(kv.key);
  if (!key_only) put_line(kv.value);
}

void print_plain(const RangeResult& result, bool value_only, bool keys_only) {
  for (const KeyValue& kv : result.kvs) print_kv(kv, value_only, keys_only);
}

void print_plain(const TxnResult& result) {
  put_line(result.succeeded ? "SUCCESS" : "FAILURE");
  for (const OpResult& one : result.results) {
    put_line("");
    if (const auto* range = std::get_if<RangeResult>(&one.body)) print_plain(*range, false, false);
    if (const auto* put = std::get_if<PutResult>(&one.body)) put_line(put->key.empty() ? "OK" : "OK " + put->key);
    if (const auto* erase = std::get_if<DeleteResult>(&one.body)) put_line(std::to_string(erase->deleted));
    if (const auto* txn = std::get_if<TxnResult>(&one.body)) print_plain(*txn);
  }
}

void print_plain(const Event& event) {
  put_line(event.kind == EventKind::put ? "PUT" : "DELETE");
  if (event.previous) print_kv(*event.previous);
  print_kv(event.kv);
  std::fflush(stdout);
}

void print_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - row[i].size() + 2, ' ');
    }
    put_line(line);
  }
}

}  // namespace conclave::ctl
