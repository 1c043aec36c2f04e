/// @file
/// What the servers answer.
#ifndef CONCLAVE_C_REPLY_H
#define CONCLAVE_C_REPLY_H

#include "conclave/c/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/// An answer. It never changes and may be read by many threads. An accessor that does not fit its kind gives 0, false, NULL or
/// empty bytes.
typedef struct conclave_reply conclave_reply;

/// Which accessors have something to say.
typedef enum conclave_reply_kind CONCLAVE_ENUM {
  CONCLAVE_REPLY_RANGE = 1,         ///< kvs, count, more, next_key
  CONCLAVE_REPLY_PUT = 2,           ///< key; kvs: what was there before, if it was wanted
  CONCLAVE_REPLY_DELETE = 3,        ///< count; kvs: what was there before, if it was wanted
  CONCLAVE_REPLY_TXN = 4,           ///< succeeded, results
  CONCLAVE_REPLY_LEASES = 5,        ///< leases; of a list also more, next_lease
  CONCLAVE_REPLY_COUNT = 6,         ///< count (of a revoked lease: keys deleted)
  CONCLAVE_REPLY_STATUS = 7,        ///< status
  CONCLAVE_REPLY_MEMBERS = 8,       ///< members
  CONCLAVE_REPLY_HASH = 9,          ///< hash
  CONCLAVE_REPLY_ACKNOWLEDGED = 10  ///< only the header
} conclave_reply_kind;

/// Who answered, and how far its store was.
typedef struct conclave_header {
  uint64_t cluster;            ///< the id of the cluster
  conclave_member_id member;   ///< who answered
  conclave_member_id leader;   ///< 0: none known
  uint64_t term;               ///< counts leaders
  conclave_revision revision;  ///< of a write: the revision it made
} conclave_header;

/// A key as it was at a revision.
typedef struct conclave_kv {
  conclave_bytes key;                 ///< its name
  conclave_bytes value;               ///< empty if it was not asked for
  conclave_revision create_revision;  ///< made it
  conclave_revision mod_revision;     ///< changed it last
  uint64_t version;                   ///< counts its changes, from 1
  conclave_lease_id lease;            ///< it hangs on; 0: none
} conclave_kv;

/// A lease as the servers see it.
typedef struct conclave_lease_info {
  conclave_lease_id id;        ///< its id
  int64_t granted_ms;          ///< its TTL
  int64_t remaining_ms;        ///< of a grant or renewal: the TTL; 0 after a renewal: no such lease, or dead
  const char* owner;           ///< as who granted it said
  const char* note;            ///< as who granted it said
  bool session;                ///< it is a client's session
  uint64_t key_count;          ///< keys that hang on it
  const conclave_bytes* keys;  ///< keys_size of them, if they were asked for
  size_t keys_size;            ///< how many keys
} conclave_lease_info;

/// A member of the cluster.
typedef struct conclave_member {
  conclave_member_id id;       ///< its id
  const char* name;            ///< its name
  const char* peer_address;    ///< HOST:PORT for the other members
  const char* client_address;  ///< HOST:PORT for clients
  bool voter;                  ///< false: it only learns
} conclave_member;

/// How a member is.
typedef struct conclave_status {
  const char* name;             ///< of the member
  const char* role;             ///< follower, pre-candidate, candidate, leader, learner
  const char* version;          ///< of the server program
  conclave_member_id member;    ///< its id
  conclave_member_id leader;    ///< 0: none known
  uint64_t cluster;             ///< the id of the cluster
  uint64_t term;                ///< counts leaders
  uint64_t index;               ///< last entry of its log
  uint64_t committed;           ///< last entry known to be committed
  uint64_t applied;             ///< last entry applied
  uint64_t durable;             ///< last entry that is safe on its disk
  conclave_revision revision;   ///< of its store
  conclave_revision compacted;  ///< the oldest revision is the next one
  uint64_t db_size;             ///< bytes on disk
  uint64_t data_bytes;          ///< bytes of keys and values
  uint64_t key_count;           ///< keys there are
  uint64_t lease_count;         ///< leases there are, sessions included
  uint64_t watch_count;         ///< watches that it serves
  uint64_t connection_count;    ///< clients connected to it
  int64_t cluster_time_ms;      ///< the clock of leases; it stands still while there is no leader
  uint64_t machine_version;     ///< which rules the replicated state follows
  const char* const* alarms;    ///< alarms_size texts
  size_t alarms_size;           ///< how many alarms
} conclave_status;

