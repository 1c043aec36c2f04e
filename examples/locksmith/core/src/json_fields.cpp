#include "json_fields.hpp"

#include <algorithm>

namespace conclave::locksmith {

Result<Json> parse_object(std::string_view text, std::string_view what) {
  Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return fail(Errc::invalid_argument, std::string(what) + " is not valid JSON");
  if (!json.is_object()) return fail(Errc::invalid_argument, std::string(what) + " is not a JSON object");
  return json;
}

std::string text_of(const Json& json, bool pretty) {
  return json.dump(pretty ? 2 : -1, ' ', false, Json::error_handler_t::replace);
}

Result<void> Fields::only(std::initializer_list<std::string_view> names) const {
  for (const auto& item : object_.items()) {
    if (std::find(names.begin(), names.end(), item.key()) != names.end()) continue;
    std::string known;
    for (const std::string_view name : names) known += (known.empty() ? "" : ", ") + std::string(name);
    return fail(Errc::invalid_argument, where(item.key()) + ": this field is not known; there are " + known);
  }
  return {};
}

Unexpected Fields::wrong(std::string_view name, const std::string& what) const {
  return fail(Errc::invalid_argument, where(name) + ": " + what);
}

Result<std::string> Fields::text(std::string_view name, std::size_t bytes_max) const {
  if (!has(name)) return wrong(name, "is missing");
  const Json& value = at(name);
  if (!value.is_string()) return wrong(name, "must be a text");
  std::string found = value.get<std::string>();
  if (found.size() > bytes_max) return wrong(name, "is longer than " + std::to_string(bytes_max) + " bytes");
  return found;
}

Result<std::uint64_t> Fields::number(std::string_view name, std::uint64_t low, std::uint64_t high) const {
  if (!has(name)) return wrong(name, "is missing");
  const Json& value = at(name);
  const std::string range = "must be a whole number from " + std::to_string(low) + " to " + std::to_string(high);
  if (!value.is_number_unsigned()) return wrong(name, range);
  const auto found = value.get<std::uint64_t>();
  if (found < low || found > high) return wrong(name, range);
  return found;
}

Result<std::int64_t> Fields::integer(std::string_view name) const {
  if (!has(name)) return wrong(name, "is missing");
  const Json& value = at(name);
  if (!value.is_number_integer()) return wrong(name, "must be a whole number");
  return value.get<std::int64_t>();
}

Result<bool> Fields::flag(std::string_view name) const {
  if (!has(name)) return wrong(name, "is missing");
  if (!at(name).is_boolean()) return wrong(name, "must be true or false");
  return at(name).get<bool>();
}

std::string text_in(const Json& json, std::string_view name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}
std::int64_t integer_in(const Json& json, std::string_view name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}
bool flag_in(const Json& json, std::string_view name, bool otherwise) {
  const auto found = json.find(name);
  return found != json.end() && found->is_boolean() ? found->get<bool>() : otherwise;
}

}  // namespace conclave::locksmith
