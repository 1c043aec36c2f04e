/// @file
/// Leases: keys hang on them and go when they end, because they were revoked or because nobody renewed them.
#ifndef CONCLAVE_C_LEASE_H
#define CONCLAVE_C_LEASE_H

#include "conclave/c/client.h"
#include "conclave/c/reply.h"

#ifdef __cplusplus
extern "C" {
#endif

/// How safe a kept lease is, judged by this machine's clock alone.
typedef enum conclave_lease_state CONCLAVE_ENUM {
  CONCLAVE_LEASE_ALIVE = 0,
  CONCLAVE_LEASE_JEOPARDY = 1,  ///< no renewal was acknowledged for half a TTL
  CONCLAVE_LEASE_LOST = 2       ///< stop what depends on it: the servers may give it to another from now on
} conclave_lease_state;

/// Told whenever the state of a kept lease changes. Nothing follows CONCLAVE_LEASE_LOST.
typedef void (*conclave_lease_callback)(void* user, conclave_lease_state state);

/// A lease that this client keeps alive. Its state lies on the safe side of the servers' as long as clocks drift apart by less than
/// 0.1 %.
typedef struct conclave_lease conclave_lease;

/// What others see, and who is told.
typedef struct conclave_lease_options {
  size_t struct_size;                ///< set by CONCLAVE_LEASE_OPTIONS
  const char* owner;                 ///< shown to others, at most 256 bytes
  const char* note;                  ///< shown to others, at most 256 bytes
  conclave_lease_id id;              ///< only conclave_lease_grant: a chosen id; 0: the server chooses
  conclave_lease_callback on_state;  ///< only conclave_lease_open; may be NULL
  void* user;                        ///< for on_state
} conclave_lease_options;
/// Defaults for conclave_lease_options.
#define CONCLAVE_LEASE_OPTIONS CONCLAVE_OPTIONS_OF(conclave_lease_options)

/// How conclave_lease_open_async ended; the lease is yours, and NULL if it failed.
typedef void (*conclave_lease_open_callback)(void* user, const conclave_error* error, conclave_lease* lease);

/// Grants a lease of `ttl_ms` (at least 2,000) and keeps it alive until the handle is freed, revoked or released.
CONCLAVE_API conclave_code conclave_lease_open(conclave_client* client, int64_t ttl_ms, const conclave_lease_options* options,
                                               int64_t timeout_ms, conclave_lease** lease, conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_lease_open_async(conclave_client* client, int64_t ttl_ms, const conclave_lease_options* options,
                                                     int64_t timeout_ms, conclave_lease_open_callback done, void* user);
/// Revokes it, without waiting for that, and ends the handle. A lease that was released or cannot be revoked now runs out. Freeing
/// the client does the same to all of them.
CONCLAVE_API void conclave_lease_free(conclave_lease* lease);
/// Its id.
CONCLAVE_API conclave_lease_id conclave_lease_id_of(const conclave_lease* lease);
/// Its TTL.
CONCLAVE_API int64_t conclave_lease_ttl_ms(const conclave_lease* lease);
/// How safe it is now.
CONCLAVE_API conclave_lease_state conclave_lease_state_of(const conclave_lease* lease);
/// For how long it is certainly alive if nothing more is heard; negative once lost. Ask right before what depends on it.
CONCLAVE_API int64_t conclave_lease_certain_for_ms(const conclave_lease* lease);
/// Stops renewing it and lets it run out; the handle is a husk then.
CONCLAVE_API void conclave_lease_release(conclave_lease* lease);

/// Grants a lease that nobody renews. The reply has one lease, with id and TTL.
CONCLAVE_API conclave_code conclave_lease_grant(conclave_client* client, int64_t ttl_ms, const conclave_lease_options* options,
                                                int64_t timeout_ms, conclave_reply** reply, conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_lease_grant_async(conclave_client* client, int64_t ttl_ms,
                                                      const conclave_lease_options* options, int64_t timeout_ms,
                                                      conclave_reply_callback done, void* user);
/// Ends a lease, kept or not, with all keys that hang on it. The reply's kind is CONCLAVE_REPLY_COUNT.
CONCLAVE_API conclave_code conclave_lease_revoke(conclave_client* client, conclave_lease_id id, int64_t timeout_ms,
                                                 conclave_reply** reply, conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_lease_revoke_async(conclave_client* client, conclave_lease_id id, int64_t timeout_ms,
                                                       conclave_reply_callback done, void* user);
/// Renews leases once. The reply has one lease for each; remaining_ms 0: there is no such lease any more.
CONCLAVE_API conclave_code conclave_lease_renew(conclave_client* client, const conclave_lease_id* ids, size_t ids_size,
                                                int64_t timeout_ms, conclave_reply** reply, conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_lease_renew_async(conclave_client* client, const conclave_lease_id* ids, size_t ids_size,
                                                      int64_t timeout_ms, conclave_reply_callback done, void* user);
/// How long a lease still has, and (`with_keys`) which keys hang on it. The reply has one lease.
CONCLAVE_API conclave_code conclave_lease_time_to_live(conclave_client* client, conclave_lease_id id, bool with_keys,
                                                       int64_t timeout_ms, conclave_reply** reply, conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_lease_time_to_live_async(conclave_client* client, conclave_lease_id id, bool with_keys,
                                                             int64_t timeout_ms, conclave_reply_callback done, void* user);
/// One page of all leases, from the id `from` on. When conclave_reply_more, the next page starts at conclave_reply_next_lease.
CONCLAVE_API conclave_code conclave_lease_list(conclave_client* client, conclave_lease_id from, int64_t timeout_ms,
                                               conclave_reply** reply, conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_lease_list_async(conclave_client* client, conclave_lease_id from, int64_t timeout_ms,
                                                     conclave_reply_callback done, void* user);

#ifdef __cplusplus
}
#endif

#endif
