#pragma once

/// Bugs planted on purpose, each behind its own macro: a build with one of them must be caught by the simulator, or the simulator
/// is blind to that rule. All are off in what ships. tests/simulation/CMakeLists.txt lists those that are known to be caught.
namespace conclave::scheduler::mutants {

/// A report does not compare the assignment: one of an epoch that is over counts.
#ifdef CONCLAVE_MUTANT_REPORT_WITHOUT_EPOCH
inline constexpr bool report_without_epoch = true;
#else
inline constexpr bool report_without_epoch = false;
#endif

/// What an agent runs may go on for a TTL after its lease.
#ifdef CONCLAVE_MUTANT_OUTLIVE_THE_LEASE
inline constexpr bool outlive_the_lease = true;
#else
inline constexpr bool outlive_the_lease = false;
#endif

/// An accepted assignment that a new process of the agent knows nothing of is reported lost at once.
#ifdef CONCLAVE_MUTANT_ORPHAN_AT_ONCE
inline constexpr bool orphan_at_once = true;
#else
inline constexpr bool orphan_at_once = false;
#endif

/// Work is started before it is known to be accepted.
#ifdef CONCLAVE_MUTANT_START_UNACCEPTED
inline constexpr bool start_unaccepted = true;
#else
inline constexpr bool start_unaccepted = false;
#endif

}  // namespace conclave::scheduler::mutants
