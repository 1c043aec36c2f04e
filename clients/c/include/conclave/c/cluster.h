/// @file
/// The cluster itself: how it is, and what an operator asks of it.
#ifndef CONCLAVE_C_CLUSTER_H
#define CONCLAVE_C_CLUSTER_H

#include "conclave/c/client.h"
#include "conclave/c/reply.h"

#ifdef __cplusplus
extern "C" {
#endif

/// How the member is that this client is connected to. The reply's kind is CONCLAVE_REPLY_STATUS.
CONCLAVE_API conclave_code conclave_cluster_status(conclave_client* client, int64_t timeout_ms, conclave_reply** reply,
                                                   conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_cluster_status_async(conclave_client* client, int64_t timeout_ms, conclave_reply_callback done,
                                                         void* user);
/// Who belongs to the cluster. The reply's kind is CONCLAVE_REPLY_MEMBERS.
CONCLAVE_API conclave_code conclave_cluster_members(conclave_client* client, int64_t timeout_ms, conclave_reply** reply,
                                                    conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_cluster_members_async(conclave_client* client, int64_t timeout_ms, conclave_reply_callback done,
                                                          void* user);
/// A checksum of the member's state. The reply's kind is CONCLAVE_REPLY_HASH.
CONCLAVE_API conclave_code conclave_cluster_hash(conclave_client* client, int64_t timeout_ms, conclave_reply** reply,
                                                 conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_cluster_hash_async(conclave_client* client, int64_t timeout_ms, conclave_reply_callback done,
                                                       void* user);
/// Forgets the history up to and including `revision`; keys that exist stay. The reply's kind is CONCLAVE_REPLY_ACKNOWLEDGED.
CONCLAVE_API conclave_code conclave_cluster_compact(conclave_client* client, conclave_revision revision, int64_t timeout_ms,
                                                    conclave_reply** reply, conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_cluster_compact_async(conclave_client* client, conclave_revision revision, int64_t timeout_ms,
                                                          conclave_reply_callback done, void* user);
/// Hands the leadership to another member; `to` 0: the most caught-up other voter. The reply's kind is CONCLAVE_REPLY_ACKNOWLEDGED.
CONCLAVE_API conclave_code conclave_cluster_move_leader(conclave_client* client, conclave_member_id to, int64_t timeout_ms,
                                                        conclave_reply** reply, conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_cluster_move_leader_async(conclave_client* client, conclave_member_id to, int64_t timeout_ms,
                                                              conclave_reply_callback done, void* user);
/// Adds a member that the others will reach at `peer_address` (HOST:PORT). It learns first and votes when it has caught up. The
/// reply's kind is CONCLAVE_REPLY_ACKNOWLEDGED.
CONCLAVE_API conclave_code conclave_cluster_member_add(conclave_client* client, const char* name, const char* peer_address,
                                                       int64_t timeout_ms, conclave_reply** reply, conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_cluster_member_add_async(conclave_client* client, const char* name, const char* peer_address,
                                                             int64_t timeout_ms, conclave_reply_callback done, void* user);
/// Removes a member. The reply's kind is CONCLAVE_REPLY_ACKNOWLEDGED.
CONCLAVE_API conclave_code conclave_cluster_member_remove(conclave_client* client, const char* name, int64_t timeout_ms,
                                                          conclave_reply** reply, conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_cluster_member_remove_async(conclave_client* client, const char* name, int64_t timeout_ms,
                                                                conclave_reply_callback done, void* user);

#ifdef __cplusplus
}
#endif

#endif
