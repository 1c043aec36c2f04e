#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "conclave/scheduler_api/requests.hpp"
#include "conclave/scheduler_core/agents.hpp"
#include "conclave/scheduler_core/picture.hpp"
#include "conclave/scheduler_core/records.hpp"

/// Answers, as JSON texts.
namespace conclave::scheduler::api {

/// A job in lists and in events: its record with what matters of its spec. `spec` may be missing.
[[nodiscard]] std::string job_json(const std::string& name, const Job& job, const Spec* spec);
/// An agent: what it told of itself, its state, and how much of it is taken. "null" if nobody knows it.
[[nodiscard]] std::string agent_json(const Picture& picture, const std::string& name, const std::set<std::string>& jobs);

[[nodiscard]] std::string list_json(const Picture& picture, Revision revision, const ListQuery& query);
[[nodiscard]] std::string agents_json(const Picture& picture, Revision revision);
/// How many jobs are in which phase, agents in which state, and whether work is frozen.
[[nodiscard]] std::string status_json(const Picture& picture, Revision revision);
using Runs = std::map<std::string, std::map<std::uint64_t, RunRecord>>;
[[nodiscard]] std::string shown_json(const Spec& spec, const ByName<Job>& jobs, const Runs& runs);
[[nodiscard]] std::string submitted_json(const std::vector<std::string>& specs, bool is_new);
/// {"changed": N}
[[nodiscard]] std::string changed_json(std::uint64_t count);

}  // namespace conclave::scheduler::api
