#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "conclave/base/result.hpp"

namespace conclave::scheduler {

/// What a job needs of an agent while it is there, and what an agent has.
struct Resources {
  std::uint64_t cpu_milli = 0;   ///< thousandths of a processor
  std::uint64_t memory_mib = 0;  ///< also the limit that the job runs under, if it is not zero
  std::uint64_t slots = 1;
  bool operator==(const Resources&) const = default;
};

using Labels = std::map<std::string, std::string, std::less<>>;

/// What a user asks for; never changes.
struct Spec {
  std::string id;  ///< empty in a submission: one is made up
  std::vector<std::string> command;
  std::map<std::string, std::string> env;
  std::string directory;  ///< where it runs; empty: a directory of its own
  std::uint64_t priority = 50;
  Resources resources;
  Labels labels;              ///< all of these the agent must have
  std::string anti_affinity;  ///< no two jobs of this group on one agent at a time
  std::string spread;         ///< a label over whose values the jobs of this spec are spread as evenly as can be
  std::uint64_t attempts_max = 3;
  std::uint64_t backoff_ms = 1000;  ///< after the first failure; doubles
  std::uint64_t backoff_max_ms = 60'000;
  std::uint64_t timeout_ms = 0;    ///< of one run; zero: none
  std::uint64_t count = 0;         ///< elements, if it is an array
  std::vector<std::string> after;  ///< specs all of whose jobs must have succeeded before
  std::string idempotency_key;     ///< of the submission, so that both go together
  bool operator==(const Spec&) const = default;
};

/// What is submitted together: all of it or nothing.
struct Submission {
  std::vector<Spec> specs;
  std::string idempotency_key;  ///< submitting the same again under the same key does nothing
};

inline constexpr std::size_t submission_bytes_max = std::size_t{1} << 20U;
inline constexpr std::size_t spec_bytes_max = std::size_t{64} << 10U;
/// Specs and jobs of one submission: what fits into one transaction.
inline constexpr std::size_t submission_keys_max = 100;
inline constexpr std::uint64_t priority_max = 99;

/// Reads what a user sent: one job, a list of jobs, or {"jobs": [...], "idempotency_key": ...}. Everything is checked; an error
/// names the field, as in `jobs[1].resources.memory_mib`, and says what is wrong with it. Codes: too_large, malformed,
/// invalid_argument.
[[nodiscard]] Result<Submission> parse_submission(std::string_view json);
/// The rules that hold between the fields and the jobs of a submission: names, sizes, dependencies without a circle.
[[nodiscard]] Result<void> check(const Submission& submission);

/// The names of its jobs: its own, or those of the elements.
[[nodiscard]] std::vector<std::string> jobs_of(const Spec& spec);

[[nodiscard]] std::string to_json(const Spec& spec);
/// Nothing if it is none.
[[nodiscard]] Result<Spec> spec_from_json(std::string_view json);
/// Two submissions with the same digest ask for the same.
[[nodiscard]] std::uint64_t digest_of(const Submission& submission);

}  // namespace conclave::scheduler
