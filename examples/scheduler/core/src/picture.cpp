#include "conclave/scheduler_core/picture.hpp"

namespace conclave::scheduler {
namespace {

template <class T>
void set(ByName<T>& map, const std::string& name, std::optional<T> value) {
  if (value)
    map.insert_or_assign(name, std::move(*value));
  else
    map.erase(name);
}

struct Applying {
  Picture& picture;
  const std::optional<Row>& row;

  void operator()(const SpecKey& key) const {
    std::optional<Spec> spec;
    if (row)
      if (auto read = spec_from_json(row->value); read && read->id == key.spec) spec = std::move(*read);
    set(picture.specs, key.spec, std::move(spec));
  }
  void operator()(const JobKey& key) const {
    std::optional<Job> job;
    if (row)
      if (auto record = job_from_json(row->value)) job = Job{std::move(*record), row->created, row->changed};
    set(picture.jobs, key.job, std::move(job));
  }
  void operator()(const AgentKey& key) const {
    std::optional<AgentRow> agent;
    if (row)
      if (auto record = agent_from_json(row->value)) agent = AgentRow{std::move(*record), row->lease, row->created};
    set(picture.agents, key.agent, std::move(agent));
  }
  void operator()(const AssignKey& key) const {
    std::optional<Assignment> assignment;
    if (row) {
      if (auto record = assign_from_json(row->value)) assignment = Assignment{key.agent, std::move(*record), row->created};
    } else if (const auto other = picture.assignments.find(key.job);
               other != picture.assignments.end() && other->second.agent != key.agent) {
      return;  // of an agent that no longer has it
    }
    set(picture.assignments, key.job, std::move(assignment));
  }
  void operator()(const DrainKey& key) const { set(picture.drains, key.agent, row ? drain_from_json(row->value) : std::nullopt); }
  void operator()(const GoneKey& key) const { set(picture.gone, key.agent, row ? gone_from_json(row->value) : std::nullopt); }
  void operator()(const RefusedKey& key) const {
    set(picture.refused, key.agent, row ? refused_from_json(row->value) : std::nullopt);
  }
  void operator()(const FreezeKey&) const { picture.freeze = row ? freeze_from_json(row->value) : std::nullopt; }
  void operator()(const OtherKey&) const {}
};

}  // namespace

void Picture::apply(const Keys& keys, std::string_view key, const std::optional<Row>& row) {
  std::visit(Applying{*this, row}, keys.parse(key));
}

const Spec* Picture::spec_of(std::string_view job) const {
  const auto found = specs.find(scheduler::spec_of(job));
  return found == specs.end() ? nullptr : &found->second;
}

}  // namespace conclave::scheduler
