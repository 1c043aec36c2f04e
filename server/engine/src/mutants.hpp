#pragma once

/// Planted bugs for the simulator (docs/testing.md): each is the wrong version of one rule, compiled only into its own test
/// variant.
namespace conclave::engine::mutants {

#if defined(CONCLAVE_MUTANT_STAMP_ACROSS_PAUSE)
inline constexpr bool stamp_across_pause = true;
#else
inline constexpr bool stamp_across_pause = false;
#endif

#if defined(CONCLAVE_MUTANT_LOSE_EVENT_AT_COMPACTION)
inline constexpr bool lose_event_at_compaction = true;
#else
inline constexpr bool lose_event_at_compaction = false;
#endif

}  // namespace conclave::engine::mutants
