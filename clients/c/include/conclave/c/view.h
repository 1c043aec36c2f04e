/// @file
/// Cached views: the keys of a prefix, mirrored in memory.
#ifndef CONCLAVE_C_VIEW_H
#define CONCLAVE_C_VIEW_H

#include "conclave/c/hold.h"
#include "conclave/c/kv.h"
#include "conclave/c/service.h"

#ifdef __cplusplus
extern "C" {
#endif

/// A view. It shows the prefix exactly as it was at its revision, which never goes back: each revision whole and in order, none is
/// left out. A lost connection is made again and the view goes on where it was. How old it is at most is known.
typedef struct conclave_view conclave_view;

/// What happened to one key.
typedef struct conclave_view_change {
  conclave_bytes key;         ///< its name
  const conclave_kv* before;  ///< NULL: it was not there
  const conclave_kv* after;   ///< NULL: it is gone
} conclave_view_change;

/// One step of a view: all changes of one revision; at first, and after a gap in the history was crossed, all that differs.
typedef struct conclave_view_step conclave_view_step;
/// Which revision it leads to.
CONCLAVE_API conclave_revision conclave_view_step_revision(const conclave_view_step* step);
/// How many changes there are.
CONCLAVE_API size_t conclave_view_step_size(const conclave_view_step* step);
/// One of them; NULL beyond the end.
CONCLAVE_API const conclave_view_change* conclave_view_step_at(const conclave_view_step* step, size_t position);

/// Told of every step, in order. The step is borrowed.
typedef void (*conclave_view_callback)(void* user, const conclave_view_step* step);

/// How a view is kept.
typedef struct conclave_view_options {
  size_t struct_size;                ///< set by CONCLAVE_VIEW_OPTIONS
  int64_t confirm_every_ms;          ///< asks so often whether it is up to date, which bounds its age; 0: only when synchronised
  conclave_view_callback on_change;  ///< may be NULL
  void* user;                        ///< for on_change
} conclave_view_options;
/// Defaults for conclave_view_options.
#define CONCLAVE_VIEW_OPTIONS CONCLAVE_OPTIONS_OF(conclave_view_options)

/// Begins to mirror the keys that begin with `prefix`; does not wait for it.
CONCLAVE_API conclave_code conclave_view_new(conclave_client* client, conclave_bytes prefix, const conclave_view_options* options,
                                             conclave_view** view, conclave_error* error);
/// Ends it, and calls off what waits with it. What it gave stays.
CONCLAVE_API void conclave_view_free(conclave_view* view);
/// Waits until the keys were listed for the first time.
CONCLAVE_API conclave_code conclave_view_ready(conclave_view* view, int64_t timeout_ms, conclave_stop* stop, conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_view_ready_async(conclave_view* view, int64_t timeout_ms, conclave_stop* stop,
                                                     conclave_done_callback done, void* user);
/// Waits until everything that completed before this call is shown; `*revision` (may be NULL) is the view's then.
CONCLAVE_API conclave_code conclave_view_sync(conclave_view* view, int64_t timeout_ms, conclave_stop* stop,
                                              conclave_revision* revision, conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_view_sync_async(conclave_view* view, int64_t timeout_ms, conclave_stop* stop,
                                                    conclave_revision_callback done, void* user);
/// Reads one key in the view; asks nobody. The reply's kind is CONCLAVE_REPLY_RANGE; it has no key if there is none.
CONCLAVE_API conclave_code conclave_view_get(const conclave_view* view, conclave_bytes key, conclave_reply** reply,
                                             conclave_error* error);
/// What it shows; 0 before the first listing.
CONCLAVE_API conclave_revision conclave_view_revision(const conclave_view* view);
/// How many keys it has.
CONCLAVE_API size_t conclave_view_size(const conclave_view* view);
/// How old it is at most; -1 before the first listing.
CONCLAVE_API int64_t conclave_view_age_ms(const conclave_view* view);

/// All keys of a view at one revision. It never changes.
typedef struct conclave_view_snapshot conclave_view_snapshot;
/// Takes what the view shows now; asks nobody. Costs a table of all keys.
CONCLAVE_API conclave_code conclave_view_snapshot_of(const conclave_view* view, conclave_view_snapshot** snapshot,
                                                     conclave_error* error);
/// Its revision.
CONCLAVE_API conclave_revision conclave_view_snapshot_revision(const conclave_view_snapshot* snapshot);
/// How many keys it has.
CONCLAVE_API size_t conclave_view_snapshot_size(const conclave_view_snapshot* snapshot);
/// One of them, in the order of their names; NULL beyond the end.
CONCLAVE_API const conclave_kv* conclave_view_snapshot_at(const conclave_view_snapshot* snapshot, size_t position);
/// The key of this name; NULL if there is none.
CONCLAVE_API const conclave_kv* conclave_view_snapshot_find(const conclave_view_snapshot* snapshot, conclave_bytes key);
/// Ends it.
CONCLAVE_API void conclave_view_snapshot_free(conclave_view_snapshot* snapshot);

#ifdef __cplusplus
}
#endif

#endif
