#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "conclave/scheduler_core/picture.hpp"

namespace conclave::scheduler {

/// How an agent stands, as everybody tells it.
enum class AgentState : std::uint8_t {
  ready,
  draining,  ///< gets no new work
  leaving,   ///< it is about to end in good order
  suspect,   ///< it went without a word and is waited for
  lost,      ///< nobody waits for it any more
};
[[nodiscard]] std::string_view name_of(AgentState state);

/// Nothing if nobody knows of it. `has_work`: it has assignments.
[[nodiscard]] std::optional<AgentState> state_of_agent(const Picture& picture, std::string_view agent, bool has_work);

struct AgentSummary {
  AgentState state = AgentState::ready;
  std::set<std::string> jobs;  ///< assigned to it
  std::uint64_t refused = 0;   ///< reports of it that came too late
};
/// Every agent that anybody knows of.
[[nodiscard]] ByName<AgentSummary> agents_of(const Picture& picture);

}  // namespace conclave::scheduler
