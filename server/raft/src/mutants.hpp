#pragma once

/// Planted bugs, one a build, that the simulator must catch. A release defines none of the macros, and every constant is false.
namespace conclave::raft::mutants {

#if defined(CONCLAVE_MUTANT_ACK_BEFORE_FLUSH)
inline constexpr bool ack_before_flush = true;
#else
inline constexpr bool ack_before_flush = false;
#endif

#if defined(CONCLAVE_MUTANT_FORGET_VOTE)
inline constexpr bool forget_vote = true;
#else
inline constexpr bool forget_vote = false;
#endif

#if defined(CONCLAVE_MUTANT_SKIP_TRUNCATE)
inline constexpr bool skip_truncate = true;
#else
inline constexpr bool skip_truncate = false;
#endif

#if defined(CONCLAVE_MUTANT_LOST_ON_TRUNCATE)
inline constexpr bool lost_on_truncate = true;
#else
inline constexpr bool lost_on_truncate = false;
#endif

#if defined(CONCLAVE_MUTANT_JOIN_SENT_READ_ROUND)
inline constexpr bool join_sent_read_round = true;
#else
inline constexpr bool join_sent_read_round = false;
#endif

#if defined(CONCLAVE_MUTANT_DURABLE_AT_COMMIT)
inline constexpr bool durable_at_commit = true;
#else
inline constexpr bool durable_at_commit = false;
#endif

}  // namespace conclave::raft::mutants
