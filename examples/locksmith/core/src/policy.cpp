#include "conclave/locksmith_core/policy.hpp"

#include <algorithm>

#include "conclave/locksmith_core/duration_text.hpp"
#include "json_fields.hpp"

namespace conclave::locksmith {
namespace {

constexpr std::uint64_t version_known = 1;

Unexpected wrong(std::string_view where, const std::string& what) {
  return fail(Errc::invalid_argument, std::string(where) + ": " + what);
}

/// The error of a part, with the place in front.
Unexpected within(std::string_view where, const Error& error) {
  return fail(error.code, std::string(where) + ": " + error.context);
}

Result<milliseconds> duration_in(const Fields& fields, std::string_view name) {
  const auto text = fields.text(name);
  if (!text) return fail(text.error());
  const auto span = parse_duration(*text);
  if (!span) return within(fields.where(name), span.error());
  return *span;
}

Result<Amount> amount_in(const Fields& fields, std::string_view name) {
  if (fields.at(name).is_number()) {
    const auto number = fields.number(name, 0, slots_max);
    if (!number) return fail(number.error());
    return Amount{Amount::Kind::absolute, *number};
  }
  const auto text = fields.text(name);
  if (!text) return fail(text.error());
  const auto amount = parse_amount(*text);
  if (!amount) return within(fields.where(name), amount.error());
  return *amount;
}

Result<Window> window_in(const Json& json, const std::string& path) {
  if (!json.is_object()) return wrong(path, "must be an object with start, length and perhaps days");
  const Fields fields(json, path);
  if (const auto only = fields.only({"days", "start", "length"}); !only) return fail(only.error());
  std::string start;
  if (fields.has("days")) {
    if (!fields.at("days").is_array()) return fields.wrong("days", "must be a list of days of the week");
    for (const Json& day : fields.at("days")) {
      if (!day.is_string()) return fields.wrong("days", "must be a list of days of the week");
      start += (start.empty() ? "" : ",") + day.get<std::string>();
    }
    if (!start.empty()) start += ' ';
  }
  const auto time = fields.text("start");
  if (!time) return fail(time.error());
  if (const auto minute = parse_time_of_day(*time); !minute) return within(fields.where("start"), minute.error());
  const auto length = fields.text("length");
  if (!length) return fail(length.error());
  if (const auto span = parse_duration(*length); !span) return within(fields.where("length"), span.error());
  auto window = parse_window(start + *time, *length);
  if (!window) return within(path, window.error());
  return window;
}

Result<std::vector<Window>> windows_in(const Fields& fields) {
  const Json& list = fields.at("windows");
  if (!list.is_array()) return fields.wrong("windows", "must be a list");
  if (list.size() > windows_max) return fields.wrong("windows", "has more than " + std::to_string(windows_max) + " entries");
  std::vector<Window> windows;
  for (std::size_t i = 0; i < list.size(); ++i) {
    auto window = window_in(list[i], fields.where("windows") + "[" + std::to_string(i) + "]");
    if (!window) return fail(window.error());
    windows.push_back(std::move(*window));
  }
  return windows;
}

Result<AutoRelease> auto_release_in(const Fields& outer) {
  const Json& json = outer.at("auto_release");
  if (!json.is_object()) return outer.wrong("auto_release", "must be an object with after and down_max");
  const Fields fields(json, outer.where("auto_release"));
  if (const auto only = fields.only({"after", "down_max"}); !only) return fail(only.error());
  AutoRelease auto_release;
  const auto after = duration_in(fields, "after");
  if (!after) return fail(after.error());
  auto_release.after = *after;
  if (fields.has("down_max")) {
    const auto number = fields.number("down_max", 1, slots_max);
    if (!number) return fail(number.error());
    auto_release.down_max = *number;
  }
  return auto_release;
}

/// Sets `target` if the field is there and `read` can read it.
template <class T, class Read>
Result<void> set_if_there(const Fields& fields, std::string_view name, T& target, Read read) {
  if (!fields.has(name)) return {};
  auto found = read(fields, name);
  if (!found) return fail(found.error());
  target = std::move(*found);
  return {};
}

Result<Order> order_from(std::string_view where, std::string_view text) {
  for (const Order order : {Order::arrival, Order::priority})
    if (name_of(order) == text) return order;
  return wrong(where, "'" + std::string(text) + "' is neither arrival nor priority");
}

Result<void> read_into(Policy& policy, const Fields& fields) {
  const auto text = [](const Fields& of, std::string_view name) { return of.text(name); };
  const auto flag = [](const Fields& of, std::string_view name) { return of.flag(name); };
  const auto order = [](const Fields& of, std::string_view name) -> Result<Order> {
    const auto word = of.text(name);
    return word ? order_from(of.where(name), *word) : Result<Order>(fail(word.error()));
  };
  if (auto set = set_if_there(fields, "slots", policy.slots, amount_in); !set) return set;
  if (fields.has("percent")) {
    const auto percent = fields.number("percent", 1, 100);
    if (!percent) return fail(percent.error());
    policy.slots = {Amount::Kind::percent, *percent};
  }
  if (auto set = set_if_there(fields, "paused", policy.paused, flag); !set) return set;
  if (auto set = set_if_there(fields, "paused_by", policy.paused_by, text); !set) return set;
  if (auto set = set_if_there(fields, "spacing", policy.spacing, duration_in); !set) return set;
  if (auto set = set_if_there(fields, "zone", policy.zone, text); !set) return set;
  if (auto set = set_if_there(fields, "order", policy.order, order); !set) return set;
  if (auto set = set_if_there(fields, "unhealthy_max", policy.unhealthy_max, amount_in); !set) return set;
  if (auto set = set_if_there(fields, "deadline", policy.deadline, duration_in); !set) return set;
  if (fields.has("windows")) {
    auto windows = windows_in(fields);
    if (!windows) return fail(windows.error());
    policy.windows = std::move(*windows);
  }
  if (fields.has("auto_release")) {
    const auto auto_release = auto_release_in(fields);
    if (!auto_release) return fail(auto_release.error());
    policy.auto_release = *auto_release;
  }
  return {};
}

Json to_json_of(const Window& window) {
  Json json{{"start", time_of_day_text(window.start_minute)}, {"length", duration_text(window.length)}};
  for (const Weekday day : window.days) json["days"].push_back(std::string(name_of(day)));
  return json;
}

Result<void> check_zone(std::string_view zone) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '+' || c == '-' ||
           c == '/';
  };
  if (zone.empty() || zone.size() > 64 || zone.front() == '/' || !std::all_of(zone.begin(), zone.end(), allowed))
    return wrong("zone", "'" + std::string(zone) + "' is no name of a time zone such as Europe/Berlin");
  return {};
}

