/// @file
/// Keys: put, get, range, delete.
#ifndef CONCLAVE_C_KV_H
#define CONCLAVE_C_KV_H

#include "conclave/c/client.h"
#include "conclave/c/reply.h"

#ifdef __cplusplus
extern "C" {
#endif

/// How conclave_keys are meant.
typedef enum conclave_keys_kind CONCLAVE_ENUM {
  CONCLAVE_KEYS_SINGLE = 0,  ///< begin
  CONCLAVE_KEYS_RANGE = 1,   ///< begin <= key < end
  CONCLAVE_KEYS_PREFIX = 2,  ///< those that start with begin; all if it is empty
  CONCLAVE_KEYS_FROM = 3     ///< begin <= key
} conclave_keys_kind;

/// Which keys an operation means.
typedef struct conclave_keys {
  conclave_keys_kind kind;  ///< how begin and end are meant
  conclave_bytes begin;     ///< the key, the prefix or where they begin
  conclave_bytes end;       ///< of a range
} conclave_keys;

/// One key.
static inline conclave_keys conclave_one(conclave_bytes key) {
  conclave_keys keys = {CONCLAVE_KEYS_SINGLE, key, {NULL, 0}};
  return keys;
}
/// begin <= key < end.
static inline conclave_keys conclave_between(conclave_bytes begin, conclave_bytes end) {
  conclave_keys keys = {CONCLAVE_KEYS_RANGE, begin, end};
  return keys;
}
/// All keys that start with `prefix`.
static inline conclave_keys conclave_prefix(conclave_bytes prefix) {
  conclave_keys keys = {CONCLAVE_KEYS_PREFIX, prefix, {NULL, 0}};
  return keys;
}
/// `begin` and all keys after it.
static inline conclave_keys conclave_from(conclave_bytes begin) {
  conclave_keys keys = {CONCLAVE_KEYS_FROM, begin, {NULL, 0}};
  return keys;
}

/// What a put does beside storing.
typedef struct conclave_put_options {
  size_t struct_size;            ///< set by CONCLAVE_PUT_OPTIONS
  conclave_lease_id lease;       ///< the key goes when this lease ends
  bool want_previous;            ///< the reply has the key as it was before
  bool ignore_value;             ///< keep the value the key has
  bool ignore_lease;             ///< keep the lease the key has
  bool sequence;                 ///< the server completes the key with a suffix that grows monotonically
  const conclave_guard* guards;  ///< guards_size of them: all must hold
  size_t guards_size;            ///< how many guards
} conclave_put_options;
/// Defaults for conclave_put_options.
#define CONCLAVE_PUT_OPTIONS CONCLAVE_OPTIONS_OF(conclave_put_options)

/// Stores a value. The reply's kind is CONCLAVE_REPLY_PUT.
CONCLAVE_API conclave_code conclave_put(conclave_client* client, conclave_bytes key, conclave_bytes value,
                                        const conclave_put_options* options, int64_t timeout_ms, conclave_reply** reply,
                                        conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_put_async(conclave_client* client, conclave_bytes key, conclave_bytes value,
                                              const conclave_put_options* options, int64_t timeout_ms, conclave_reply_callback done,
                                              void* user);

/// How fresh a read is.
typedef enum conclave_consistency CONCLAVE_ENUM {
  CONCLAVE_LINEARIZABLE = 0,       ///< reflects everything that completed before it was asked
  CONCLAVE_SERIALIZABLE = 1,       ///< the state of any member, whatever its age
  CONCLAVE_AT_LEAST_REVISION = 2,  ///< waits until the member has reached `at_least`
  CONCLAVE_AT_MOST_OLD = 3         ///< not older than `age_ms`
} conclave_consistency;

/// What a range is sorted by.
typedef enum conclave_sort CONCLAVE_ENUM {
  CONCLAVE_SORT_KEY = 0,
  CONCLAVE_SORT_VERSION = 1,
  CONCLAVE_SORT_CREATE = 2,
  CONCLAVE_SORT_MOD = 3,
  CONCLAVE_SORT_VALUE = 4
} conclave_sort;

/// What a read answers.
typedef struct conclave_range_options {
  size_t struct_size;                ///< set by CONCLAVE_RANGE_OPTIONS
  conclave_consistency consistency;  ///< of operations in a transaction: the transaction's
  conclave_revision at_least;        ///< for CONCLAVE_AT_LEAST_REVISION
  int64_t age_ms;                    ///< for CONCLAVE_AT_MOST_OLD
  conclave_revision at;              ///< an old revision; 0: now
  uint64_t limit;                    ///< keys; 0: only the server's own limit
  uint64_t limit_bytes;              ///< keys and values together; 0: only the server's own limit
  bool keys_only;                    ///< without values
  bool count_only;                   ///< only conclave_reply_count
  bool descending;                   ///< the other way round
  conclave_sort sort;                ///< by what
  conclave_revision min_mod;         ///< changed last from it on; inclusive, as the next three; 0: no bound
  conclave_revision max_mod;         ///< changed last up to it
  conclave_revision min_create;      ///< made from it on
  conclave_revision max_create;      ///< made up to it
  const conclave_guard* guards;      ///< guards_size of them: all must hold
  size_t guards_size;                ///< how many guards
} conclave_range_options;
/// Defaults for conclave_range_options.
#define CONCLAVE_RANGE_OPTIONS CONCLAVE_OPTIONS_OF(conclave_range_options)

/// Reads one key. The reply has one kv, or none if there is no such key (which is no error).
CONCLAVE_API conclave_code conclave_get(conclave_client* client, conclave_bytes key, const conclave_range_options* options,
                                        int64_t timeout_ms, conclave_reply** reply, conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_get_async(conclave_client* client, conclave_bytes key, const conclave_range_options* options,
                                              int64_t timeout_ms, conclave_reply_callback done, void* user);

/// Reads keys in order. The reply's kind is CONCLAVE_REPLY_RANGE; when conclave_reply_more, there are further ones.
CONCLAVE_API conclave_code conclave_range(conclave_client* client, conclave_keys keys, const conclave_range_options* options,
                                          int64_t timeout_ms, conclave_reply** reply, conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_range_async(conclave_client* client, conclave_keys keys, const conclave_range_options* options,
                                                int64_t timeout_ms, conclave_reply_callback done, void* user);

/// What a deletion does beside deleting.
typedef struct conclave_delete_options {
  size_t struct_size;            ///< set by CONCLAVE_DELETE_OPTIONS
  bool want_previous;            ///< the reply has the keys as they were before
  const conclave_guard* guards;  ///< guards_size of them: all must hold
  size_t guards_size;            ///< how many guards
} conclave_delete_options;
/// Defaults for conclave_delete_options.
#define CONCLAVE_DELETE_OPTIONS CONCLAVE_OPTIONS_OF(conclave_delete_options)

/// Deletes keys, at most 10,000. The reply's kind is CONCLAVE_REPLY_DELETE; deleting nothing is no error.
CONCLAVE_API conclave_code conclave_delete(conclave_client* client, conclave_keys keys, const conclave_delete_options* options,
                                           int64_t timeout_ms, conclave_reply** reply, conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_delete_async(conclave_client* client, conclave_keys keys,
                                                 const conclave_delete_options* options, int64_t timeout_ms,
                                                 conclave_reply_callback done, void* user);

#ifdef __cplusplus
}
#endif

#endif
