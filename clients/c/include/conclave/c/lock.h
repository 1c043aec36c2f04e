/// @file
/// Locks: one program at a time, or many readers or one writer, across machines.
#ifndef CONCLAVE_C_LOCK_H
#define CONCLAVE_C_LOCK_H

#include "conclave/c/hold.h"

#ifdef __cplusplus
extern "C" {
#endif

/// A lock that one program at a time has. First come, first served; nobody is woken but the next in line. One write to take it, one
/// to give it back. At any moment at most one holder's guard is accepted by the servers.
typedef struct conclave_mutex conclave_mutex;

/// Makes a mutex; asks nobody.
CONCLAVE_API conclave_code conclave_mutex_new(conclave_client* client, const char* name, const conclave_lock_options* options,
                                              conclave_mutex** mutex, conclave_error* error);
/// Ends it, and calls off what waits with it. Its holds stay.
CONCLAVE_API void conclave_mutex_free(conclave_mutex* mutex);
/// Waits until it is held.
CONCLAVE_API conclave_code conclave_mutex_lock(conclave_mutex* mutex, int64_t timeout_ms, conclave_stop* stop, conclave_hold** hold,
                                               conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_mutex_lock_async(conclave_mutex* mutex, int64_t timeout_ms, conclave_stop* stop,
                                                     conclave_hold_taken_callback done, void* user);
/// Takes it if nobody holds it or waits for it, else CONCLAVE_HELD.
CONCLAVE_API conclave_code conclave_mutex_try_lock(conclave_mutex* mutex, int64_t timeout_ms, conclave_hold** hold,
                                                   conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_mutex_try_lock_async(conclave_mutex* mutex, int64_t timeout_ms,
                                                         conclave_hold_taken_callback done, void* user);
/// Who holds it and who waits for it.
CONCLAVE_API conclave_code conclave_mutex_line(conclave_mutex* mutex, int64_t timeout_ms, conclave_line** line,
                                               conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_mutex_line_async(conclave_mutex* mutex, int64_t timeout_ms, conclave_line_callback done,
                                                     void* user);

/// How a conclave_rw_lock is taken.
typedef enum conclave_rw_mode CONCLAVE_ENUM {
  CONCLAVE_RW_READ = 0,  ///< with other readers
  CONCLAVE_RW_WRITE = 1  ///< alone
} conclave_rw_mode;

/// A lock that many readers or one writer have. First come, first served: a reader that comes after a waiting writer waits for it.
typedef struct conclave_rw_lock conclave_rw_lock;

/// Makes a read-write lock; asks nobody.
CONCLAVE_API conclave_code conclave_rw_lock_new(conclave_client* client, const char* name, const conclave_lock_options* options,
                                                conclave_rw_lock** lock, conclave_error* error);
/// Ends it, and calls off what waits with it. Its holds stay.
CONCLAVE_API void conclave_rw_lock_free(conclave_rw_lock* lock);
/// Waits until it is held.
CONCLAVE_API conclave_code conclave_rw_lock_take(conclave_rw_lock* lock, conclave_rw_mode mode, int64_t timeout_ms,
                                                 conclave_stop* stop, conclave_hold** hold, conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_rw_lock_take_async(conclave_rw_lock* lock, conclave_rw_mode mode, int64_t timeout_ms,
                                                       conclave_stop* stop, conclave_hold_taken_callback done, void* user);
/// Takes it if that needs no waiting, else CONCLAVE_HELD.
CONCLAVE_API conclave_code conclave_rw_lock_try_take(conclave_rw_lock* lock, conclave_rw_mode mode, int64_t timeout_ms,
                                                     conclave_hold** hold, conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_rw_lock_try_take_async(conclave_rw_lock* lock, conclave_rw_mode mode, int64_t timeout_ms,
                                                           conclave_hold_taken_callback done, void* user);
/// Who holds it and who waits for it.
CONCLAVE_API conclave_code conclave_rw_lock_line(conclave_rw_lock* lock, int64_t timeout_ms, conclave_line** line,
                                                 conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_rw_lock_line_async(conclave_rw_lock* lock, int64_t timeout_ms, conclave_line_callback done,
                                                       void* user);

#ifdef __cplusplus
}
#endif

#endif