/// A checksum of a member's state.
typedef struct conclave_hash {
  uint64_t applied;            ///< the last entry in it
  conclave_revision revision;  ///< of the state
  uint64_t hash;               ///< equal on all members at the same applied index
} conclave_hash;

/// Ends a reply that a blocking function gave, or that was kept.
CONCLAVE_API void conclave_reply_free(conclave_reply* reply);
/// For callbacks: the reply lives on after the callback, and is yours.
CONCLAVE_API conclave_reply* conclave_reply_keep(const conclave_reply* reply);

/// What kind of answer it is; 0 of NULL.
CONCLAVE_API conclave_reply_kind conclave_reply_kind_of(const conclave_reply* reply);
/// Who answered. NULL only of NULL.
CONCLAVE_API const conclave_header* conclave_reply_header(const conclave_reply* reply);
/// How many kvs there are.
CONCLAVE_API size_t conclave_reply_kvs(const conclave_reply* reply);
/// One of them; NULL beyond the end.
CONCLAVE_API const conclave_kv* conclave_reply_kv(const conclave_reply* reply, size_t position);
/// Of a range: keys that match, limits left aside. Of a deletion: keys deleted.
CONCLAVE_API uint64_t conclave_reply_count(const conclave_reply* reply);
/// Whether limits cut the answer.
CONCLAVE_API bool conclave_reply_more(const conclave_reply* reply);
/// Where to go on when there is more; read on at conclave_reply_header()->revision.
CONCLAVE_API conclave_bytes conclave_reply_next_key(const conclave_reply* reply);
/// Of a put with `sequence`: the completed key.
CONCLAVE_API conclave_bytes conclave_reply_key(const conclave_reply* reply);
/// Of a transaction: whether its conditions held.
CONCLAVE_API bool conclave_reply_succeeded(const conclave_reply* reply);
/// Of a transaction: how many operations were carried out.
CONCLAVE_API size_t conclave_reply_results(const conclave_reply* reply);
/// The answer of one of them, which belongs to this reply (do not free it); NULL beyond the end.
CONCLAVE_API const conclave_reply* conclave_reply_result(const conclave_reply* reply, size_t position);
/// How many leases there are.
CONCLAVE_API size_t conclave_reply_leases(const conclave_reply* reply);
/// One of them; NULL beyond the end.
CONCLAVE_API const conclave_lease_info* conclave_reply_lease(const conclave_reply* reply, size_t position);
/// Of a list that is cut: where it goes on.
CONCLAVE_API conclave_lease_id conclave_reply_next_lease(const conclave_reply* reply);
/// How a member is; NULL of another kind.
CONCLAVE_API const conclave_status* conclave_reply_status(const conclave_reply* reply);
/// How many members there are.
CONCLAVE_API size_t conclave_reply_members(const conclave_reply* reply);
/// One of them; NULL beyond the end.
CONCLAVE_API const conclave_member* conclave_reply_member(const conclave_reply* reply, size_t position);
/// The checksum; NULL of another kind.
CONCLAVE_API const conclave_hash* conclave_reply_hash(const conclave_reply* reply);

/// How a request ended. `reply` is NULL if it failed; both are borrowed until the callback returns.
typedef void (*conclave_reply_callback)(void* user, const conclave_error* error, const conclave_reply* reply);

#ifdef __cplusplus
}
#endif

#endif
