/// @file
/// Work queues: many programs push work to one and take it from there.
#ifndef CONCLAVE_C_QUEUE_H
#define CONCLAVE_C_QUEUE_H

#include "conclave/c/hold.h"
#include "conclave/c/txn.h"

#ifdef __cplusplus
extern "C" {
#endif

/// A queue. An item is in it until it is acknowledged, or discarded once it is dead; it is handed out again when its taker gave it
/// back or was lost (at least once). What is written under its guard, or in the acknowledgement, happens once. By priority, then in
/// the order in which pushes reached the servers.
typedef struct conclave_queue conclave_queue;
/// An item that was handed out to this program and to nobody else.
typedef struct conclave_item conclave_item;

/// What is pushed beside the body.
typedef struct conclave_push_options {
  size_t struct_size;  ///< set by CONCLAVE_PUSH_OPTIONS
  const char* id;      ///< pushing another while one with the same id is in the queue does nothing; at most 128 bytes, no slashes
  uint32_t priority;   ///< 0 to 99; the greater comes first
  uint64_t attempts_max;  ///< when it came back so often it is dead; 0: 5
  int64_t delay_ms;       ///< not handed out before, by the servers' clock; 2,000 at least, a day at most; 0: at once
} conclave_push_options;
/// Defaults for conclave_push_options.
#define CONCLAVE_PUSH_OPTIONS CONCLAVE_OPTIONS_OF(conclave_push_options)

/// What came of a push.
typedef struct conclave_pushed {
  size_t struct_size;  ///< set by CONCLAVE_PUSHED
  char id[136];        ///< the item's identity, also one that was made up
  bool is_new;         ///< false: an item with this id was in the queue already; nothing was done
} conclave_pushed;
/// To begin with.
#define CONCLAVE_PUSHED CONCLAVE_OPTIONS_OF(conclave_pushed)
/// How a push ended; `pushed` is borrowed, and NULL if it failed.
typedef void (*conclave_pushed_callback)(void* user, const conclave_error* error, const conclave_pushed* pushed);

/// How taking an item ended; the item is yours, and NULL if it failed.
typedef void (*conclave_item_callback)(void* user, const conclave_error* error, conclave_item* item);

/// How detaching an item ended; the guard belongs to the item, and is NULL if it failed.
typedef void (*conclave_guard_callback)(void* user, const conclave_error* error, const conclave_guard* guard);

/// Makes a queue; asks nobody. It takes part in the care for the queue from its first taking on until it is freed.
CONCLAVE_API conclave_code conclave_queue_new(conclave_client* client, const char* name, const conclave_lock_options* options,
                                              conclave_queue** queue, conclave_error* error);
/// Ends it, and calls off what waits with it. Its items stay.
CONCLAVE_API void conclave_queue_free(conclave_queue* queue);

/// Adds an item: one write. After an error whose outcome is unknown, push again with the same id.
CONCLAVE_API conclave_code conclave_queue_push(conclave_queue* queue, conclave_bytes body, const conclave_push_options* options,
                                               int64_t timeout_ms, conclave_pushed* pushed, conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_queue_push_async(conclave_queue* queue, conclave_bytes body,
                                                     const conclave_push_options* options, int64_t timeout_ms,
                                                     conclave_pushed_callback done, void* user);
/// Waits for an item. It is held for `hold_for_ms` unless it is extended; 0: as long as this process lives.
CONCLAVE_API conclave_code conclave_queue_take(conclave_queue* queue, int64_t hold_for_ms, int64_t timeout_ms, conclave_stop* stop,
                                               conclave_item** item, conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_queue_take_async(conclave_queue* queue, int64_t hold_for_ms, int64_t timeout_ms,
                                                     conclave_stop* stop, conclave_item_callback done, void* user);
/// Takes an item if one waits, else CONCLAVE_HELD.
CONCLAVE_API conclave_code conclave_queue_try_take(conclave_queue* queue, int64_t hold_for_ms, int64_t timeout_ms,
                                                   conclave_item** item, conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_queue_try_take_async(conclave_queue* queue, int64_t hold_for_ms, int64_t timeout_ms,
                                                         conclave_item_callback done, void* user);

/// The item's identity. Belongs to the item, as what the next functions give.
CONCLAVE_API const char* conclave_item_id(const conclave_item* item);
/// What was pushed.
CONCLAVE_API conclave_bytes conclave_item_body(const conclave_item* item);
/// The how manieth attempt this is, from 1 on.
CONCLAVE_API uint64_t conclave_item_attempt(const conclave_item* item);
/// After how many it is dead.
CONCLAVE_API uint64_t conclave_item_attempts_max(const conclave_item* item);
/// When it was pushed, by the clock of who did.
CONCLAVE_API int64_t conclave_item_pushed_unix_ms(const conclave_item* item);
/// Who pushed it.
CONCLAVE_API const char* conclave_item_pushed_by(const conclave_item* item);
/// Its priority.
CONCLAVE_API uint32_t conclave_item_priority(const conclave_item* item);
/// Whether it is held, judged by the local clock.
CONCLAVE_API bool conclave_item_is_held(const conclave_item* item);
/// For any request: it is refused with CONCLAVE_FENCED once this is not held any more; NULL of NULL.
CONCLAVE_API const conclave_guard* conclave_item_guard(const conclave_item* item);
/// Told once when the item is lost or its time is over (also if it is already).
CONCLAVE_API conclave_code conclave_item_on_lost(conclave_item* item, conclave_hold_callback on_lost, void* user);
/// It is held for `span_ms` from now on. Asks nobody.
CONCLAVE_API void conclave_item_extend(conclave_item* item, int64_t span_ms);
/// The item is done. The operations of `with` (its THEN branch; it must have no conditions; may be NULL) happen at the same
/// revision or not at all: what the work changed in the store is changed exactly once. CONCLAVE_FENCED: it is another's, and
/// nothing happened. If the outcome is unknown it is still held: try again.
CONCLAVE_API conclave_code conclave_item_acknowledge(conclave_item* item, const conclave_txn* with, int64_t timeout_ms,
                                                     conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_item_acknowledge_async(conclave_item* item, const conclave_txn* with, int64_t timeout_ms,
                                                           conclave_done_callback done, void* user);
/// The item comes back, after `delay_ms` if that is not 0 (2,000 at least); it is dead if this was its last attempt. `why` is kept
/// with it.
CONCLAVE_API conclave_code conclave_item_reject(conclave_item* item, const char* why, int64_t delay_ms, int64_t timeout_ms,
                                                conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_item_reject_async(conclave_item* item, const char* why, int64_t delay_ms, int64_t timeout_ms,
                                                      conclave_done_callback done, void* user);
/// Gives it back, without waiting, if it is still held (that counts as an attempt), and ends the handle.
CONCLAVE_API void conclave_item_free(conclave_item* item);

/// Lets go of the item without giving it back: it stays out for `ttl_ms` (2,000 at least, by the servers' clock), whatever becomes
/// of this program, and comes back then unless its lease is renewed. Whoever has `*guard`, which belongs to the item, disposes of
/// it by conclave_queue_acknowledge or conclave_queue_reject, in any program. The handle is not held any more and is still to be
/// freed.
CONCLAVE_API conclave_code conclave_item_detach(conclave_item* item, int64_t ttl_ms, int64_t timeout_ms,
                                                const conclave_guard** guard, conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_item_detach_async(conclave_item* item, int64_t ttl_ms, int64_t timeout_ms,
                                                      conclave_guard_callback done, void* user);
/// Acknowledges an item that was detached. CONCLAVE_INVALID_ARGUMENT: the guard is of no item of this queue; CONCLAVE_FENCED: it is
/// another's meanwhile.
CONCLAVE_API conclave_code conclave_queue_acknowledge(conclave_queue* queue, const conclave_guard* detached, int64_t timeout_ms,
                                                      conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_queue_acknowledge_async(conclave_queue* queue, const conclave_guard* detached,
                                                            int64_t timeout_ms, conclave_done_callback done, void* user);
/// Rejects an item that was detached, as conclave_item_reject.
CONCLAVE_API conclave_code conclave_queue_reject(conclave_queue* queue, const conclave_guard* detached, const char* why,
                                                 int64_t delay_ms, int64_t timeout_ms, conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_queue_reject_async(conclave_queue* queue, const conclave_guard* detached, const char* why,
                                                       int64_t delay_ms, int64_t timeout_ms, conclave_done_callback done,
                                                       void* user);

/// What can be with an item.
typedef enum conclave_item_state CONCLAVE_ENUM {
  CONCLAVE_ITEM_READY = 0,      ///< waits for a taker
  CONCLAVE_ITEM_TAKEN = 1,      ///< a program has it
  CONCLAVE_ITEM_DELAYED = 2,    ///< waits for its time
  CONCLAVE_ITEM_RETURNING = 3,  ///< its taker was lost or its delay is over; a consumer puts it back
  CONCLAVE_ITEM_DEAD = 4        ///< came back too often
} conclave_item_state;

/// How many items there are of each state.
typedef struct conclave_queue_counts {
  size_t struct_size;            ///< set by CONCLAVE_QUEUE_COUNTS
  uint64_t ready;                ///< wait for a taker
  uint64_t delayed;              ///< wait for their time
  uint64_t taken;                ///< are with a taker
  uint64_t returning;            ///< come back
  uint64_t dead;                 ///< came back too often
  int64_t first_pushed_unix_ms;  ///< when the next one was pushed, by the clock of who did; 0: none waits
} conclave_queue_counts;
/// To begin with.
#define CONCLAVE_QUEUE_COUNTS CONCLAVE_OPTIONS_OF(conclave_queue_counts)

/// An item as it stands in the queue.
typedef struct conclave_queued_item {
  const char* id;             ///< its identity
  conclave_item_state state;  ///< what is with it
  uint32_t priority;          ///< its priority
  uint64_t attempts;          ///< how often it was taken
  uint64_t attempts_max;      ///< after how many it is dead
  int64_t pushed_unix_ms;     ///< when it was pushed, by the clock of who did
  const char* pushed_by;      ///< who pushed it
  const char* taken_by;       ///< who has it
  const char* error;          ///< why it came back the last time, or is dead
} conclave_queued_item;
/// Items of a queue.
typedef struct conclave_queue_page conclave_queue_page;
/// How counting ended; the counts are borrowed, and NULL if it failed.
typedef void (*conclave_queue_counts_callback)(void* user, const conclave_error* error, const conclave_queue_counts* counts);
/// How listing ended; the page is yours, and NULL if it failed.
typedef void (*conclave_queue_page_callback)(void* user, const conclave_error* error, conclave_queue_page* page);

/// Counts the items: one read, whose cost does not grow with the queue.
CONCLAVE_API conclave_code conclave_queue_count(conclave_queue* queue, int64_t timeout_ms, conclave_queue_counts* counts,
                                                conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_queue_count_async(conclave_queue* queue, int64_t timeout_ms,
                                                      conclave_queue_counts_callback done, void* user);
/// One page of the items of one state, in their order; of taken, delayed and returning ones together. `from`:
/// conclave_queue_page_next of the page before; NULL: the first.
CONCLAVE_API conclave_code conclave_queue_list(conclave_queue* queue, conclave_item_state state, const char* from,
                                               int64_t timeout_ms, conclave_queue_page** page, conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_queue_list_async(conclave_queue* queue, conclave_item_state state, const char* from,
                                                     int64_t timeout_ms, conclave_queue_page_callback done, void* user);
/// How many items the page has.
CONCLAVE_API size_t conclave_queue_page_size(const conclave_queue_page* page);
/// One of them; NULL beyond the end.
CONCLAVE_API const conclave_queued_item* conclave_queue_page_at(const conclave_queue_page* page, size_t position);
/// Where the next page begins; NULL: there is none.
CONCLAVE_API const char* conclave_queue_page_next(const conclave_queue_page* page);
/// Ends it.
CONCLAVE_API void conclave_queue_page_free(conclave_queue_page* page);
/// A dead item waits again, with no attempt counted. CONCLAVE_KEY_NOT_FOUND: no item with this id is dead.
CONCLAVE_API conclave_code conclave_queue_revive(conclave_queue* queue, const char* id, int64_t timeout_ms, conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_queue_revive_async(conclave_queue* queue, const char* id, int64_t timeout_ms,
                                                       conclave_done_callback done, void* user);
/// A dead item is forgotten. CONCLAVE_KEY_NOT_FOUND: no item with this id is dead.
CONCLAVE_API conclave_code conclave_queue_discard(conclave_queue* queue, const char* id, int64_t timeout_ms, conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_queue_discard_async(conclave_queue* queue, const char* id, int64_t timeout_ms,
                                                        conclave_done_callback done, void* user);

#ifdef __cplusplus
}
#endif

#endif
