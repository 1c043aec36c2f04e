/// @file
/// Transactions: conditions, operations if all hold, operations if not; all of it at one revision or nothing.
#ifndef CONCLAVE_C_TXN_H
#define CONCLAVE_C_TXN_H

#include "conclave/c/kv.h"

#ifdef __cplusplus
extern "C" {
#endif

/// A transaction being built. It may be sent several times, and freed as soon as it was sent.
typedef struct conclave_txn conclave_txn;

/// Where an operation belongs.
typedef enum conclave_branch CONCLAVE_ENUM {
  CONCLAVE_THEN = 0,  ///< carried out if all conditions hold
  CONCLAVE_ELSE = 1   ///< carried out otherwise
} conclave_branch;

/// What a condition compares.
typedef enum conclave_compare_target CONCLAVE_ENUM {
  CONCLAVE_COMPARE_VERSION = 0,
  CONCLAVE_COMPARE_CREATE = 1,    ///< create revision
  CONCLAVE_COMPARE_MOD = 2,       ///< mod revision
  CONCLAVE_COMPARE_VALUE = 3,     ///< with `value`
  CONCLAVE_COMPARE_LEASE = 4,     ///< the lease the key hangs on
  CONCLAVE_COMPARE_EXISTENCE = 5  ///< 1: there is such a key, 0: there is none
} conclave_compare_target;

/// How it compares.
typedef enum conclave_relation CONCLAVE_ENUM {
  CONCLAVE_EQUAL = 0,
  CONCLAVE_NOT_EQUAL = 1,
  CONCLAVE_LESS = 2,
  CONCLAVE_GREATER = 3
} conclave_relation;

/// An empty transaction; NULL if there is no memory.
CONCLAVE_API conclave_txn* conclave_txn_new(void);
/// Ends it.
CONCLAVE_API void conclave_txn_free(conclave_txn* txn);

/// Adds a condition: all `keys` compare so. `value` for CONCLAVE_COMPARE_VALUE, `number` for the others.
CONCLAVE_API conclave_code conclave_txn_compare(conclave_txn* txn, conclave_keys keys, conclave_compare_target target,
                                                conclave_relation relation, uint64_t number, conclave_bytes value);
/// Adds a condition: there is such a key.
CONCLAVE_API conclave_code conclave_txn_if_exists(conclave_txn* txn, conclave_bytes key);
/// Adds a condition: there is no such key.
CONCLAVE_API conclave_code conclave_txn_if_missing(conclave_txn* txn, conclave_bytes key);
/// Adds a condition: the key has this value.
CONCLAVE_API conclave_code conclave_txn_if_value(conclave_txn* txn, conclave_bytes key, conclave_bytes value);
/// Adds a condition: the key was changed last by this revision.
CONCLAVE_API conclave_code conclave_txn_if_mod_revision(conclave_txn* txn, conclave_bytes key, conclave_revision revision);
/// Adds a condition: the key was made by this revision.
CONCLAVE_API conclave_code conclave_txn_if_create_revision(conclave_txn* txn, conclave_bytes key, conclave_revision revision);

/// Adds a put. Guards belong to the whole transaction and are not allowed here, nor in the next two.
CONCLAVE_API conclave_code conclave_txn_put(conclave_txn* txn, conclave_branch branch, conclave_bytes key, conclave_bytes value,
                                            const conclave_put_options* options);
/// Adds a read.
CONCLAVE_API conclave_code conclave_txn_range(conclave_txn* txn, conclave_branch branch, conclave_keys keys,
                                              const conclave_range_options* options);
/// Adds a deletion.
CONCLAVE_API conclave_code conclave_txn_delete(conclave_txn* txn, conclave_branch branch, conclave_keys keys,
                                               const conclave_delete_options* options);
/// Adds a whole transaction, which is copied. Four levels are allowed.
CONCLAVE_API conclave_code conclave_txn_nest(conclave_txn* txn, conclave_branch branch, const conclave_txn* inner);

/// How a transaction is carried out.
typedef struct conclave_txn_options {
  size_t struct_size;                ///< set by CONCLAVE_TXN_OPTIONS
  bool read_only;                    ///< it only reads: costs no write, and the fields up to the guards count
  conclave_consistency consistency;  ///< of a read-only one
  conclave_revision at_least;        ///< for CONCLAVE_AT_LEAST_REVISION
  int64_t age_ms;                    ///< for CONCLAVE_AT_MOST_OLD
  const conclave_guard* guards;      ///< guards_size of them: all must hold
  size_t guards_size;                ///< how many guards
} conclave_txn_options;
/// Defaults for conclave_txn_options.
#define CONCLAVE_TXN_OPTIONS CONCLAVE_OPTIONS_OF(conclave_txn_options)

/// Carries it out. The reply's kind is CONCLAVE_REPLY_TXN, with one result for each operation of the branch that was taken.
CONCLAVE_API conclave_code conclave_txn_commit(conclave_client* client, const conclave_txn* txn,
                                               const conclave_txn_options* options, int64_t timeout_ms, conclave_reply** reply,
                                               conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_txn_commit_async(conclave_client* client, const conclave_txn* txn,
                                                     const conclave_txn_options* options, int64_t timeout_ms,
                                                     conclave_reply_callback done, void* user);

#ifdef __cplusplus
}
#endif

#endif