Result<void> check_amount(std::string_view name, const Amount& amount, std::uint64_t low) {
  const std::uint64_t high = amount.kind == Amount::Kind::percent ? 100 : slots_max;
  if (amount.number >= low && amount.number <= high) return {};
  return wrong(name, "must be from " + std::to_string(low) + " to " + std::to_string(high));
}

}  // namespace

std::string_view name_of(Order order) { return order == Order::arrival ? "arrival" : "priority"; }

Result<Amount> parse_amount(std::string_view text) {
  const bool percent = !text.empty() && text.back() == '%';
  const std::string_view digits = percent ? text.substr(0, text.size() - 1) : text;
  Amount amount{percent ? Amount::Kind::percent : Amount::Kind::absolute, 0};
  const bool shaped = !digits.empty() && digits.size() <= 4 &&
                      std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (shaped)
    for (const char c : digits) amount.number = amount.number * 10 + static_cast<std::uint64_t>(c - '0');
  if (!shaped || amount.number > (percent ? 100 : slots_max))
    return fail(Errc::invalid_argument, "'" + std::string(text) + "' is neither a number from 0 to " + std::to_string(slots_max) +
                                            " nor a percentage such as 20%");
  return amount;
}

std::string amount_text(const Amount& amount) {
  return std::to_string(amount.number) + (amount.kind == Amount::Kind::percent ? "%" : "");
}

