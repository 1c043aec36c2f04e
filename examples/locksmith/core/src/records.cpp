#include "conclave/locksmith_core/records.hpp"

#include <algorithm>
#include <array>

#include "json_fields.hpp"

namespace conclave::locksmith {
namespace {

constexpr std::array<std::string_view, 11> deed_names{"took",   "released", "returned", "unlocked", "evicted", "auto-released",
                                                      "paused", "resumed",  "changed",  "wished",   "forgot"};

/// What was read of others' bytes, or an empty object.
Json object_of(std::string_view text) {
  Json json = Json::parse(text, nullptr, false);
  return json.is_object() ? json : Json::object();
}

void set_unless_empty(Json& json, const char* name, const std::string& text) {
  if (!text.empty()) json[name] = text;
}
void set_unless_zero(Json& json, const char* name, std::int64_t number) {
  if (number != 0) json[name] = number;
}

}  // namespace

bool is_machine_id(std::string_view text) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
  };
  return !text.empty() && text.size() <= 128 && std::all_of(text.begin(), text.end(), allowed);
}

std::string to_json(const Claim& claim) {
  Json json{{"machine", claim.machine}, {"at_ms", claim.at}};
  set_unless_empty(json, "boot", claim.boot);
  set_unless_empty(json, "host", claim.host);
  set_unless_empty(json, "owner", claim.host);
  set_unless_empty(json, "reason", claim.reason);
  set_unless_empty(json, "note", claim.reason);
  set_unless_empty(json, "by", claim.by);
  set_unless_zero(json, "priority", claim.priority);
  set_unless_zero(json, "deadline_ms", claim.deadline);
  set_unless_zero(json, "taken_again", claim.taken_again);
  if (claim.auto_release) json["auto_release"] = true;
  return text_of(json);
}

Claim claim_from_json(std::string_view text) {
  const Json json = object_of(text);
  Claim claim;
  claim.machine = text_in(json, "machine");
  claim.boot = text_in(json, "boot");
  claim.host = text_in(json, json.contains("host") ? "host" : "owner");
  claim.reason = text_in(json, json.contains("reason") ? "reason" : "note");
  claim.by = text_in(json, "by");
  claim.priority = integer_in(json, "priority");
  claim.at = integer_in(json, "at_ms");
  claim.deadline = integer_in(json, "deadline_ms");
  claim.auto_release = flag_in(json, "auto_release");
  claim.taken_again = integer_in(json, "taken_again");
  return claim;
}

std::string to_json(const Presence& presence) {
  Json json{{"host", presence.host}, {"boot", presence.boot}, {"state", presence.state}, {"healthy", presence.healthy}};
  set_unless_empty(json, "detail", presence.detail);
  set_unless_zero(json, "since_ms", presence.since);
  return text_of(json);
}

Presence presence_from_json(std::string_view text) {
  const Json json = object_of(text);
  Presence presence;
  presence.host = text_in(json, "host");
  presence.boot = text_in(json, "boot");
  presence.state = text_in(json, "state");
  presence.detail = text_in(json, "detail");
  presence.healthy = flag_in(json, "healthy");
  presence.since = integer_in(json, "since_ms");
  return presence;
}

std::string to_json(const Wish& wish) {
  Json json{{"reason", wish.reason}, {"by", wish.by}, {"at_ms", wish.at}};
  set_unless_zero(json, "priority", wish.priority);
  return text_of(json);
}

Wish wish_from_json(std::string_view text) {
  const Json json = object_of(text);
  return {text_in(json, "reason"), text_in(json, "by"), integer_in(json, "priority"), integer_in(json, "at_ms")};
}

std::string_view name_of(Deed deed) { return deed_names[static_cast<std::size_t>(deed)]; }

std::string to_json(const Entry& entry) {
  Json json{{"at_ms", entry.at}, {"deed", std::string(name_of(entry.deed))}};
  set_unless_empty(json, "machine", entry.machine);
  set_unless_empty(json, "host", entry.host);
  set_unless_empty(json, "detail", entry.detail);
  set_unless_empty(json, "by", entry.by);
  return text_of(json);
}

std::optional<Entry> entry_from_json(std::string_view text) {
  const Json json = object_of(text);
  const std::string deed = text_in(json, "deed");
  const auto found = std::find(deed_names.begin(), deed_names.end(), deed);
  if (found == deed_names.end()) return std::nullopt;
  Entry entry;
  entry.deed = static_cast<Deed>(found - deed_names.begin());
  entry.at = integer_in(json, "at_ms");
  entry.machine = text_in(json, "machine");
  entry.host = text_in(json, "host");
  entry.detail = text_in(json, "detail");
  entry.by = text_in(json, "by");
  return entry;
}

}  // namespace conclave::locksmith
