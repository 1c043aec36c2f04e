#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "conclave/scheduler_core/keys.hpp"
#include "conclave/scheduler_core/spec.hpp"

namespace conclave::scheduler {
namespace {

constexpr std::uint64_t attempts_most = 100;
constexpr std::uint64_t span_ms_most = std::uint64_t{7} * 24 * 3600 * 1000;
constexpr std::uint64_t cpu_milli_most = 1'000'000;
constexpr std::uint64_t memory_mib_most = std::uint64_t{16} << 20U;
constexpr std::uint64_t slots_most = 10'000;
constexpr std::size_t arguments_max = 256;
constexpr std::size_t pairs_max = 128;
constexpr std::size_t after_max = 16;
constexpr std::size_t after_outside_max = 60;  // each is a condition of the transaction
constexpr std::size_t label_bytes_max = 256;
constexpr std::size_t path_bytes_max = 4096;

Unexpected refuse(const std::string& where, const std::string& why) { return fail(Errc::invalid_argument, where + ": " + why); }

Result<void> check_range(const std::string& where, std::uint64_t value, std::uint64_t least, std::uint64_t most) {
  if (value >= least && value <= most) return {};
  return refuse(where, std::to_string(value) + " is not between " + std::to_string(least) + " and " + std::to_string(most));
}

bool has_nul(const std::string& text) { return text.find('\0') != std::string::npos; }

Result<void> check_command(const std::string& where, const Spec& spec) {
  if (spec.command.empty()) return refuse(where + "command", "it is missing or empty");
  if (spec.command.size() > arguments_max)
    return refuse(where + "command", "it has more than " + std::to_string(arguments_max) + " words");
  if (spec.command.front().empty()) return refuse(where + "command[0]", "it is empty");
  for (std::size_t i = 0; i < spec.command.size(); ++i)
    if (has_nul(spec.command[i])) return refuse(where + "command[" + std::to_string(i) + "]", "it has a NUL byte");
  return {};
}

Result<void> check_env(const std::string& where, const Spec& spec) {
  if (spec.env.size() > pairs_max) return refuse(where + "env", "more than " + std::to_string(pairs_max) + " variables");
  const auto is_name_char = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  for (const auto& [name, value] : spec.env) {
    if (name.empty() || (name.front() >= '0' && name.front() <= '9') || !std::all_of(name.begin(), name.end(), is_name_char))
      return refuse(where + "env", "'" + name + "' is no name of a variable: letters, digits and '_', no digit in front");
    if (has_nul(value)) return refuse(where + "env." + name, "it has a NUL byte");
  }
  return {};
}

Result<void> check_directory(const std::string& where, const std::string& path) {
  if (path.empty()) return {};
  if (path.size() > path_bytes_max)
    return refuse(where + "directory", "it is longer than " + std::to_string(path_bytes_max) + " bytes");
  if (path.front() != '/') return refuse(where + "directory", "it is not absolute");
  if (has_nul(path)) return refuse(where + "directory", "it has a NUL byte");
  if ((path + "/").find("/../") != std::string::npos) return refuse(where + "directory", "it has a part '..'");
  return {};
}

Result<void> check_labels(const std::string& where, const Labels& labels) {
  if (labels.size() > pairs_max) return refuse(where + "labels", "more than " + std::to_string(pairs_max));
  for (const auto& [name, value] : labels) {
    if (const auto good = check_word(where + "labels." + name, name); !good) return good;
    if (value.size() > label_bytes_max)
      return refuse(where + "labels." + name, "its value is longer than " + std::to_string(label_bytes_max) + " bytes");
  }
  return {};
}

Result<void> check_names(const std::string& where, const Spec& spec) {
  if (!spec.id.empty()) {
    if (const auto good = check_word(where + "id", spec.id); !good) return good;
    if (spec.id.find('.') != std::string::npos) return refuse(where + "id", "it has a dot: elements of arrays are named so");
  }
  const std::pair<const char*, const std::string*> words[] = {
      {"anti_affinity", &spec.anti_affinity}, {"spread", &spec.spread}, {"idempotency_key", &spec.idempotency_key}};
  for (const auto& [name, word] : words)
    if (!word->empty())
      if (const auto good = check_word(where + name, *word); !good) return good;
  if (spec.after.size() > after_max) return refuse(where + "after", "more than " + std::to_string(after_max) + " dependencies");
  for (std::size_t i = 0; i < spec.after.size(); ++i) {
    const std::string at = where + "after[" + std::to_string(i) + "]";
    if (const auto good = check_word(at, spec.after[i]); !good) return good;
    if (spec.after[i].find('.') != std::string::npos) return refuse(at, "it names an element; a dependency is a whole array");
  }
  return {};
}

Result<void> check_numbers(const std::string& where, const Spec& spec) {
  struct Rule {
    const char* name;
    std::uint64_t value, least, most;
  };
  const Rule rules[] = {{"priority", spec.priority, 0, priority_max},
                        {"resources.cpu_milli", spec.resources.cpu_milli, 0, cpu_milli_most},
                        {"resources.memory_mib", spec.resources.memory_mib, 0, memory_mib_most},
                        {"resources.slots", spec.resources.slots, 0, slots_most},
                        {"attempts_max", spec.attempts_max, 1, attempts_most},
                        {"backoff_ms", spec.backoff_ms, 0, span_ms_most},
                        {"backoff_max_ms", spec.backoff_max_ms, 0, span_ms_most},
                        {"timeout_ms", spec.timeout_ms, 0, span_ms_most},
                        {"count", spec.count, 0, submission_keys_max}};
  for (const Rule& rule : rules)
    if (const auto good = check_range(where + rule.name, rule.value, rule.least, rule.most); !good) return good;
  return {};
}

Result<void> check_spec(const std::string& where, const Spec& spec) {
  if (const auto good = check_names(where, spec); !good) return good;
  if (const auto good = check_command(where, spec); !good) return good;
  if (const auto good = check_env(where, spec); !good) return good;
  if (const auto good = check_directory(where, spec.directory); !good) return good;
  if (const auto good = check_labels(where, spec.labels); !good) return good;
  if (const auto good = check_numbers(where, spec); !good) return good;
  const std::size_t bytes = to_json(spec).size();
  if (bytes <= spec_bytes_max) return {};
  return fail(Errc::too_large,
              where + "command: the job has " + std::to_string(bytes) + " bytes; the limit is " + std::to_string(spec_bytes_max));
}

/// Removes what depends on nothing that is left, until nothing can be removed: what is left goes in a circle.
Result<void> check_order(const Submission& submission) {
  std::map<std::string, std::set<std::string>> waits;
  for (const Spec& spec : submission.specs)
    if (!spec.id.empty()) waits[spec.id].insert(spec.after.begin(), spec.after.end());
  const auto is_free = [&](const auto& entry) {
    return std::none_of(entry.second.begin(), entry.second.end(), [&](const auto& on) { return waits.contains(on); });
  };
  while (true) {
    const auto free = std::find_if(waits.begin(), waits.end(), is_free);
    if (free == waits.end()) break;
    waits.erase(free);
  }
  if (waits.empty()) return {};
  // From any of those left, go on to one it waits for that is left too: that comes back to where it was.
  std::string circle;
  std::set<std::string> seen;
  std::string at = waits.begin()->first;
  while (seen.insert(at).second) {
    const auto& on = waits[at];
    at = *std::find_if(on.begin(), on.end(), [&](const auto& name) { return waits.contains(name); });
  }
  const std::string start = at;
  do {
    circle += at + " -> ";
    const auto& on = waits[at];
    at = *std::find_if(on.begin(), on.end(), [&](const auto& name) { return waits.contains(name); });
  } while (at != start);
  return refuse("after", "the jobs wait for each other in a circle: " + circle + start);
}

}  // namespace

Result<void> check(const Submission& submission) {
  if (submission.specs.empty()) return refuse("jobs", "there is none");
  if (!submission.idempotency_key.empty())
    if (const auto good = check_word("idempotency_key", submission.idempotency_key); !good) return good;
  std::set<std::string> ids;
  std::size_t keys = 0;
  for (std::size_t i = 0; i < submission.specs.size(); ++i) {
    const Spec& spec = submission.specs[i];
    const std::string where = submission.specs.size() == 1 ? "" : "jobs[" + std::to_string(i) + "].";
    if (const auto good = check_spec(where, spec); !good) return good;
    if (!spec.id.empty() && !ids.insert(spec.id).second) return refuse(where + "id", "'" + spec.id + "' is there twice");
    keys += 1 + std::max<std::size_t>(1, spec.count);
  }
  if (keys > submission_keys_max + 1)
    return fail(Errc::too_large, "jobs: specs and jobs are " + std::to_string(keys) + "; the limit of one submission is " +
                                     std::to_string(submission_keys_max + 1));
  std::set<std::string> outside;
  for (const Spec& spec : submission.specs)
    for (const std::string& name : spec.after)
      if (!ids.contains(name)) outside.insert(name);
  if (outside.size() > after_outside_max)
    return refuse("after", "dependencies on more than " + std::to_string(after_outside_max) + " jobs that were submitted before");
  return check_order(submission);
}

}  // namespace conclave::scheduler
