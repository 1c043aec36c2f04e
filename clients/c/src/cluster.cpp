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
auto member_add(const char* name, const char* peer_address) {
  return [=](Arguments& in) -> Request {
    in.require(name != nullptr, "name is NULL");
    in.require(peer_address != nullptr, "peer_address is NULL");
    return Ask{Ask::MemberAdd{Arguments::text(name), Arguments::text(peer_address)}};
  };
}
auto member_remove(const char* name) {
  return [=](Arguments& in) -> Request {
    in.require(name != nullptr, "name is NULL");
    return Ask{Ask::MemberRemove{Arguments::text(name)}};
  };
}
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
conclave_code conclave_cluster_member_add(conclave_client* client, const char* name, const char* peer_address, int64_t timeout_ms,
                                          conclave_reply** reply, conclave_error* error) {
  return blocking(client, timeout_ms, reply, error, member_add(name, peer_address));
}
conclave_code conclave_cluster_member_add_async(conclave_client* client, const char* name, const char* peer_address,
                                                int64_t timeout_ms, conclave_reply_callback done, void* user) {
  return starting(client, timeout_ms, done, user, member_add(name, peer_address));
}
conclave_code conclave_cluster_member_remove(conclave_client* client, const char* name, int64_t timeout_ms, conclave_reply** reply,
                                             conclave_error* error) {
  return blocking(client, timeout_ms, reply, error, member_remove(name));
}
conclave_code conclave_cluster_member_remove_async(conclave_client* client, const char* name, int64_t timeout_ms,
                                                   conclave_reply_callback done, void* user) {
  return starting(client, timeout_ms, done, user, member_remove(name));
}

}  // extern "C"
