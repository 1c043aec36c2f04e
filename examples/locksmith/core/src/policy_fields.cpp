#include <algorithm>

#include "conclave/locksmith_core/duration_text.hpp"
#include "conclave/locksmith_core/policy.hpp"

namespace conclave::locksmith {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

bool is_none(std::string_view value) { return value.empty() || value == "none"; }

/// "mon,thu 02:00 1h; 22:00 6h"
Result<std::vector<Window>> windows_from(std::string_view value) {
  std::vector<Window> windows;
  while (!is_none(trimmed(value))) {
    const std::size_t semicolon = value.find(';');
    const std::string_view one = trimmed(value.substr(0, semicolon));
    value = semicolon == std::string_view::npos ? std::string_view() : value.substr(semicolon + 1);
    const std::size_t space = one.rfind(' ');
    if (space == std::string_view::npos)
      return fail(Errc::invalid_argument, "'" + std::string(one) + "' is no window such as 'mon,thu 02:00 1h30m'");
    auto window = parse_window(trimmed(one.substr(0, space)), one.substr(space + 1));
    if (!window) return fail(window.error());
    windows.push_back(std::move(*window));
  }
  return windows;
}

template <class T>
Result<void> set(T& target, Result<T> value) {
  if (!value) return fail(value.error());
  target = std::move(*value);
  return {};
}

Result<void> set_field(Policy& policy, std::string_view name, std::string_view value) {
  if (name == "slots") return set(policy.slots, parse_amount(value));
  if (name == "spacing") return set(policy.spacing, is_none(value) ? milliseconds(0) : parse_duration(value));
  if (name == "deadline") return set(policy.deadline, is_none(value) ? milliseconds(0) : parse_duration(value));
  if (name == "windows") return set(policy.windows, windows_from(value));
  if (name == "zone") {
    policy.zone = std::string(value);
    return {};
  }
  if (name == "order") {
    if (value != "arrival" && value != "priority")
      return fail(Errc::invalid_argument, "'" + std::string(value) + "' is neither arrival nor priority");
    policy.order = value == "arrival" ? Order::arrival : Order::priority;
    return {};
  }
  if (name == "unhealthy_max") {
    policy.unhealthy_max.reset();
    return is_none(value) ? Result<void>() : set(policy.unhealthy_max.emplace(), parse_amount(value));
  }
  if (name == "auto_release") {
    policy.auto_release.reset();
    return is_none(value) ? Result<void>() : set(policy.auto_release.emplace().after, parse_duration(value));
  }
  if (name == "down_max") {
    if (!policy.auto_release) return fail(Errc::invalid_argument, "set auto_release first");
    Amount number;
    if (const auto read = set(number, parse_amount(value)); !read) return read;
    if (number.kind != Amount::Kind::absolute) return fail(Errc::invalid_argument, "is a number, not a percentage");
    policy.auto_release->down_max = number.number;
    return {};
  }
  std::string known;
  for (const PolicyField& field : policy_fields()) known += (known.empty() ? "" : ", ") + std::string(field.name);
  return fail(Errc::invalid_argument, "this field is not known; there are " + known);
}

}  // namespace

const std::vector<PolicyField>& policy_fields() {
  static const std::vector<PolicyField> fields{
      {"slots", "a number, or a percentage of the known machines such as 20%"},
      {"spacing", "at least so long between two slots that are given: 0s, or 2s to 24h"},
      {"zone", "the time zone of the windows, such as Europe/Berlin"},
      {"windows", "when machines may reboot: 'mon,thu 02:00 1h30m; sat 22:00 6h', or none for always"},
      {"order", "arrival or priority"},
      {"unhealthy_max", "more unhealthy machines than this, a number or a percentage, and no slot is given; or none"},
      {"deadline", "after which a holder counts as overdue, or none"},
      {"auto_release", "after which a slot of a machine that stays away is given to others, 2s to 24h, or none"},
      {"down_max", "at most so many machines may lose their slot so"},
  };
  return fields;
}

Result<Policy> with_field(Policy policy, std::string_view name, std::string_view value) {
  auto done = set_field(policy, name, value);
  if (!done) return fail(done.error().code, std::string(name) + ": " + done.error().context);
  if (auto ok = check(policy); !ok) return fail(ok.error());
  return policy;
}

}  // namespace conclave::locksmith
