#pragma once

/// Bugs planted on purpose, each behind its own macro: a build with one of them must be caught by the simulator, or the simulator
/// is blind to that rule. All are off in what ships.
namespace conclave::locksmith::mutants {

/// One slot more is given than the group has.
#ifdef CONCLAVE_MUTANT_ONE_SLOT_TOO_MANY
inline constexpr bool one_slot_too_many = true;
#else
inline constexpr bool one_slot_too_many = false;
#endif

/// The window is not looked at again when the slot is there.
#ifdef CONCLAVE_MUTANT_TRUST_OLD_WINDOW
inline constexpr bool trust_old_window = true;
#else
inline constexpr bool trust_old_window = false;
#endif

/// The slot is given back after the boot without waiting for health.
#ifdef CONCLAVE_MUTANT_RELEASE_UNHEALTHY
inline constexpr bool release_unhealthy = true;
#else
inline constexpr bool release_unhealthy = false;
#endif

/// What was going on before a crash is forgotten.
#ifdef CONCLAVE_MUTANT_FORGET_JOURNAL
inline constexpr bool forget_journal = true;
#else
inline constexpr bool forget_journal = false;
#endif

}  // namespace conclave::locksmith::mutants
