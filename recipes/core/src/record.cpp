#include "conclave/recipes_core/record.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace conclave::recipes::core {
namespace {

using Json = nlohmann::json;

std::string text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string string_in(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}
std::int64_t number_in(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}
Json object_of(std::string_view text) {
  Json json = Json::parse(text, nullptr, false);
  return json.is_object() ? json : Json();
}

bool is_utf8(const std::string& bytes) {
  try {
    (void)Json(bytes).dump();
    return true;
  } catch (const Json::exception&) {
    return false;
  }
}

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string base64(const std::string& bytes) {
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i)
      group = group << 8 | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    for (std::size_t i = 0; i < 4; ++i) text += at + i <= bytes.size() ? alphabet[group >> (18 - 6 * i) & 63] : '=';
  }
  return text;
}

std::string from_base64(const std::string& text) {
  std::string bytes;
  std::uint32_t group = 0;
  std::size_t bits = 0;
  for (const char c : text) {
    const std::size_t digit = alphabet.find(c);
    if (digit == std::string_view::npos) break;
    group = group << 6 | static_cast<std::uint32_t>(digit);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(group >> bits & 255);
  }
  return bytes;
}

}  // namespace

std::string to_json(const Record& record) {
  Json json{{"owner", record.owner}, {"at_ms", record.at_millis}};
  if (!record.note.empty()) json["note"] = record.note;
  if (record.weight != 1) json["weight"] = record.weight;
  if (record.value && is_utf8(*record.value)) json["value"] = *record.value;
  if (record.value && !is_utf8(*record.value)) json["value_base64"] = base64(*record.value);
  return text_of(json);
}

Record record_from_json(std::string_view text) {
  Record record;
  const Json json = object_of(text);
  if (!json.is_object()) return record;
  record.owner = string_in(json, "owner");
  record.note = string_in(json, "note");
  record.at_millis = number_in(json, "at_ms");
  const std::int64_t weight = number_in(json, "weight");
  if (weight > 0) record.weight = static_cast<std::uint64_t>(weight);
  if (json.contains("value")) record.value = string_in(json, "value");
  if (json.contains("value_base64")) record.value = from_base64(string_in(json, "value_base64"));
  return record;
}

std::string to_json(const SlotsRecord& record) {
  Json json = record.others.empty() ? Json::object() : object_of(record.others);
  json["slots"] = record.slots;
  if (!record.admitted.is_zero()) json["admitted"] = record.admitted.value();
  if (record.paused) json["paused"] = true;
  return text_of(json);
}

std::optional<SlotsRecord> slots_from_json(std::string_view text) {
  const Json json = object_of(text);
  if (!json.is_object() || !json.contains("slots") || number_in(json, "slots") < 0) return std::nullopt;
  SlotsRecord record;
  record.slots = static_cast<std::uint64_t>(number_in(json, "slots"));
  record.admitted = Revision(static_cast<std::uint64_t>(std::max<std::int64_t>(0, number_in(json, "admitted"))));
  const auto paused = json.find("paused");
  record.paused = paused != json.end() && paused->is_boolean() && paused->get<bool>();
  Json others = json;
  for (const char* const known : {"slots", "admitted", "paused"}) others.erase(known);
  if (!others.empty()) record.others = text_of(others);
  return record;
}

std::string to_json(const RebootRecord& record) {
  Json json{{"machine", record.machine}, {"boot", record.boot}, {"host", record.host}, {"at_ms", record.at_millis}};
  if (!record.reason.empty()) json["reason"] = record.reason;
  if (record.deadline_millis != 0) json["deadline_ms"] = record.deadline_millis;
  if (record.taken_again != 0) json["taken_again"] = record.taken_again;
  return text_of(json);
}

std::optional<RebootRecord> reboot_from_json(std::string_view text) {
  const Json json = object_of(text);
  if (!json.is_object()) return std::nullopt;
  RebootRecord record{string_in(json, "machine"),
                      string_in(json, "boot"),
                      string_in(json, "host"),
                      string_in(json, "reason"),
                      number_in(json, "at_ms"),
                      number_in(json, "deadline_ms"),
                      static_cast<std::uint64_t>(std::max<std::int64_t>(0, number_in(json, "taken_again")))};
  if (record.machine.empty()) return std::nullopt;
  return record;
}

}  // namespace conclave::recipes::core
