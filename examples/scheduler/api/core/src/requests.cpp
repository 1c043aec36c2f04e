#include "conclave/scheduler_api/requests.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "conclave/scheduler_core/keys.hpp"

namespace conclave::scheduler::api {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t within_ms_max = std::uint64_t{7} * 24 * 3600 * 1000;
constexpr std::size_t reason_bytes_max = 256;

Trouble wrong(std::string where, std::string what) { return {400, "invalid", std::move(where), std::move(what), false}; }

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<Trouble> read_phases(std::string_view text, std::vector<Phase>& phases) {
  while (true) {
    const auto comma = text.find(',');
    const std::string_view name = text.substr(0, comma);
    const auto phase = phase_from(name);
    if (!phase) return wrong("phase", "there is no phase '" + std::string(name) + "'");
    phases.push_back(*phase);
    if (comma == std::string_view::npos) return std::nullopt;
    text.remove_prefix(comma + 1);
  }
}

/// A body that is an object of one level.
Parsed<Json> object_in(std::string_view body) {
  if (body.empty()) return Json::object();
  bool deep = false;
  const auto seen = [&](int depth, Json::parse_event_t, Json&) { return deep = deep || depth > 2, !deep; };
  Json json = Json::parse(body, seen, false);
  if (deep) return Trouble{400, "malformed", "the body", "it is nested too deeply", false};
  if (json.is_discarded()) return Trouble{400, "malformed", "the body", "it is no JSON", false};
  if (!json.is_object()) return wrong("the body", "it is no object");
  return json;
}

/// "Idempotency-Key: abc", or with quotes as a structured field.
std::string_view key_in(const http::RequestHead& head) {
  std::string_view key = head.fields.get("Idempotency-Key");
  if (key.size() >= 2 && key.front() == '"' && key.back() == '"') key = key.substr(1, key.size() - 2);
  return key;
}

}  // namespace

std::optional<Trouble> check_content_type(const http::RequestHead& head, std::string_view body) {
  if (body.empty()) return std::nullopt;
  std::string_view type = head.fields.get("Content-Type");
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  if (http::same_text(type, "application/json")) return std::nullopt;
  return Trouble{415, "wrong_content_type", "Content-Type",
                 type.empty() ? "it is missing; this takes application/json"
                              : "it is '" + std::string(type) + "'; this takes application/json",
                 false};
}

std::optional<Trouble> check_parameters(const http::RequestHead& head, const std::vector<std::string_view>& known) {
  const auto& all = head.parameters.all();
  for (auto each = all.begin(); each != all.end(); ++each) {
    if (std::find(known.begin(), known.end(), each->name) == known.end())
      return wrong(each->name, "there is no such parameter of the query");
    if (std::any_of(all.begin(), each, [&](const auto& other) { return other.name == each->name; }))
      return wrong(each->name, "it is there twice");
  }
  return std::nullopt;
}

std::optional<Trouble> check_name(std::string_view what, std::string_view name) {
  const auto good = check_word(what, name);
  if (good) return std::nullopt;
  return trouble_of(good.error());
}

std::optional<Trouble> check_empty(std::string_view body) {
  auto json = object_in(body);
  if (auto* const trouble = std::get_if<Trouble>(&json)) return std::move(*trouble);
  const Json& object = std::get<Json>(json);
  if (object.empty()) return std::nullopt;
  return wrong(object.begin().key(), "there is no such field");
}

Parsed<Submission> submission_of(const http::RequestHead& head, std::string_view body) {
  auto submission = parse_submission(body);
  if (!submission) return trouble_of(submission.error());
  if (head.fields.find("Idempotency-Key") == nullptr) return std::move(*submission);
  const std::string key(key_in(head));
  if (const auto good = check_word("Idempotency-Key", key); !good) return trouble_of(good.error());
  if (!submission->idempotency_key.empty() && submission->idempotency_key != key)
    return wrong("Idempotency-Key", "the body has another one");
  submission->idempotency_key = key;
  for (Spec& spec : submission->specs) spec.idempotency_key = key;
  return std::move(*submission);
}

