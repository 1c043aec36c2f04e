/// @file
/// What all functions have in common: bytes, errors, time. The conventions are in conclave/conclave.h.
#ifndef CONCLAVE_C_BASE_H
#define CONCLAVE_C_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/// Marks what the shared library exports.
#define CONCLAVE_API __attribute__((visibility("default")))

/// The type behind an enumeration. Any number that a program passes is a value of it, in C++ too, and one without a meaning is
/// refused.
#ifdef __cplusplus
#define CONCLAVE_ENUM : unsigned int
#else
#define CONCLAVE_ENUM
#endif

#ifdef __cplusplus
extern "C" {
#endif

/// The version of the library that is loaded, as "0.1.0".
CONCLAVE_API const char* conclave_version(void);

/// For `timeout_ms`: the time that the client's options give to requests.
#define CONCLAVE_DEFAULT_TIMEOUT INT64_C(-1)

/// All defaults of an options struct; programs use the constant of its name.
#ifdef __cplusplus
#define CONCLAVE_OPTIONS_OF(type)            \
  [] {                                       \
    type all_defaults = {};                  \
    all_defaults.struct_size = sizeof(type); \
    return all_defaults;                     \
  }()
#else
#define CONCLAVE_OPTIONS_OF(type) \
  { .struct_size = sizeof(type) }
#endif

/// Bytes that somebody else owns.
typedef struct conclave_bytes {
  const void* data;  ///< may be NULL if size is 0
  size_t size;       ///< in bytes
} conclave_bytes;

/// The bytes of a text, without its final zero; NULL is empty.
static inline conclave_bytes conclave_text(const char* text) {
  conclave_bytes bytes = {text, text ? strlen(text) : 0};
  return bytes;
}

/// Any bytes.
static inline conclave_bytes conclave_data(const void* data, size_t size) {
  conclave_bytes bytes = {data, size};
  return bytes;
}

/// What went wrong. The numbers never change; new ones may appear.
typedef enum conclave_code CONCLAVE_ENUM {
  CONCLAVE_OK = 0,
  // The request itself.
  CONCLAVE_INVALID_ARGUMENT = 1,  ///< an argument has a value that is not allowed
  CONCLAVE_MALFORMED = 2,         ///< bytes that do not decode
  CONCLAVE_TOO_LARGE = 3,         ///< beyond a limit
  CONCLAVE_UNSUPPORTED = 4,       ///< the server is too old for it
  // The state of the store.
  CONCLAVE_KEY_NOT_FOUND = 10,      ///< ignore_value or ignore_lease of a key that does not exist
  CONCLAVE_FENCED = 11,             ///< a guard did not hold
  CONCLAVE_COMPACTED = 12,          ///< the revision was compacted
  CONCLAVE_FUTURE_REVISION = 13,    ///< the revision does not exist yet
  CONCLAVE_LEASE_NOT_FOUND = 14,    ///< no such lease, or it is dead
  CONCLAVE_LEASE_EXISTS = 15,       ///< the chosen lease id is taken
  CONCLAVE_SESSION_EXPIRED = 16,    ///< the session is gone
  CONCLAVE_STALE_SEQUENCE = 17,     ///< an old request of this session; it was not executed
  CONCLAVE_SEQUENCE_WINDOW = 18,    ///< too many requests of this session at once
  CONCLAVE_NO_SPACE = 19,           ///< the quota or the disk is full
  CONCLAVE_OUTCOME_FORGOTTEN = 20,  ///< it was carried out, once; its answer was not kept: read again
  CONCLAVE_DUPLICATE_KEY = 21,      ///< one transaction changes a key twice
  // The cluster.
  CONCLAVE_NOT_LEADER = 30,        ///< this member may not decide it
  CONCLAVE_NO_LEADER = 31,         ///< no leader is known at the moment
  CONCLAVE_DROPPED = 32,           ///< another entry was committed in its place
  CONCLAVE_OVERLOADED = 33,        ///< a queue is full; nothing was done
  CONCLAVE_WRONG_CLUSTER = 34,     ///< the endpoint belongs to another cluster
  CONCLAVE_WRONG_MEMBER = 35,      ///< the endpoint belongs to another member
  CONCLAVE_VERSION_MISMATCH = 36,  ///< a version that cannot be spoken
  CONCLAVE_MEMBERSHIP_BUSY = 37,   ///< a membership change is still going on
  // The caller's identity.
  CONCLAVE_UNAUTHENTICATED = 40,
  CONCLAVE_PERMISSION_DENIED = 41,
  // What nobody knows.
  CONCLAVE_TIMEOUT = 50,          ///< the time was over after the request may have been sent
  CONCLAVE_CONNECTION_LOST = 51,  ///< the connection broke after the request may have been sent
  CONCLAVE_UNKNOWN_OUTCOME = 52,  ///< the server cannot tell
  // Local.
  CONCLAVE_NOT_SENT = 60,           ///< the time was over before anything was sent
  CONCLAVE_CANCELLED = 61,          ///< cancelled by the caller
  CONCLAVE_SHUTTING_DOWN = 62,      ///< the client or the server is closing
  CONCLAVE_CORRUPTION = 63,         ///< stored bytes that do not verify
  CONCLAVE_IO_ERROR = 64,           ///< a file or the network failed here
  CONCLAVE_ALREADY_EXISTS = 65,     ///< it is there already
  CONCLAVE_INTERNAL = 66,           ///< a bug; please report
  CONCLAVE_DEADLINE_EXCEEDED = 67,  ///< a wait ended at its timeout: nothing is held, and nothing was left behind
  // Of this library alone.
  CONCLAVE_WOULD_DEADLOCK = 1000,  ///< called from a callback, it would wait for itself; nothing was done
  CONCLAVE_NO_MEMORY = 1001,       ///< nothing was done
  CONCLAVE_HELD = 1002             ///< somebody holds it or waits for it; nothing was done
} conclave_code;

/// Whether something is in doubt.
typedef enum conclave_certainty CONCLAVE_ENUM {
  CONCLAVE_DEFINITE = 0,  ///< it did not happen and will not
  CONCLAVE_UNKNOWN = 1    ///< it may have happened, or may still happen
} conclave_certainty;

/// An error, owned by the caller. It holds no memory and needs no freeing.
typedef struct conclave_error {
  conclave_code code;            ///< CONCLAVE_OK: none
  conclave_certainty certainty;  ///< of CONCLAVE_OK: definite
  char message[248];             ///< for people, "fenced: lease 7 is dead"; empty if there is none; cut if it is too long
} conclave_error;

/// The code's name, "fenced"; "error" for a number that this version does not know. Never NULL.
CONCLAVE_API const char* conclave_code_text(conclave_code code);
/// Whether an error of this code leaves the outcome open.
CONCLAVE_API conclave_certainty conclave_code_certainty(conclave_code code);

/// The id of a lease; 0: none.
typedef uint64_t conclave_lease_id;
/// Counts changes of the keyspace; 0: none.
typedef uint64_t conclave_revision;
/// The id of a member of the cluster; 0: none.
typedef uint64_t conclave_member_id;

/// A write that carries it is refused with CONCLAVE_FENCED unless `key` still has this create revision and hangs on this lease,
/// which is alive (lease 0: the key hangs on none). It makes a lock a lock: data protected by it cannot be changed by a former
/// holder. A former holder's process may have been stopped for an hour: no local check helps then, a guard does.
typedef struct conclave_guard {
  conclave_lease_id lease;            ///< the key hangs on; 0: on none
  conclave_revision create_revision;  ///< the key was made by
  conclave_bytes key;                 ///< the key
} conclave_guard;

#ifdef __cplusplus
}
#endif

#endif
