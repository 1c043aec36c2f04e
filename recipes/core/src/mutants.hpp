#pragma once

/// Bugs planted on purpose, each behind its own macro: a build with one of them must be caught by the simulator, or the simulator
/// is blind to that rule. All are off in what ships.
namespace conclave::recipes::core::mutants {

/// What is held counts as held for half a TTL after its local deadline.
#ifdef CONCLAVE_MUTANT_TRUST_LEASE_TOO_LONG
inline constexpr bool trust_lease_too_long = true;
#else
inline constexpr bool trust_lease_too_long = false;
#endif

/// A place whose taking was not answered is left to itself.
#ifdef CONCLAVE_MUTANT_LEAVE_PLACE_BEHIND
inline constexpr bool leave_place_behind = true;
#else
inline constexpr bool leave_place_behind = false;
#endif

}  // namespace conclave::recipes::core::mutants
