#include <limits>
#include <set>

#include "conclave/scheduler_core/spec.hpp"
#include "lenient.hpp"

namespace conclave::scheduler {
namespace {

using lenient::Json;

/// Reads the fields of one object and keeps the first thing that is wrong with it.
class Fields {
 public:
  Fields(const Json& json, std::string where) : json_(json), where_(std::move(where)) {
    if (!json.is_object()) wrong("", "it is no object");
  }

  void read(const char* name, std::string& into) {
    if (const Json* const value = find(name))
      value->is_string() ? into = value->get<std::string>() : (wrong(name, "it is no string"), into);
  }
  void read(const char* name, std::uint64_t& into) {
    const Json* const value = find(name);
    if (value == nullptr) return;
    if (value->is_number_unsigned())
      into = value->get<std::uint64_t>();
    else if (value->is_number_integer())
      wrong(name, "it is negative");
    else
      wrong(name, "it is no whole number");
  }
  void read(const char* name, std::vector<std::string>& into) {
    const Json* const value = find(name);
    if (value == nullptr) return;
    if (!value->is_array()) return wrong(name, "it is no list");
    for (std::size_t i = 0; i < value->size(); ++i) {
      if (!(*value)[i].is_string()) return wrong(name + ("[" + std::to_string(i) + "]"), "it is no string");
      into.push_back((*value)[i].get<std::string>());
    }
  }
  template <class Map>
  requires std::is_same_v<typename Map::mapped_type, std::string>
  void read(const char* name, Map& into) {
    const Json* const value = find(name);
    if (value == nullptr) return;
    if (!value->is_object()) return wrong(name, "it is no object");
    for (const auto& [key, text] : value->items()) {
      if (!text.is_string()) return wrong(std::string(name) + "." + key, "it is no string");
      into[key] = text.template get<std::string>();
    }
  }
  void read(const char* name, Resources& into) {
    const Json* const value = find(name);
    if (value == nullptr) return;
    Fields inner(*value, where_ + name + ".");
    inner.read("cpu_milli", into.cpu_milli);
    inner.read("memory_mib", into.memory_mib);
    inner.read("slots", into.slots);
    if (const auto good = inner.done(); !good && !error_) error_ = good.error();
  }
  const Json* find(const char* name) {
    known_.insert(name);
    if (!json_.is_object()) return nullptr;
    const auto found = json_.find(name);
    return found == json_.end() ? nullptr : &*found;
  }
  void wrong(const std::string& name, const std::string& why) {
    std::string at = where_ + name;
    while (!at.empty() && at.back() == '.') at.pop_back();
    if (!error_) error_ = Error{Errc::invalid_argument, (at.empty() ? "the submission" : at) + ": " + why};
  }
  /// The first error, or a field that nobody asked for.
  [[nodiscard]] Result<void> done() {
    if (json_.is_object())
      for (const auto& [name, value] : json_.items())
        if (!known_.contains(name)) wrong(name, "there is no such field");
    if (error_) return fail(*error_);
    return {};
  }

 private:
  const Json& json_;
  std::string where_;
  std::set<std::string> known_;
  std::optional<Error> error_;
};

Result<Spec> parse_spec(const Json& json, const std::string& where, bool alone, std::string& key) {
  Spec spec;
  Fields fields(json, where);
  fields.read("id", spec.id);
  fields.read("command", spec.command);
  fields.read("env", spec.env);
  fields.read("directory", spec.directory);
  fields.read("priority", spec.priority);
  fields.read("resources", spec.resources);
  fields.read("labels", spec.labels);
  fields.read("anti_affinity", spec.anti_affinity);
  fields.read("spread", spec.spread);
  fields.read("attempts_max", spec.attempts_max);
  fields.read("backoff_ms", spec.backoff_ms);
  fields.read("backoff_max_ms", spec.backoff_max_ms);
  fields.read("timeout_ms", spec.timeout_ms);
  fields.read("count", spec.count);
  fields.read("after", spec.after);
  if (alone) fields.read("idempotency_key", key);
  if (const auto good = fields.done(); !good) return fail(good.error());
  return spec;
}

/// A field that is there twice would be read as the last, and shown to nobody.
Result<Json> parse_json(std::string_view text) {
  std::vector<std::set<std::string>> open;
  std::optional<std::string> twice;
  bool deep = false;
  constexpr int depth_max = 16;
  const auto seen = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) open.emplace_back();
    if (event == Json::parse_event_t::object_end) open.pop_back();
    if (event == Json::parse_event_t::key && !open.back().insert(parsed.get<std::string>()).second && !twice)
      twice = parsed.get<std::string>();
    deep = deep || depth > depth_max;
    return true;
  };
  Json json = Json::parse(text, seen, false);
  if (json.is_discarded()) return fail(Errc::malformed, "the submission: it is no JSON");
  if (deep) return fail(Errc::malformed, "the submission: it is nested too deeply");
  if (twice) return fail(Errc::invalid_argument, *twice + ": it is there twice");
  return json;
}

}  // namespace

Result<Submission> parse_submission(std::string_view text) {
  if (text.size() > submission_bytes_max)
    return fail(Errc::too_large, "the submission: it has " + std::to_string(text.size()) + " bytes; the limit is " +
                                     std::to_string(submission_bytes_max));
  const auto json = parse_json(text);
  if (!json) return fail(json.error());
  Submission submission;
  const bool several = json->is_array() || (json->is_object() && json->contains("jobs"));
  if (several) {
    const Json* jobs = &*json;
    if (json->is_object()) {
      Fields fields(*json, "");
      fields.read("idempotency_key", submission.idempotency_key);
      jobs = fields.find("jobs");
      if (!jobs->is_array()) fields.wrong("jobs", "it is no list");
      if (const auto good = fields.done(); !good) return fail(good.error());
    }
    for (std::size_t i = 0; i < jobs->size(); ++i) {
      auto spec = parse_spec((*jobs)[i], "jobs[" + std::to_string(i) + "].", false, submission.idempotency_key);
      if (!spec) return fail(spec.error());
      submission.specs.push_back(std::move(*spec));
    }
  } else {
    auto spec = parse_spec(*json, "", true, submission.idempotency_key);
    if (!spec) return fail(spec.error());
    submission.specs.push_back(std::move(*spec));
  }
  for (Spec& spec : submission.specs) spec.idempotency_key = submission.idempotency_key;
  if (const auto good = check(submission); !good) return fail(good.error());
  return submission;
}

}  // namespace conclave::scheduler
