#include "old_spelling.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

namespace conclave::locksmith::ctl {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t slots_max = 1000;
constexpr std::size_t machine_bytes_max = 128;

bool is_port(std::string_view text) {
  const bool digits = std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  return digits && !text.empty() && text.size() <= 5 && std::stoul(std::string(text)) - 1 < 65'535;
}

/// HOST:PORT without its scheme, or what is wrong with it.
Result<std::string> address_of(std::string_view text) {
  const auto wrong = [whole = std::string(text)](const char* what) {
    return fail(Errc::invalid_argument, "endpoint '" + whole + "' " + what);
  };
  if (const auto scheme = text.find("://"); scheme != std::string_view::npos) {
    const std::string_view name = text.substr(0, scheme);
    if (name != "http" && name != "https") return wrong("is neither HOST:PORT nor an http or https URL");
    text.remove_prefix(scheme + 3);
    while (!text.empty() && text.back() == '/') text.remove_suffix(1);
  }
  if (text.find('/') != std::string_view::npos) return wrong("has a path; members are reached at HOST:PORT");
  if (text.find('@') != std::string_view::npos) return wrong("has a user; give a client certificate");
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || !is_port(text.substr(colon + 1))) return wrong("names no host and port");
  return std::string(text);
}

bool is_machine_id(const std::string& id) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
  };
  return !id.empty() && id.size() <= machine_bytes_max && std::all_of(id.begin(), id.end(), allowed);
}

auto malformed(std::string what) { return fail(Errc::malformed, "the old semaphore " + std::move(what)); }

/// Refuses what a parser would read in silence: nesting, and a field that is there twice.
Result<Json> parsed(std::string_view text) {
  if (text.size() > old_semaphore_bytes_max) return malformed("has more than 1,000,000 bytes");
  std::set<std::string> seen;
  std::string twice;
  bool deep = false;
  const auto look = [&](int depth, Json::parse_event_t event, const Json& value) {
    if (event == Json::parse_event_t::key && depth == 1 && !seen.insert(value.get<std::string>()).second)
      twice = value.get<std::string>();
    deep = deep || depth > 2;
    return !deep;  // what is nested deeper is thrown away as it comes
  };
  Json json = Json::parse(text, look, false);
  if (deep) return malformed("is nested too deeply");
  if (json.is_discarded() || !json.is_object()) return malformed("is no JSON object");
  if (!twice.empty()) return malformed("has its field \"" + twice + "\" twice");
  return json;
}

Result<std::vector<std::string>> holders_of(const Json& json) {
  std::vector<std::string> holders;
  const auto field = json.find("holders");
  if (field == json.end() || field->is_null()) return holders;
  if (!field->is_array()) return malformed("has \"holders\" that are no list");
  for (const Json& one : *field) {
    if (!one.is_string() || !is_machine_id(one.get<std::string>()))
      return malformed("has a holder that is no machine id (1 to 128 letters, digits and .-_)");
    holders.push_back(one.get<std::string>());
  }
  std::sort(holders.begin(), holders.end());
  if (const auto twice = std::adjacent_find(holders.begin(), holders.end()); twice != holders.end())
    return malformed("has the holder '" + *twice + "' twice");
  if (holders.size() > slots_max) return malformed("has more than 1000 holders");
  return holders;
}

Result<std::uint64_t> slots_in(const Json& json, const char* name) {
  const auto field = json.find(name);
  if (field == json.end() || !field->is_number_unsigned() || field->get<std::uint64_t>() > slots_max)
    return malformed(std::string("has no \"") + name + "\" from 0 to 1000");
  return field->get<std::uint64_t>();
}

Result<void> only(const Json& json, const std::set<std::string>& known) {
  for (const auto& [name, value] : json.items())
    if (!known.contains(name)) return malformed("has a field \"" + name + "\" that it never had");
  return {};
}

}  // namespace

std::vector<std::string> modern_words(const std::vector<std::string>& words, const std::vector<std::string_view>& long_flags) {
  std::vector<std::string> out;
  bool over = false;
  for (const std::string& word : words) {
    over = over || word == "--";
    const bool one_dash = word.size() > 2 && word[0] == '-' && word[1] != '-';
    const std::string_view name = one_dash ? std::string_view(word).substr(1, word.find('=') - 1) : std::string_view();
    const bool known = !over && one_dash && std::find(long_flags.begin(), long_flags.end(), name) != long_flags.end();
    out.push_back(known ? "-" + word : word);
  }
  return out;
}

Result<Endpoints> endpoints_of(const std::vector<std::string>& given) {
  Endpoints endpoints;
  bool plain = false;
  for (const std::string& list : given) {
    std::size_t begin = 0;
    while (begin <= list.size()) {
      const std::size_t comma = std::min(list.find(',', begin), list.size());
      const std::string_view one = std::string_view(list).substr(begin, comma - begin);
      begin = comma + 1;
      if (one.empty()) continue;
      auto address = address_of(one);
      if (!address) return fail(std::move(address.error()));
      plain = plain || one.starts_with("http://");
      endpoints.tls = endpoints.tls || one.starts_with("https://");
      endpoints.addresses.push_back(std::move(*address));
    }
  }
  if (endpoints.addresses.empty()) return fail(Errc::invalid_argument, "no endpoint is named");
  if (plain && endpoints.tls) return fail(Errc::invalid_argument, "endpoints with http and with https cannot be mixed");
  return endpoints;
}

Result<OldSemaphore> old_semaphore_of(std::string_view text) {
  const auto json = parsed(text);
  if (!json) return fail(json.error());
  OldSemaphore old;
  auto holders = holders_of(*json);
  if (!holders) return fail(std::move(holders.error()));
  old.holders = std::move(*holders);
  const bool airlock = json->contains("total_slots");
  const auto max = slots_in(*json, airlock ? "total_slots" : "max");
  if (!max) return fail(max.error());
  old.max = *max;
  if (airlock) {
    if (const auto known = only(*json, {"total_slots", "holders"}); !known) return fail(known.error());
    return old;
  }
  if (const auto known = only(*json, {"semaphore", "max", "holders"}); !known) return fail(known.error());
  const auto free = json->find("semaphore");
  if (free == json->end() || !free->is_number_integer()) return malformed("has no whole number \"semaphore\"");
  const auto expected = static_cast<std::int64_t>(old.max) - static_cast<std::int64_t>(old.holders.size());
  if (free->is_number_unsigned() && free->get<std::uint64_t>() > slots_max) return malformed("has too many free slots");
  if (free->get<std::int64_t>() != expected)
    return malformed("is not true to itself: " + std::to_string(free->get<std::int64_t>()) + " free slots and " +
                     std::to_string(old.holders.size()) + " holders do not make up " + std::to_string(old.max));
  return old;
}

}  // namespace conclave::locksmith::ctl
