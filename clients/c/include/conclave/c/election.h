/// @file
/// Elections: programs of which one leads, across machines.
#ifndef CONCLAVE_C_ELECTION_H
#define CONCLAVE_C_ELECTION_H

#include "conclave/c/hold.h"

#ifdef __cplusplus
extern "C" {
#endif

/// An election. Candidates lead in the order of their arrival; when the leader goes only the next one is woken.
typedef struct conclave_election conclave_election;
/// A leadership that is held.
typedef struct conclave_leadership conclave_leadership;
/// The telling of leaders.
typedef struct conclave_observation conclave_observation;

/// Who leads, as others see it.
typedef struct conclave_leader {
  conclave_bytes key;       ///< stands for the leadership
  conclave_bytes value;     ///< what it proclaims
  conclave_revision token;  ///< its fencing token
  conclave_lease_id lease;  ///< its lease
  const char* owner;        ///< as it said
} conclave_leader;

/// How a campaign ended; the leadership is yours, and NULL if it failed.
typedef void (*conclave_leadership_callback)(void* user, const conclave_error* error, conclave_leadership* leadership);
/// Who leads now; NULL: nobody. Of an observation: after an error nothing more comes. Both are borrowed.
typedef void (*conclave_leader_callback)(void* user, const conclave_error* error, const conclave_leader* leader);

/// Makes an election; asks nobody.
CONCLAVE_API conclave_code conclave_election_new(conclave_client* client, const char* name, const conclave_lock_options* options,
                                                 conclave_election** election, conclave_error* error);
/// Ends it, and calls off what waits with it. Leaderships and observations stay.
CONCLAVE_API void conclave_election_free(conclave_election* election);
/// Waits until this program leads, and proclaims `value` from then on.
CONCLAVE_API conclave_code conclave_election_campaign(conclave_election* election, conclave_bytes value, int64_t timeout_ms,
                                                      conclave_stop* stop, conclave_leadership** leadership, conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_election_campaign_async(conclave_election* election, conclave_bytes value, int64_t timeout_ms,
                                                            conclave_stop* stop, conclave_leadership_callback done, void* user);
/// Who leads; `*leader` is NULL if nobody does, else to be freed with conclave_leader_free.
CONCLAVE_API conclave_code conclave_election_leader(conclave_election* election, int64_t timeout_ms, conclave_leader** leader,
                                                    conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_election_leader_async(conclave_election* election, int64_t timeout_ms,
                                                          conclave_leader_callback done, void* user);
/// Changes what the leader proclaims who has this guard, from any program; as conclave_leadership_proclaim, and one read more.
/// CONCLAVE_INVALID_ARGUMENT: the guard is of no candidate of this election.
CONCLAVE_API conclave_code conclave_election_proclaim(conclave_election* election, const conclave_guard* leader,
                                                      conclave_bytes value, int64_t timeout_ms, conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_election_proclaim_async(conclave_election* election, const conclave_guard* leader,
                                                            conclave_bytes value, int64_t timeout_ms, conclave_done_callback done,
                                                            void* user);
/// Ends what conclave_election_leader gave.
CONCLAVE_API void conclave_leader_free(conclave_leader* leader);
/// Tells of the present leader, then of every leader and every proclamation in order, until it is freed. If the cluster forgot so
/// much history that some could not be seen, it goes on with the present one.
CONCLAVE_API conclave_code conclave_election_observe(conclave_election* election, conclave_leader_callback on_leader, void* user,
                                                     conclave_observation** observation, conclave_error* error);
/// Ends it.
CONCLAVE_API void conclave_observation_free(conclave_observation* observation);

/// Whether it leads, judged by the local clock.
CONCLAVE_API bool conclave_leadership_is_leader(const conclave_leadership* leadership);
/// For how long nobody else can lead if nothing more is heard; 0 once lost.
CONCLAVE_API int64_t conclave_leadership_certain_for_ms(const conclave_leadership* leadership);
/// For any request: it is refused with CONCLAVE_FENCED once somebody else leads. Belongs to the leadership; NULL of NULL.
CONCLAVE_API const conclave_guard* conclave_leadership_guard(const conclave_leadership* leadership);
/// The fencing token: greater than that of every leader before.
CONCLAVE_API conclave_revision conclave_leadership_token(const conclave_leadership* leadership);
/// Told once when it is lost (also if it is lost already); not after resigning, nor when the client is freed.
CONCLAVE_API conclave_code conclave_leadership_on_lost(conclave_leadership* leadership, conclave_hold_callback on_lost, void* user);
/// Told whenever no renewal was acknowledged for half a TTL: time to step down before it is lost.
CONCLAVE_API conclave_code conclave_leadership_on_jeopardy(conclave_leadership* leadership, conclave_hold_callback on_jeopardy,
                                                           void* user);
/// Changes what the leader proclaims: one write, refused with CONCLAVE_FENCED if somebody else leads.
CONCLAVE_API conclave_code conclave_leadership_proclaim(conclave_leadership* leadership, conclave_bytes value, int64_t timeout_ms,
                                                        conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_leadership_proclaim_async(conclave_leadership* leadership, conclave_bytes value,
                                                              int64_t timeout_ms, conclave_done_callback done, void* user);
/// Gives the leadership up and waits for that: one write. It does not lead from the call on, whatever the outcome.
CONCLAVE_API conclave_code conclave_leadership_resign(conclave_leadership* leadership, int64_t timeout_ms, conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_leadership_resign_async(conclave_leadership* leadership, int64_t timeout_ms,
                                                            conclave_done_callback done, void* user);
/// Gives it up, without waiting, and ends the handle.
CONCLAVE_API void conclave_leadership_free(conclave_leadership* leadership);

#ifdef __cplusplus
}
#endif

#endif
