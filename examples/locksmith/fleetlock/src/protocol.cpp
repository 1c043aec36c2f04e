#include "protocol.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "conclave/http_core/response.hpp"
#include "conclave/locksmith_core/records.hpp"

namespace conclave::locksmith::fleetlock {
namespace {

using Json = nlohmann::json;
using http::Refusal;

constexpr std::string_view with_certificate = "fleetlock:";
constexpr std::size_t group_bytes_max = 128;

Refusal bad(std::string kind, std::string value) { return {400, std::move(kind), std::move(value)}; }

const Json* member(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

}  // namespace

bool is_group(std::string_view text) {
  return !text.empty() && text.size() <= group_bytes_max && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
  });
}

std::variant<ClientParams, Refusal> parse_request(std::string_view body) {
  const Json json = Json::parse(body, nullptr, false);
  if (json.is_discarded()) return bad("bad_body", "the body is not JSON");
  if (!json.is_object()) return bad("bad_body", "the body is not a JSON object");
  const Json* const params = member(json, "client_params");
  if (params == nullptr || !params->is_object()) return bad("bad_body", "the body has no object client_params");
  const Json* const id = member(*params, "id");
  if (id == nullptr || !id->is_string()) return bad("invalid_client_identity", "client_params has no text id");
  const Json* const group = member(*params, "group");
  if (group != nullptr && !group->is_string()) return bad("invalid_group", "the group is not a text");
  ClientParams parsed{id->get<std::string>(), group == nullptr ? "default" : group->get<std::string>()};
  if (!is_machine_id(parsed.id)) {
    return bad("invalid_client_identity", "the id is not 1 to 128 letters, digits and .-_");
  }
  if (!is_group(parsed.group)) return bad("invalid_group", "the group is not 1 to 128 letters, digits, dots and dashes");
  return parsed;
}

std::string error_body(const Refusal& refusal) {
  return "{\"kind\":" + http::json_quote(refusal.kind) + ",\"value\":" + http::json_quote(refusal.text) + "}\n";
}

std::string taker(std::string_view common_name) {
  return common_name.empty() ? "fleetlock" : std::string(with_certificate).append(common_name);
}

bool may_touch(std::string_view taker, std::string_view by) { return !by.starts_with(with_certificate) || by == taker; }

}  // namespace conclave::locksmith::fleetlock
