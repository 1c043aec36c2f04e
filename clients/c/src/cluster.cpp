#include "conclave/c/cluster.h"

#include "client.hpp"

using conclave::Ask;
using conclave::Request;
using conclave::Write;
using conclave::c::Arguments;
using conclave::c::blocking;
using conclave::c::starting;

namespace {
Request status(Arguments&) { return Ask{Ask::Status{}}; }
Request members(Arguments&) { return Ask{Ask::MemberList{}}; }
Request hash(Arguments&) { return Ask{Ask::Hash{}}; }
Request compact(conclave_revision revision) { return Write{Write::Compact{conclave::Revision(revision)}, {}}; }
Request move_leader(conclave_member_id to) { return Ask{Ask::MoveLeader{conclave::MemberId(to)}}; }
}  // namespace

extern "C" {

conclave_code conclave_cluster_status(conclave_client* client, int64_t timeout_ms, conclave_reply** reply, conclave_error* error) {
  return blocking(client, timeout_ms, reply, error, status);
}
conclave_code conclave_cluster_status_async(conclave_client* client, int64_t timeout_ms, conclave_reply_callback done, void* user) {
  return starting(client, timeout_ms, done, user, status);
}
conclave_code conclave_cluster_members(conclave_client* client, int64_t timeout_ms, conclave_reply** reply, conclave_error* error) {
  return blocking(client, timeout_ms, reply, error, members);
}
conclave_code conclave_cluster_members_async(conclave_client* client, int64_t timeout_ms, conclave_reply_callback done,
                                             void* user) {
  return starting(client, timeout_ms, done, user, members);
}
conclave_code conclave_cluster_hash(conclave_client* client, int64_t timeout_ms, conclave_reply** reply, conclave_error* error) {
  return blocking(client, timeout_ms, reply, error, hash);
}
conclave_code conclave_cluster_hash_async(conclave_client* client, int64_t timeout_ms, conclave_reply_callback done, void* user) {
  return starting(client, timeout_ms, done, user, hash);
}
conclave_code conclave_cluster_compact(conclave_client* client, conclave_revision revision, int64_t timeout_ms,
                                       conclave_reply** reply, conclave_error* error) {
  return blocking(client, timeout_ms, reply, error, [&](Arguments&) { return compact(revision); });
}
conclave_code conclave_cluster_compact_async(conclave_client* client, conclave_revision revision, int64_t timeout_ms,
                                             conclave_reply_callback done, void* user) {
  return starting(client, timeout_ms, done, user, [&](Arguments&) { return compact(revision); });
}
conclave_code conclave_cluster_move_leader(conclave_client* client, conclave_member_id to, int64_t timeout_ms,
                                           conclave_reply** reply, conclave_error* error) {
  return blocking(client, timeout_ms, reply, error, [&](Arguments&) { return move_leader(to); });
}
conclave_code conclave_cluster_move_leader_async(conclave_client* client, conclave_member_id to, int64_t timeout_ms,
                                                 conclave_reply_callback done, void* user) {
  return starting(client, timeout_ms, done, user, [&](Arguments&) { return move_leader(to); });
}

}  // extern "C"
