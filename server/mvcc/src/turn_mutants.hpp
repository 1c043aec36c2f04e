#pragma once

/// A planted bug that the tests and the simulator must find; never set in a build that anybody runs.
namespace conclave::mvcc {

#if defined(CONCLAVE_MUTANT_FIRE_TURN_EARLY)
inline constexpr bool mutant_fire_turn_early = true;
#else
inline constexpr bool mutant_fire_turn_early = false;
#endif

}  // namespace conclave::mvcc
