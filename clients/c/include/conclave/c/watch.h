/// @file
/// Watches: every change of some keys, once, in order, across reconnections.
#ifndef CONCLAVE_C_WATCH_H
#define CONCLAVE_C_WATCH_H

#include "conclave/c/kv.h"

#ifdef __cplusplus
extern "C" {
#endif

/// A running watch.
typedef struct conclave_watch conclave_watch;

/// Something that a watch tells. It never changes.
typedef struct conclave_notice conclave_notice;

/// What it tells.
typedef enum conclave_notice_kind CONCLAVE_ENUM {
  CONCLAVE_NOTICE_EVENTS = 1,    ///< everything that one revision changed and the watch wants; never part of a revision
  CONCLAVE_NOTICE_PROGRESS = 2,  ///< all events up to the revision were told
  CONCLAVE_NOTICE_TURN = 3,      ///< of a turn watch: the turn has come, or never will (conclave_notice_gone)
  CONCLAVE_NOTICE_ENDED = 4      ///< the last one; the error says why
} conclave_notice_kind;

/// What happened to a key, and why it went away.
typedef enum conclave_event_kind CONCLAVE_ENUM {
  CONCLAVE_EVENT_PUT = 0,
  CONCLAVE_EVENT_DELETE = 1,         ///< by a request
  CONCLAVE_EVENT_LEASE_EXPIRED = 2,  ///< deleted because its lease ran out
  CONCLAVE_EVENT_LEASE_REVOKED = 3   ///< deleted because its lease was revoked
} conclave_event_kind;

/// One change.
typedef struct conclave_event {
  conclave_event_kind kind;     ///< what happened
  bool create;                  ///< the put made the key
  const conclave_kv* kv;        ///< of a deletion only key and mod_revision
  const conclave_kv* previous;  ///< NULL if there was none or it was not asked for
} conclave_event;

/// Told on the client's thread, in order, one at a time. The notice is borrowed until it returns.
typedef void (*conclave_watch_callback)(void* user, const conclave_notice* notice);

/// What a watch wants.
typedef struct conclave_watch_options {
  size_t struct_size;                 ///< set by CONCLAVE_WATCH_OPTIONS
  conclave_revision from;             ///< the first revision wanted; 0: what comes after now
  bool no_put;                        ///< without puts
  bool no_delete;                     ///< without deletions
  bool want_previous;                 ///< with the key as it was before
  bool keys_only;                     ///< without values
  conclave_watch_callback on_notice;  ///< NULL: the program asks with conclave_watch_next
  void* user;                         ///< for on_notice
} conclave_watch_options;
/// Defaults for conclave_watch_options.
#define CONCLAVE_WATCH_OPTIONS CONCLAVE_OPTIONS_OF(conclave_watch_options)

/// Starts a watch; does not wait for a server. Without a callback the notices wait to be asked for; a program that is slow to ask
/// loses nothing: past 1,024 notices the rest waits at the servers, as long as it is not compacted.
CONCLAVE_API conclave_code conclave_watch_open(conclave_client* client, conclave_keys keys, const conclave_watch_options* options,
                                               conclave_watch** watch, conclave_error* error);
/// Starts a turn watch, which tells once: when fewer than `places` keys under `prefix` are older than `own_key`, or that key is
/// gone. Fair locks wait on it, so that nobody is woken for nothing. Of the options only on_notice and user count.
CONCLAVE_API conclave_code conclave_watch_turn(conclave_client* client, conclave_bytes prefix, conclave_bytes own_key,
                                               uint64_t places, const conclave_watch_options* options, conclave_watch** watch,
                                               conclave_error* error);
/// Stops it: no callback runs after this returned, and a thread that waits in conclave_watch_next is told CONCLAVE_SHUTTING_DOWN.
/// The handle is still to be freed.
CONCLAVE_API void conclave_watch_cancel(conclave_watch* watch);
/// Stops and ends it.
CONCLAVE_API void conclave_watch_free(conclave_watch* watch);
/// Takes the next notice of a watch without callback; waits for it up to `timeout_ms`, then CONCLAVE_TIMEOUT (nothing is lost: ask
/// again). After the last notice it is CONCLAVE_SHUTTING_DOWN.
CONCLAVE_API conclave_code conclave_watch_next(conclave_watch* watch, int64_t timeout_ms, conclave_notice** notice,
                                               conclave_error* error);

/// Ends a notice that conclave_watch_next gave.
CONCLAVE_API void conclave_notice_free(conclave_notice* notice);
/// What it tells; 0 of NULL.
CONCLAVE_API conclave_notice_kind conclave_notice_kind_of(const conclave_notice* notice);
/// Which revision it speaks of.
CONCLAVE_API conclave_revision conclave_notice_revision(const conclave_notice* notice);
/// How many events there are.
CONCLAVE_API size_t conclave_notice_events(const conclave_notice* notice);
/// One of them; NULL beyond the end.
CONCLAVE_API const conclave_event* conclave_notice_event(const conclave_notice* notice, size_t position);
/// Of a turn: the own key is gone, it will never be its turn.
CONCLAVE_API bool conclave_notice_gone(const conclave_notice* notice);
/// Of a turn: how many older keys there still are.
CONCLAVE_API uint64_t conclave_notice_ahead(const conclave_notice* notice);
/// Of the last notice: why the watch ended; NULL of others. CONCLAVE_COMPACTED: conclave_notice_oldest is where a new one may
/// start.
CONCLAVE_API const conclave_error* conclave_notice_error(const conclave_notice* notice);
/// Of the last notice: the oldest revision there is.
CONCLAVE_API conclave_revision conclave_notice_oldest(const conclave_notice* notice);

#ifdef __cplusplus
}
#endif

#endif
