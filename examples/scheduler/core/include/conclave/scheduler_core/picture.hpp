#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "conclave/base/ids.hpp"
#include "conclave/scheduler_core/keys.hpp"
#include "conclave/scheduler_core/records.hpp"

namespace conclave::scheduler {

/// A key of the store as it is now.
struct Row {
  std::string_view value;
  Revision created;
  Revision changed;
  LeaseId lease;
};

struct Job {
  JobRecord record;
  Revision created;  ///< older is earlier in the queue
  Revision changed;
};
struct AgentRow {
  AgentRecord record;
  LeaseId lease;
  Revision created;
};
struct Assignment {
  std::string agent;
  AssignRecord record;
  Revision created;  ///< fences its epoch: whoever has the job compares it
};

template <class T>
using ByName = std::map<std::string, T, std::less<>>;

/// Everything under a scheduler's directory at one revision. What is no record of ours is as if it were not there.
struct Picture {
  ByName<Spec> specs;
  ByName<Job> jobs;
  ByName<AgentRow> agents;
  ByName<Assignment> assignments;  ///< by job
  ByName<DrainRecord> drains;
  ByName<GoneRecord> gone;
  ByName<RefusedRecord> refused;
  std::optional<FreezeRecord> freeze;

  /// `row` empty: the key is gone.
  void apply(const Keys& keys, std::string_view key, const std::optional<Row>& row);
  /// The spec of a job, if there is a good one.
  [[nodiscard]] const Spec* spec_of(std::string_view job) const;
};

}  // namespace conclave::scheduler