bool is_before(const Place& a, const Place& b) {
  if (a.created != b.created) return a.created < b.created;
  const auto spec_a = spec_of(a.job);
  const auto spec_b = spec_of(b.job);
  if (spec_a != spec_b) return spec_a < spec_b;
  // Numbers of elements have no zeros in front.
  return a.job.size() != b.job.size() ? a.job.size() < b.job.size() : a.job < b.job;
}

std::string page_of(const Place& place) { return std::to_string(place.created.value()) + "-" + place.job; }

std::optional<Place> place_of(std::string_view page) {
  const auto dash = page.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto created = number_in(page.substr(0, dash));
  const std::string_view job = page.substr(dash + 1);
  if (!created || !check_word("job", job)) return std::nullopt;
  return Place{Revision(*created), std::string(job)};
}

Parsed<ListQuery> list_query_of(const http::RequestHead& head) {
  if (auto trouble = check_parameters(head, {"phase", "agent", "job", "order", "limit", "after"})) return std::move(*trouble);
  const http::Parameters& given = head.parameters;
  ListQuery query;
  if (given.has("phase"))
    if (auto trouble = read_phases(given.get("phase"), query.phases)) return std::move(*trouble);
  for (const auto& [name, into] : {std::pair("agent", &query.agent), std::pair("job", &query.spec)}) {
    if (!given.has(name)) continue;
    if (auto trouble = check_name(name, given.get(name))) return std::move(*trouble);
    *into = given.get(name);
  }
  const std::string_view order = given.get("order", "oldest");
  if (order != "oldest" && order != "newest") return wrong("order", "'" + std::string(order) + "' is neither oldest nor newest");
  query.newest_first = order == "newest";
  if (given.has("limit")) {
    const auto limit = number_in(given.get("limit"));
    if (!limit || *limit < 1 || *limit > list_limit_max)
      return wrong("limit", "'" + std::string(given.get("limit")) + "' is not between 1 and " + std::to_string(list_limit_max));
    query.limit = static_cast<std::size_t>(*limit);
  }
  if (given.has("after")) {
    query.after = place_of(given.get("after"));
    if (!query.after) return wrong("after", "it is no page that a list ended with");
  }
  return query;
}

Parsed<LogQuery> log_query_of(const http::RequestHead& head) {
  if (auto trouble = check_parameters(head, {"follow", "epoch"})) return std::move(*trouble);
  LogQuery query;
  const std::string_view follow = head.parameters.get("follow", "false");
  if (follow != "true" && follow != "false") return wrong("follow", "'" + std::string(follow) + "' is neither true nor false");
  query.follow = follow == "true";
  if (!head.parameters.has("epoch")) return query;
  const auto epoch = number_in(head.parameters.get("epoch"));
  if (!epoch || *epoch == 0) return wrong("epoch", "it is no number from 1 on");
  if (query.follow) return wrong("epoch", "only the last one can be followed");
  query.epoch = *epoch;
  return query;
}

Parsed<DrainRecord> drain_of(std::string_view body) {
  auto json = object_in(body);
  if (auto* const trouble = std::get_if<Trouble>(&json)) return std::move(*trouble);
  DrainRecord record{600'000, {}};
  for (const auto& [name, value] : std::get<Json>(json).items()) {
    if (name == "within_ms") {
      if (value.is_number_integer() && !value.is_number_unsigned()) return wrong(name, "it is negative");
      if (!value.is_number_unsigned()) return wrong(name, "it is no whole number");
      record.within_ms = value.get<std::uint64_t>();
      if (record.within_ms > within_ms_max) return wrong(name, "it is more than " + std::to_string(within_ms_max));
    } else if (name == "reason") {
      if (!value.is_string()) return wrong(name, "it is no string");
      record.reason = value.get<std::string>();
      if (record.reason.size() > reason_bytes_max)
        return wrong(name, "it is longer than " + std::to_string(reason_bytes_max) + " bytes");
    } else {
      return wrong(name, "there is no such field");
    }
  }
  return record;
}

}  // namespace conclave::scheduler::api
