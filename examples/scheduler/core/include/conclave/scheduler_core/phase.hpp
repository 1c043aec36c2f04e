#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace conclave::scheduler {

/// Where a job stands.
///
///     pending -> assigned -> accepted -> running -> succeeded
///        ^          |           |           |
///        |          +---- failed, lost -----+      cancelled: from everything that is not final
///        +-- backoff ----/   \---- dead
///
/// An epoch is one assignment. Within it the phases go forward only, and only its agent moves them; what is lost was taken away
/// from the agent, because it is gone or gave the work back.
enum class Phase : std::uint8_t { pending, assigned, accepted, running, succeeded, failed, lost, dead, cancelled };

[[nodiscard]] std::string_view name_of(Phase phase);
[[nodiscard]] std::optional<Phase> phase_from(std::string_view name);

/// An agent has it.
[[nodiscard]] constexpr bool is_active(Phase phase) {
  return phase == Phase::assigned || phase == Phase::accepted || phase == Phase::running;
}
/// Nothing happens to it any more unless somebody asks for it.
[[nodiscard]] constexpr bool is_final(Phase phase) {
  return phase == Phase::succeeded || phase == Phase::dead || phase == Phase::cancelled;
}
/// An attempt came to nothing; the scheduler decides what becomes of the job.
[[nodiscard]] constexpr bool is_undecided(Phase phase) { return phase == Phase::failed || phase == Phase::lost; }

/// Whether a job may go from one phase to the other. Only `retry` leaves a final phase: dead or cancelled to pending.
[[nodiscard]] bool may_follow(Phase before, Phase after);

}  // namespace conclave::scheduler
