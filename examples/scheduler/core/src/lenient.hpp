#pragma once

#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "conclave/scheduler_core/spec.hpp"

/// Reading of records that others may have written: what is missing or of another type keeps its default.
namespace conclave::scheduler::lenient {

using Json = nlohmann::json;

inline void read(const Json& json, const char* name, std::string& into) {
  if (const auto found = json.find(name); found != json.end() && found->is_string()) into = found->get<std::string>();
}
inline void read(const Json& json, const char* name, bool& into) {
  if (const auto found = json.find(name); found != json.end() && found->is_boolean()) into = found->get<bool>();
}
inline void read(const Json& json, const char* name, std::uint64_t& into) {
  if (const auto found = json.find(name); found != json.end() && found->is_number_unsigned()) into = found->get<std::uint64_t>();
}
inline void read(const Json& json, const char* name, std::int64_t& into) {
  if (const auto found = json.find(name); found != json.end() && found->is_number_integer()) into = found->get<std::int64_t>();
}
inline void read(const Json& json, const char* name, std::optional<int>& into) {
  const auto found = json.find(name);
  if (found == json.end() || !found->is_number_integer()) return;
  const auto number = found->get<std::int64_t>();
  if (number >= std::numeric_limits<int>::min() && number <= std::numeric_limits<int>::max()) into = static_cast<int>(number);
}
inline void read(const Json& json, const char* name, std::vector<std::string>& into) {
  const auto found = json.find(name);
  if (found == json.end() || !found->is_array()) return;
  for (const Json& element : *found)
    if (element.is_string()) into.push_back(element.get<std::string>());
}
/// An object of strings.
template <class Map>
requires std::is_same_v<typename Map::mapped_type, std::string>
void read(const Json& json, const char* name, Map& into) {
  const auto found = json.find(name);
  if (found == json.end() || !found->is_object()) return;
  for (const auto& [key, value] : found->items())
    if (value.is_string()) into[key] = value.template get<std::string>();
}
inline void read(const Json& json, const char* name, Resources& into) {
  const auto found = json.find(name);
  if (found == json.end() || !found->is_object()) return;
  read(*found, "cpu_milli", into.cpu_milli);
  read(*found, "memory_mib", into.memory_mib);
  read(*found, "slots", into.slots);
}

inline Json json_of(const Resources& resources) {
  return {{"cpu_milli", resources.cpu_milli}, {"memory_mib", resources.memory_mib}, {"slots", resources.slots}};
}
/// Bytes that are no text are replaced.
inline std::string text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

inline std::optional<Json> object_from(std::string_view text) {
  Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  return json;
}

}  // namespace conclave::scheduler::lenient
