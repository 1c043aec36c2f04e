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

/// A semaphore's waiter that is told its turn goes by the slots that it saw when it began to wait.
#ifdef CONCLAVE_MUTANT_IGNORE_FEWER_SLOTS
inline constexpr bool ignore_fewer_slots = true;
#else
inline constexpr bool ignore_fewer_slots = false;
#endif

/// A reboot slot is taken although the budget may have become smaller since it was looked at.
#ifdef CONCLAVE_MUTANT_GIVE_SLOT_UNSEEN
inline constexpr bool give_slot_unseen = true;
#else
inline constexpr bool give_slot_unseen = false;
#endif

/// What is held is lost only when the servers give it to another, whatever lock delay was asked for.
#ifdef CONCLAVE_MUTANT_IGNORE_LOCK_DELAY
inline constexpr bool ignore_lock_delay = true;
#else
inline constexpr bool ignore_lock_delay = false;
#endif

/// Who waits to enter a double barrier counts those who left again.
#ifdef CONCLAVE_MUTANT_COUNT_WHO_LEFT
inline constexpr bool count_who_left = true;
#else
inline constexpr bool count_who_left = false;
#endif

/// An addition goes by the number that it saw, also if somebody added meanwhile.
#ifdef CONCLAVE_MUTANT_ADD_UNSEEN
inline constexpr bool add_unseen = true;
#else
inline constexpr bool add_unseen = false;
#endif

/// A registration that lost its lease does not come back.
#ifdef CONCLAVE_MUTANT_STAY_AWAY
inline constexpr bool stay_away = true;
#else
inline constexpr bool stay_away = false;
#endif

}  // namespace conclave::recipes::core::mutants
