/// @file
/// What all recipes share: things that are held, who holds them, and how a wait is called off.
///
/// A recipe is made with ..._new from a client and a name; programs that use the same name meet. Its options tell others who waits
/// or holds. Waits take a `timeout_ms`, which may be CONCLAVE_FOREVER, and a conclave_stop, which may be NULL. The error of a wait
/// is always definite: CONCLAVE_DEADLINE_EXCEEDED at its timeout, CONCLAVE_CANCELLED when it was called off,
/// CONCLAVE_SESSION_EXPIRED when its own lease was lost; what was waited for is not held then and will not be. Freeing a recipe
/// calls off what waits with it (told before the function returns); what is held stays held.
#ifndef CONCLAVE_C_HOLD_H
#define CONCLAVE_C_HOLD_H

#include "conclave/c/client.h"

#ifdef __cplusplus
extern "C" {
#endif

/// For `timeout_ms` of waits: as long as it takes.
#define CONCLAVE_FOREVER INT64_MAX

/// Calls waits off, from any thread. One may serve many waits.
typedef struct conclave_stop conclave_stop;
/// One that was not raised; NULL if there is no memory.
CONCLAVE_API conclave_stop* conclave_stop_new(void);
/// Calls off all waits that were given it and those that will be.
CONCLAVE_API void conclave_stop_raise(conclave_stop* stop);
/// Ends it; waits that were given it go on.
CONCLAVE_API void conclave_stop_free(conclave_stop* stop);

/// Who takes part in a recipe, and how long others wait when it dies.
typedef struct conclave_lock_options {
  size_t struct_size;     ///< set by CONCLAVE_LOCK_OPTIONS
  int64_t ttl_ms;         ///< how long others wait when this process dies; 0: 10,000; at least 2,000
  const char* owner;      ///< shown to others; NULL: HOST:PID
  const char* note;       ///< shown to others
  int64_t lock_delay_ms;  ///< of a mutex: nobody gets it for so long after this program lost it without giving it back; 0: none
} conclave_lock_options;
/// Defaults for conclave_lock_options.
#define CONCLAVE_LOCK_OPTIONS CONCLAVE_OPTIONS_OF(conclave_lock_options)

/// Something that is held: a lock, or slots of a semaphore.
///
/// Whether it is still held is judged by this machine's clock alone. The local deadline lies before the servers can give the thing
/// to another, as long as clocks drift apart by less than 0.1 %. A process that is stopped learns late: put the guard into every
/// write that must not happen once the thing is lost, and the servers refuse the write.
typedef struct conclave_hold conclave_hold;

/// Told about something that is held.
typedef void (*conclave_hold_callback)(void* user);
/// How a wait for something ended; the hold is yours, and NULL if it failed.
typedef void (*conclave_hold_taken_callback)(void* user, const conclave_error* error, conclave_hold* hold);
/// How something without an answer ended.
typedef void (*conclave_done_callback)(void* user, const conclave_error* error);

/// Whether it is held; false after its release.
CONCLAVE_API bool conclave_hold_is_held(const conclave_hold* hold);
/// How long it is certainly held if nothing more is heard; 0 once lost.
CONCLAVE_API int64_t conclave_hold_certain_for_ms(const conclave_hold* hold);
/// For any request: it is refused with CONCLAVE_FENCED once this is not held any more. Belongs to the hold; NULL of NULL.
CONCLAVE_API const conclave_guard* conclave_hold_guard(const conclave_hold* hold);
/// The fencing token: grows strictly from holder to holder.
CONCLAVE_API conclave_revision conclave_hold_token(const conclave_hold* hold);
/// Told once when it is lost (also if it is lost already); not after its release, nor when the client is freed.
CONCLAVE_API conclave_code conclave_hold_on_lost(conclave_hold* hold, conclave_hold_callback on_lost, void* user);
/// Told whenever no renewal was acknowledged for half a TTL: time to step down before it is lost.
CONCLAVE_API conclave_code conclave_hold_on_jeopardy(conclave_hold* hold, conclave_hold_callback on_jeopardy, void* user);
/// Gives it back: one write. It is not held from the call on, whatever the outcome; after an error it is given back in the
/// background.
CONCLAVE_API conclave_code conclave_hold_release(conclave_hold* hold, int64_t timeout_ms, conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_hold_release_async(conclave_hold* hold, int64_t timeout_ms, conclave_done_callback done,
                                                       void* user);
/// Gives it back, without waiting, and ends the handle.
CONCLAVE_API void conclave_hold_free(conclave_hold* hold);

/// Who holds something or waits for it.
typedef struct conclave_holder {
  conclave_bytes key;       ///< stands for it
  conclave_revision token;  ///< its fencing token
  conclave_lease_id lease;  ///< its lease
  const char* owner;        ///< as it said
  const char* note;         ///< as it said
  int64_t since_unix_ms;    ///< when it queued up, by its own clock
  uint64_t weight;          ///< of a semaphore
} conclave_holder;

/// Who stands in line for something: the holders, then those who wait, in their order.
typedef struct conclave_line conclave_line;
/// How asking who stands in line ended; the line is yours, and NULL if it failed.
typedef void (*conclave_line_callback)(void* user, const conclave_error* error, conclave_line* line);
/// How many there are.
CONCLAVE_API size_t conclave_line_size(const conclave_line* line);
/// How many of them hold it: the first ones.
CONCLAVE_API size_t conclave_line_holders(const conclave_line* line);
/// One of them; NULL beyond the end.
CONCLAVE_API const conclave_holder* conclave_line_at(const conclave_line* line, size_t position);
/// Of a semaphore: its slots.
CONCLAVE_API uint64_t conclave_line_slots(const conclave_line* line);
/// Of a semaphore: the slots that are held.
CONCLAVE_API uint64_t conclave_line_held(const conclave_line* line);
/// Of a semaphore: how many are held beyond the slots, after they became fewer.
CONCLAVE_API uint64_t conclave_line_over_committed(const conclave_line* line);
/// Ends it.
CONCLAVE_API void conclave_line_free(conclave_line* line);

#ifdef __cplusplus
}
#endif

#endif
