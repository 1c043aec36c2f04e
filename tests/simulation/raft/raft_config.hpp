#pragma once

#include "conclave/raft/config.hpp"
#include "core/swarm.hpp"

namespace conclave::sim {

/// A core's knobs: the defaults, or limits so small that every one is reached.
[[nodiscard]] raft::Config draw_raft_config(const Swarm& swarm, MemberId self, Prng& prng);

}  // namespace conclave::sim
