#include "conclave/scheduler_core/agents.hpp"

namespace conclave::scheduler {

std::string_view name_of(AgentState state) {
  switch (state) {
    case AgentState::ready: return "ready";
    case AgentState::draining: return "draining";
    case AgentState::leaving: return "leaving";
    case AgentState::suspect: return "suspect";
    case AgentState::lost: return "lost";
  }
  return "";
}

std::optional<AgentState> state_of_agent(const Picture& picture, std::string_view agent, bool has_work) {
  if (const auto row = picture.agents.find(agent); row != picture.agents.end()) {
    if (row->second.record.leaving) return AgentState::leaving;
    return picture.drains.contains(agent) ? AgentState::draining : AgentState::ready;
  }
  if (const auto gone = picture.gone.find(agent); gone != picture.gone.end())
    return gone->second.given_up ? AgentState::lost : AgentState::suspect;
  if (has_work) return AgentState::suspect;
  return std::nullopt;
}

ByName<AgentSummary> agents_of(const Picture& picture) {
  ByName<AgentSummary> agents;
  for (const auto& [name, row] : picture.agents) agents[name];
  for (const auto& [name, record] : picture.gone) agents[name];
  for (const auto& [job, assignment] : picture.assignments) agents[assignment.agent].jobs.insert(job);
  for (auto& [name, agent] : agents) {
    agent.state = state_of_agent(picture, name, !agent.jobs.empty()).value_or(AgentState::ready);
    if (const auto refused = picture.refused.find(name); refused != picture.refused.end()) agent.refused = refused->second.reports;
  }
  return agents;
}

}  // namespace conclave::scheduler
