#pragma once

#include <string>

#include "conclave/scheduler_core/planner.hpp"

namespace conclave::scheduler::test {

/// A picture that is made through keys and values, as the store would give them.
class Made {
 public:
  const Keys keys{"test"};
  Picture picture;

  void put(const std::string& key, const std::string& value, LeaseId lease = {}) {
    revision_ = revision_.next();
    auto& row = rows_[key];
    if (row.created.is_zero()) row.created = revision_;
    row.changed = revision_;
    row.lease = lease;
    picture.apply(keys, key, Row{value, row.created, row.changed, row.lease});
  }
  void erase(const std::string& key) {
    rows_.erase(key);
    picture.apply(keys, key, std::nullopt);
  }
  void submit(Spec spec) {
    if (spec.command.empty()) spec.command = {"true"};
    put(keys.spec(spec.id), to_json(spec));
    for (const auto& job : jobs_of(spec)) put(keys.job(job), to_json(JobRecord{}));
  }
  void agent(const std::string& name, Resources capacity, Labels labels = {}) {
    AgentRecord record;
    record.capacity = capacity;
    record.labels = std::move(labels);
    put(keys.agent(name), to_json(record), LeaseId(++leases_));
  }
  void job(const std::string& name, const JobRecord& record) { put(keys.job(name), to_json(record)); }
  /// The job is the agent's, in that phase.
  void give(const std::string& name, const std::string& agent, Phase phase = Phase::running) {
    JobRecord record = picture.jobs.at(name).record;
    ++record.epoch;
    record.phase = phase;
    record.agent = agent;
    job(name, record);
    put(keys.assign(agent, name), to_json(AssignRecord{record, Stop::none, {}}));
  }

 private:
  struct Stored {
    Revision created, changed;
    LeaseId lease;
  };
  std::map<std::string, Stored> rows_;
  Revision revision_;
  std::uint64_t leases_ = 0;
};

inline Spec spec(const std::string& id) {
  Spec made;
  made.id = id;
  made.command = {"true"};
  return made;
}

template <class T>
std::vector<T> all_of(const std::vector<Decision>& decisions) {
  std::vector<T> found;
  for (const Decision& decision : decisions)
    if (const T* const one = std::get_if<T>(&decision)) found.push_back(*one);
  return found;
}

}  // namespace conclave::scheduler::test
