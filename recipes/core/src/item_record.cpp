#include "conclave/recipes_core/item_record.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace conclave::recipes::core {
namespace {

using Json = nlohmann::json;

constexpr std::size_t id_bytes_max = 128;

std::string string_in(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::uint64_t number_in(const Json& json, const char* name, std::uint64_t otherwise) {
  const auto found = json.find(name);
  return found != json.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : otherwise;
}

}  // namespace

std::string to_json(const ItemRecord& record) {
  Json json{
      {"item", record.item}, {"attempts", record.attempts}, {"attempts_max", record.attempts_max}, {"at_ms", record.at_millis}};
  if (record.priority != 0) json["priority"] = record.priority;
  if (!record.place.empty()) json["place"] = record.place;
  if (!record.owner.empty()) json["owner"] = record.owner;
  if (!record.error.empty()) json["error"] = record.error;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<ItemRecord> item_from_json(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  ItemRecord record;
  record.item = string_in(json, "item");
  if (!check_item_id(record.item)) return std::nullopt;
  record.priority = static_cast<unsigned>(std::min<std::uint64_t>(number_in(json, "priority", 0), priority_max));
  record.attempts = number_in(json, "attempts", 0);
  record.attempts_max = number_in(json, "attempts_max", record.attempts_max);
  record.place = string_in(json, "place");
  record.owner = string_in(json, "owner");
  const auto at = json.find("at_ms");
  if (at != json.end() && at->is_number_integer()) record.at_millis = at->get<std::int64_t>();
  record.error = string_in(json, "error");
  return record;
}

Result<void> check_item_id(std::string_view id) {
  if (id.empty()) return fail(Errc::invalid_argument, "an empty item id");
  if (id.size() > id_bytes_max) return fail(Errc::invalid_argument, "an item id of more than 128 bytes");
  const bool bad =
      std::any_of(id.begin(), id.end(), [](char c) { return c == '/' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (bad) return fail(Errc::invalid_argument, "an item id with a slash or control characters");
  return {};
}

std::string QueueKeys::ready(unsigned priority) const {
  const unsigned rank = priority_max - std::min(priority, priority_max);
  return ready() + static_cast<char>('0' + rank / 10) + static_cast<char>('0' + rank % 10) + "-";
}

PutOp put_ready(const QueueKeys& keys, const ItemRecord& record) {
  PutOp put;
  put.key = record.place.empty() ? keys.ready(record.priority) : keys.ready() + record.place;
  put.sequence = record.place.empty();
  ItemRecord waiting = record;
  waiting.place.clear();  // its key tells
  put.value = to_json(waiting);
  return put;
}

PutOp put_back(const QueueKeys& keys, const ItemRecord& record) {
  if (record.attempts == 0 || record.attempts < record.attempts_max) return put_ready(keys, record);
  PutOp put;
  put.key = keys.dead(record.item);
  put.value = to_json(record);
  return put;
}

}  // namespace conclave::recipes::core
