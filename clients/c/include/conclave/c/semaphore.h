/// @file
/// Semaphores: a number of slots that programs share, across machines.
#ifndef CONCLAVE_C_SEMAPHORE_H
#define CONCLAVE_C_SEMAPHORE_H

#include "conclave/c/hold.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Slots; whoever needs more than one says so with a weight. First come, first served; a heavy one is not passed by light ones
/// behind it.
typedef struct conclave_semaphore conclave_semaphore;

/// Makes a semaphore; asks nobody. `slots` are those of a semaphore that nobody used before; resizing changes them for all.
CONCLAVE_API conclave_code conclave_semaphore_new(conclave_client* client, const char* name, uint64_t slots,
                                                  const conclave_lock_options* options, conclave_semaphore** semaphore,
                                                  conclave_error* error);
/// Ends it, and calls off what waits with it. Its holds stay.
CONCLAVE_API void conclave_semaphore_free(conclave_semaphore* semaphore);
/// Waits for `weight` slots, 1 to 100.
CONCLAVE_API conclave_code conclave_semaphore_acquire(conclave_semaphore* semaphore, uint64_t weight, int64_t timeout_ms,
                                                      conclave_stop* stop, conclave_hold** hold, conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_semaphore_acquire_async(conclave_semaphore* semaphore, uint64_t weight, int64_t timeout_ms,
                                                            conclave_stop* stop, conclave_hold_taken_callback done, void* user);
/// Takes them if there is room now, else CONCLAVE_HELD.
CONCLAVE_API conclave_code conclave_semaphore_try_acquire(conclave_semaphore* semaphore, uint64_t weight, int64_t timeout_ms,
                                                          conclave_hold** hold, conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_semaphore_try_acquire_async(conclave_semaphore* semaphore, uint64_t weight, int64_t timeout_ms,
                                                                conclave_hold_taken_callback done, void* user);
/// Changes the number of slots; 0 lets nobody in. Nobody is thrown out: conclave_line_over_committed tells how many are held too
/// much.
CONCLAVE_API conclave_code conclave_semaphore_resize(conclave_semaphore* semaphore, uint64_t slots, int64_t timeout_ms,
                                                     conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_semaphore_resize_async(conclave_semaphore* semaphore, uint64_t slots, int64_t timeout_ms,
                                                           conclave_done_callback done, void* user);
/// How it stands: who holds slots, who waits, how many there are.
CONCLAVE_API conclave_code conclave_semaphore_line(conclave_semaphore* semaphore, int64_t timeout_ms, conclave_line** line,
                                                   conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_semaphore_line_async(conclave_semaphore* semaphore, int64_t timeout_ms,
                                                         conclave_line_callback done, void* user);

#ifdef __cplusplus
}
#endif

#endif
