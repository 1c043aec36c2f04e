/// @file
/// Barriers, counters and latches.
#ifndef CONCLAVE_C_BARRIER_H
#define CONCLAVE_C_BARRIER_H

#include "conclave/c/hold.h"

#ifdef __cplusplus
extern "C" {
#endif

/// A gate: open, or closed for everybody until somebody opens it. It outlives the programs that use it.
typedef struct conclave_barrier conclave_barrier;
/// Makes a barrier; asks nobody.
CONCLAVE_API conclave_code conclave_barrier_new(conclave_client* client, const char* name, conclave_barrier** barrier,
                                                conclave_error* error);
/// Ends it, and calls off what waits with it.
CONCLAVE_API void conclave_barrier_free(conclave_barrier* barrier);
/// Closes it: one write. May be repeated.
CONCLAVE_API conclave_code conclave_barrier_close(conclave_barrier* barrier, int64_t timeout_ms, conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_barrier_close_async(conclave_barrier* barrier, int64_t timeout_ms, conclave_done_callback done,
                                                        void* user);
/// Opens it: one write. May be repeated.
CONCLAVE_API conclave_code conclave_barrier_open(conclave_barrier* barrier, int64_t timeout_ms, conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_barrier_open_async(conclave_barrier* barrier, int64_t timeout_ms, conclave_done_callback done,
                                                       void* user);
/// Waits until it is open.
CONCLAVE_API conclave_code conclave_barrier_wait(conclave_barrier* barrier, int64_t timeout_ms, conclave_stop* stop,
                                                 conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_barrier_wait_async(conclave_barrier* barrier, int64_t timeout_ms, conclave_stop* stop,
                                                       conclave_done_callback done, void* user);

/// A number that programs add to. Each addition takes effect once or not at all.
typedef struct conclave_counter conclave_counter;
/// How an operation on a number ended, with the number right after it; 0 if it failed.
typedef void (*conclave_counter_callback)(void* user, const conclave_error* error, int64_t value);
/// Makes a counter; asks nobody. `initial`: where one begins that nobody used.
CONCLAVE_API conclave_code conclave_counter_new(conclave_client* client, const char* name, int64_t initial,
                                                conclave_counter** counter, conclave_error* error);
/// Ends it, and calls off what waits with it.
CONCLAVE_API void conclave_counter_free(conclave_counter* counter);
/// Reads it.
CONCLAVE_API conclave_code conclave_counter_get(conclave_counter* counter, int64_t timeout_ms, int64_t* value,
                                                conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_counter_get_async(conclave_counter* counter, int64_t timeout_ms, conclave_counter_callback done,
                                                      void* user);
/// Adds to it; `*value` (may be NULL) is the number right after.
CONCLAVE_API conclave_code conclave_counter_add(conclave_counter* counter, int64_t delta, int64_t timeout_ms, int64_t* value,
                                                conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_counter_add_async(conclave_counter* counter, int64_t delta, int64_t timeout_ms,
                                                      conclave_counter_callback done, void* user);
/// Sets it.
CONCLAVE_API conclave_code conclave_counter_set(conclave_counter* counter, int64_t value, int64_t timeout_ms,
                                                conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_counter_set_async(conclave_counter* counter, int64_t value, int64_t timeout_ms,
                                                      conclave_done_callback done, void* user);

/// A gate that opens when it was counted down to zero, and stays open until it is reset.
typedef struct conclave_latch conclave_latch;
/// Makes a latch; asks nobody. `count`: where one begins that nobody counted down yet.
CONCLAVE_API conclave_code conclave_latch_new(conclave_client* client, const char* name, uint32_t count, conclave_latch** latch,
                                              conclave_error* error);
/// Ends it, and calls off what waits with it.
CONCLAVE_API void conclave_latch_free(conclave_latch* latch);
/// Counts down; `*left` (may be NULL) is what is left, never below zero.
CONCLAVE_API conclave_code conclave_latch_count_down(conclave_latch* latch, uint32_t by, int64_t timeout_ms, int64_t* left,
                                                     conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_latch_count_down_async(conclave_latch* latch, uint32_t by, int64_t timeout_ms,
                                                           conclave_counter_callback done, void* user);
/// Waits until it is open.
CONCLAVE_API conclave_code conclave_latch_wait(conclave_latch* latch, int64_t timeout_ms, conclave_stop* stop,
                                               conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_latch_wait_async(conclave_latch* latch, int64_t timeout_ms, conclave_stop* stop,
                                                     conclave_done_callback done, void* user);
/// Begins again at `count`.
CONCLAVE_API conclave_code conclave_latch_reset(conclave_latch* latch, uint32_t count, int64_t timeout_ms, conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_latch_reset_async(conclave_latch* latch, uint32_t count, int64_t timeout_ms,
                                                      conclave_done_callback done, void* user);

/// Lets a number of programs begin together and end together. A program that dies inside counts as having left.
typedef struct conclave_double_barrier conclave_double_barrier;
/// Makes a double barrier; asks nobody. Of the options, ttl_ms and owner count.
CONCLAVE_API conclave_code conclave_double_barrier_new(conclave_client* client, const char* name, uint32_t parties,
                                                       const conclave_lock_options* options, conclave_double_barrier** barrier,
                                                       conclave_error* error);
/// Ends it, and calls off what waits with it.
CONCLAVE_API void conclave_double_barrier_free(conclave_double_barrier* barrier);
/// Waits until all parties are inside; the hold is the own presence.
CONCLAVE_API conclave_code conclave_double_barrier_enter(conclave_double_barrier* barrier, int64_t timeout_ms, conclave_stop* stop,
                                                         conclave_hold** hold, conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_double_barrier_enter_async(conclave_double_barrier* barrier, int64_t timeout_ms,
                                                               conclave_stop* stop, conclave_hold_taken_callback done, void* user);
/// Leaves, and waits until all parties have. The hold is not held from the call on, whatever the outcome; it is still to be freed.
CONCLAVE_API conclave_code conclave_double_barrier_leave(conclave_double_barrier* barrier, conclave_hold* hold, int64_t timeout_ms,
                                                         conclave_stop* stop, conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_double_barrier_leave_async(conclave_double_barrier* barrier, conclave_hold* hold,
                                                               int64_t timeout_ms, conclave_stop* stop, conclave_done_callback done,
                                                               void* user);

#ifdef __cplusplus
}
#endif

#endif
