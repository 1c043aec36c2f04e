#include "conclave/c/lease.h"

#include "client.hpp"

using conclave::LeaseId;
using conclave::Read;
using conclave::Request;
using conclave::Write;
using conclave::c::Arguments;
using conclave::c::blocking;
using conclave::c::starting;

namespace {

Request grant(Arguments& in, std::int64_t ttl_ms, const conclave_lease_options* given) {
  const conclave_lease_options options = in.options(given);
  in.require(options.on_state == nullptr, "on_state of a lease that nobody keeps");
  return Write{Write::LeaseGrant{LeaseId(options.id), std::chrono::milliseconds(ttl_ms), Arguments::text(options.owner),
                                 Arguments::text(options.note)},
               {}};
}

Request revoke(conclave_lease_id id) { return Write{Write::LeaseRevoke{LeaseId(id)}, {}}; }

Request renew(Arguments& in, const conclave_lease_id* ids, std::size_t size) {
  in.require(ids != nullptr || size == 0, "ids is NULL and has a size");
  Write::LeaseRenew body;
  for (std::size_t i = 0; ids != nullptr && i < size; ++i) body.ids.emplace_back(ids[i]);
  return Write{std::move(body), {}};
}

Request time_to_live(conclave_lease_id id, bool with_keys) {
  return Read{Read::LeaseTimeToLive{LeaseId(id), with_keys}, conclave::Consistency::linearizable, {}, {}, {}};
}

Request list(conclave_lease_id from) {
  return Read{Read::LeaseList{LeaseId(from), 0}, conclave::Consistency::linearizable, {}, {}, {}};
}

}  // namespace

extern "C" {

conclave_code conclave_lease_grant(conclave_client* client, int64_t ttl_ms, const conclave_lease_options* options,
                                   int64_t timeout_ms, conclave_reply** reply, conclave_error* error) {
  return blocking(client, timeout_ms, reply, error, [&](Arguments& in) { return grant(in, ttl_ms, options); });
}
conclave_code conclave_lease_grant_async(conclave_client* client, int64_t ttl_ms, const conclave_lease_options* options,
                                         int64_t timeout_ms, conclave_reply_callback done, void* user) {
  return starting(client, timeout_ms, done, user, [&](Arguments& in) { return grant(in, ttl_ms, options); });
}
conclave_code conclave_lease_revoke(conclave_client* client, conclave_lease_id id, int64_t timeout_ms, conclave_reply** reply,
                                    conclave_error* error) {
  return blocking(client, timeout_ms, reply, error, [&](Arguments&) { return revoke(id); });
}
conclave_code conclave_lease_revoke_async(conclave_client* client, conclave_lease_id id, int64_t timeout_ms,
                                          conclave_reply_callback done, void* user) {
  return starting(client, timeout_ms, done, user, [&](Arguments&) { return revoke(id); });
}
conclave_code conclave_lease_renew(conclave_client* client, const conclave_lease_id* ids, size_t ids_size, int64_t timeout_ms,
                                   conclave_reply** reply, conclave_error* error) {
  return blocking(client, timeout_ms, reply, error, [&](Arguments& in) { return renew(in, ids, ids_size); });
}
conclave_code conclave_lease_renew_async(conclave_client* client, const conclave_lease_id* ids, size_t ids_size, int64_t timeout_ms,
                                         conclave_reply_callback done, void* user) {
  return starting(client, timeout_ms, done, user, [&](Arguments& in) { return renew(in, ids, ids_size); });
}
conclave_code conclave_lease_time_to_live(conclave_client* client, conclave_lease_id id, bool with_keys, int64_t timeout_ms,
                                          conclave_reply** reply, conclave_error* error) {
  return blocking(client, timeout_ms, reply, error, [&](Arguments&) { return time_to_live(id, with_keys); });
}
conclave_code conclave_lease_time_to_live_async(conclave_client* client, conclave_lease_id id, bool with_keys, int64_t timeout_ms,
                                                conclave_reply_callback done, void* user) {
  return starting(client, timeout_ms, done, user, [&](Arguments&) { return time_to_live(id, with_keys); });
}
conclave_code conclave_lease_list(conclave_client* client, conclave_lease_id from, int64_t timeout_ms, conclave_reply** reply,
                                  conclave_error* error) {
  return blocking(client, timeout_ms, reply, error, [&](Arguments&) { return list(from); });
}
conclave_code conclave_lease_list_async(conclave_client* client, conclave_lease_id from, int64_t timeout_ms,
                                        conclave_reply_callback done, void* user) {
  return starting(client, timeout_ms, done, user, [&](Arguments&) { return list(from); });
}

}  // extern "C"
