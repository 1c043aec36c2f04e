#pragma once

/// Bugs planted on purpose, each behind its own macro: a build with one of them must be caught by the simulator, or the simulator
/// is blind to that rule. All are off in what ships.
namespace conclave::mvcc::mutants {

/// ExpireLeases removes a lease without a second look at its deadline.
#ifdef CONCLAVE_MUTANT_EXPIRE_RENEWED
inline constexpr bool expire_renewed = true;
#else
inline constexpr bool expire_renewed = false;
#endif

/// A lease that is dead at the entry's stamp can be renewed.
#ifdef CONCLAVE_MUTANT_RENEW_DEAD
inline constexpr bool renew_dead = true;
#else
inline constexpr bool renew_dead = false;
#endif

/// A sequence below the session's first outstanding one is executed.
#ifdef CONCLAVE_MUTANT_EXECUTE_STALE
inline constexpr bool execute_stale = true;
#else
inline constexpr bool execute_stale = false;
#endif

/// A repeat is executed again although its outcome is remembered.
#ifdef CONCLAVE_MUTANT_REEXECUTE_REPEAT
inline constexpr bool reexecute_repeat = true;
#else
inline constexpr bool reexecute_repeat = false;
#endif

}  // namespace conclave::mvcc::mutants
