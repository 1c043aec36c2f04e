#include "conclave/scheduler_core/spec.hpp"

#include "conclave/scheduler_core/keys.hpp"
#include "lenient.hpp"

namespace conclave::scheduler {
namespace {

using lenient::Json;

Json json_of(const Spec& spec) {
  Json json{{"id", spec.id},
            {"command", spec.command},
            {"priority", spec.priority},
            {"resources", lenient::json_of(spec.resources)},
            {"attempts_max", spec.attempts_max},
            {"backoff_ms", spec.backoff_ms},
            {"backoff_max_ms", spec.backoff_max_ms}};
  if (!spec.env.empty()) json["env"] = spec.env;
  if (!spec.directory.empty()) json["directory"] = spec.directory;
  if (!spec.labels.empty()) json["labels"] = spec.labels;
  if (!spec.anti_affinity.empty()) json["anti_affinity"] = spec.anti_affinity;
  if (!spec.spread.empty()) json["spread"] = spec.spread;
  if (spec.timeout_ms != 0) json["timeout_ms"] = spec.timeout_ms;
  if (spec.count != 0) json["count"] = spec.count;
  if (!spec.after.empty()) json["after"] = spec.after;
  if (!spec.idempotency_key.empty()) json["idempotency_key"] = spec.idempotency_key;
  return json;
}

}  // namespace

std::vector<std::string> jobs_of(const Spec& spec) {
  std::vector<std::string> jobs;
  for (std::uint64_t index = 0; index < spec.count; ++index) jobs.push_back(element_of(spec.id, index));
  if (spec.count == 0) jobs.push_back(spec.id);
  return jobs;
}

std::string to_json(const Spec& spec) { return lenient::text_of(json_of(spec)); }

Result<Spec> spec_from_json(std::string_view text) {
  const auto json = lenient::object_from(text);
  if (!json) return fail(Errc::malformed, "a spec that is no JSON object");
  Spec spec;
  lenient::read(*json, "id", spec.id);
  lenient::read(*json, "command", spec.command);
  lenient::read(*json, "env", spec.env);
  lenient::read(*json, "directory", spec.directory);
  lenient::read(*json, "priority", spec.priority);
  lenient::read(*json, "resources", spec.resources);
  lenient::read(*json, "labels", spec.labels);
  lenient::read(*json, "anti_affinity", spec.anti_affinity);
  lenient::read(*json, "spread", spec.spread);
  lenient::read(*json, "attempts_max", spec.attempts_max);
  lenient::read(*json, "backoff_ms", spec.backoff_ms);
  lenient::read(*json, "backoff_max_ms", spec.backoff_max_ms);
  lenient::read(*json, "timeout_ms", spec.timeout_ms);
  lenient::read(*json, "count", spec.count);
  lenient::read(*json, "after", spec.after);
  lenient::read(*json, "idempotency_key", spec.idempotency_key);
  // Others may have written it: what is started from it must keep the rules all the same.
  const auto good = check(Submission{{spec}, {}});
  if (!good) return fail(good.error());
  return spec;
}

std::uint64_t digest_of(const Submission& submission) {
  std::uint64_t digest = 14695981039346656037ULL;  // FNV-1a
  for (const Spec& spec : submission.specs)
    for (const char c : to_json(spec) + '\n') digest = (digest ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return digest;
}

}  // namespace conclave::scheduler