Result<void> check(const Policy& policy) {
  if (auto ok = check_amount("slots", policy.slots, policy.slots.kind == Amount::Kind::percent ? 1 : 0); !ok) return ok;
  if (policy.unhealthy_max)
    if (auto ok = check_amount("unhealthy_max", *policy.unhealthy_max, 0); !ok) return ok;
  if (auto ok = check_zone(policy.zone); !ok) return ok;
  if (policy.spacing != milliseconds(0) && (policy.spacing < seconds(2) || policy.spacing > spacing_max))
    return wrong("spacing", "must be 0s, or from 2s to 24h");
  if (policy.windows.size() > windows_max) return wrong("windows", "more than " + std::to_string(windows_max));
  if (policy.deadline < milliseconds(0)) return wrong("deadline", "must not be negative");
  if (!policy.auto_release) return {};
  const AutoRelease& release = *policy.auto_release;
  if (release.after < seconds(2) || release.after > spacing_max) return wrong("auto_release.after", "must be from 2s to 24h");
  if (policy.deadline == milliseconds(0) || release.after < policy.deadline)
    return wrong("auto_release.after", "must not be before the deadline, after which a holder is overdue");
  if (release.down_max < 1 || release.down_max > slots_max)
    return wrong("auto_release.down_max", "must be from 1 to " + std::to_string(slots_max));
  return {};
}

Result<Policy> parse_policy(std::string_view text) {
  if (text.size() > policy_bytes_max) return fail(Errc::too_large, "the group's record has more than 64 KiB");
  const auto json = parse_object(text, "the group's record");
  if (!json) return fail(json.error());
  const Fields fields(*json, "");
  if (fields.has("version")) {
    const auto version = fields.number("version", 1, 1'000'000);
    if (!version) return fail(version.error());
    if (*version > version_known)
      return fail(Errc::unsupported,
                  "version: the group's record is of version " + std::to_string(*version) + "; this program knows 1");
  }
  const auto only = fields.only({"version", "slots", "percent", "paused", "paused_by", "spacing", "zone", "windows", "order",
                                 "unhealthy_max", "deadline", "auto_release"});
  if (!only) return fail(only.error());
  Policy policy;
  if (const auto read = read_into(policy, fields); !read) return fail(read.error());
  if (const auto ok = check(policy); !ok) return fail(ok.error());
  return policy;
}

std::string to_json(const Policy& policy, bool pretty) {
  const Policy usual;
  Json json{{"version", version_known}};
  // Who knows no percentages, such as a plain reboot lock, goes by one slot.
  json["slots"] = policy.slots.kind == Amount::Kind::absolute ? policy.slots.number : 1;
  if (policy.slots.kind == Amount::Kind::percent) json["percent"] = policy.slots.number;
  if (policy.paused) json["paused"] = true;
  if (!policy.paused_by.empty()) json["paused_by"] = policy.paused_by;
  if (policy.spacing != usual.spacing) json["spacing"] = duration_text(policy.spacing);
  if (policy.zone != usual.zone) json["zone"] = policy.zone;
  for (const Window& window : policy.windows) json["windows"].push_back(to_json_of(window));
  if (policy.order != usual.order) json["order"] = std::string(name_of(policy.order));
  if (policy.unhealthy_max) json["unhealthy_max"] = amount_text(*policy.unhealthy_max);
  if (policy.deadline != usual.deadline) json["deadline"] = duration_text(policy.deadline);
  if (policy.auto_release)
    json["auto_release"] = Json{{"after", duration_text(policy.auto_release->after)}, {"down_max", policy.auto_release->down_max}};
  return text_of(json, pretty);
}

}  // namespace conclave::locksmith
