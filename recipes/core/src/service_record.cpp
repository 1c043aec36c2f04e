#include "conclave/recipes_core/service_record.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace conclave::recipes::core {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t port_max = 65'535;
constexpr std::uint64_t weight_max = 1'000'000;

std::string string_in(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::uint64_t number_in(const Json& json, const char* name, std::uint64_t otherwise, std::uint64_t max) {
  const auto found = json.find(name);
  if (found == json.end() || !found->is_number_unsigned()) return otherwise;
  return std::min(found->get<std::uint64_t>(), max);
}

const char* name_of(ServiceState state) {
  switch (state) {
    case ServiceState::up: return "up";
    case ServiceState::draining: return "draining";
    case ServiceState::unhealthy: return "unhealthy";
  }
  return "up";
}

/// A state that this version does not know is none that work should be sent to.
ServiceState state_in(const Json& json) {
  const std::string name = string_in(json, "state");
  if (name.empty() || name == "up") return ServiceState::up;
  return name == "draining" ? ServiceState::draining : ServiceState::unhealthy;
}

}  // namespace

std::string to_json(const ServiceRecord& record) {
  Json json{{"address", record.address}, {"port", record.port}, {"weight", record.weight}, {"state", name_of(record.state)}};
  if (!record.version.empty()) json["version"] = record.version;
  if (!record.tags.empty()) json["tags"] = record.tags;
  if (!record.meta.empty()) json["meta"] = record.meta;
  json["owner"] = record.owner;
  json["incarnation"] = record.incarnation;
  json["at_ms"] = record.at_millis;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<ServiceRecord> service_from_json(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  ServiceRecord record;
  record.address = string_in(json, "address");
  record.port = static_cast<std::uint16_t>(number_in(json, "port", 0, port_max));
  record.weight = number_in(json, "weight", 1, weight_max);
  record.version = string_in(json, "version");
  if (const auto tags = json.find("tags"); tags != json.end() && tags->is_array())
    for (const Json& tag : *tags)
      if (tag.is_string()) record.tags.push_back(tag.get<std::string>());
  if (const auto meta = json.find("meta"); meta != json.end() && meta->is_object())
    for (const auto& [name, value] : meta->items())
      if (value.is_string()) record.meta.emplace(name, value.get<std::string>());
  record.state = state_in(json);
  record.owner = string_in(json, "owner");
  record.incarnation = string_in(json, "incarnation");
  const auto at = json.find("at_ms");
  if (at != json.end() && at->is_number_integer()) record.at_millis = at->get<std::int64_t>();
  return record;
}

}  // namespace conclave::recipes::core
