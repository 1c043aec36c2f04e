#include "kv.hpp"

#include "client.hpp"

namespace conclave::c {

PutOp put_op(Arguments& in, conclave_bytes key, conclave_bytes value, const conclave_put_options& options) {
  PutOp op;
  op.key = in.bytes(key, "the key");
  op.value = in.bytes(value, "the value");
  op.lease = LeaseId(options.lease);
  op.want_previous = options.want_previous;
  op.ignore_value = options.ignore_value;
  op.ignore_lease = options.ignore_lease;
  op.sequence = options.sequence;
  return op;
}

RangeOp range_op(Arguments& in, const conclave_keys& keys, const conclave_range_options& options) {
  RangeOp op;
  op.keys = in.keys(keys);
  op.at = Revision(options.at);
  op.limit = options.limit;
  op.limit_bytes = options.limit_bytes;
  op.keys_only = options.keys_only;
  op.count_only = options.count_only;
  op.sort_target = in.choice<SortTarget>(options.sort, CONCLAVE_SORT_VALUE, "an unknown order");
  op.sort_order = options.descending ? SortOrder::descending : SortOrder::ascending;
  op.min_mod = Revision(options.min_mod);
  op.max_mod = Revision(options.max_mod);
  op.min_create = Revision(options.min_create);
  op.max_create = Revision(options.max_create);
  return op;
}

DeleteOp delete_op(Arguments& in, const conclave_keys& keys, const conclave_delete_options& options) {
  return {in.keys(keys), options.want_previous};
}

namespace {

Request put_request(Arguments& in, conclave_bytes key, conclave_bytes value, const conclave_put_options* given) {
  const conclave_put_options options = in.options(given);
  return Write{put_op(in, key, value, options), in.guards(options.guards, options.guards_size)};
}

Request range_request(Arguments& in, const conclave_keys& keys, const conclave_range_options* given) {
  const conclave_range_options options = in.options(given);
  in.require(options.age_ms >= 0, "age_ms is negative");
  return Read{
      range_op(in, keys, options), in.choice<Consistency>(options.consistency, CONCLAVE_AT_MOST_OLD, "an unknown consistency"),
      Revision(options.at_least), std::chrono::milliseconds(options.age_ms), in.guards(options.guards, options.guards_size)};
}

Request delete_request(Arguments& in, const conclave_keys& keys, const conclave_delete_options* given) {
  const conclave_delete_options options = in.options(given);
  return Write{delete_op(in, keys, options), in.guards(options.guards, options.guards_size)};
}

}  // namespace
}  // namespace conclave::c

using conclave::c::Arguments;
using conclave::c::blocking;
using conclave::c::starting;

extern "C" {

conclave_code conclave_put(conclave_client* client, conclave_bytes key, conclave_bytes value, const conclave_put_options* options,
                           int64_t timeout_ms, conclave_reply** reply, conclave_error* error) {
  return blocking(client, timeout_ms, reply, error,
                  [&](Arguments& in) { return conclave::c::put_request(in, key, value, options); });
}
conclave_code conclave_put_async(conclave_client* client, conclave_bytes key, conclave_bytes value,
                                 const conclave_put_options* options, int64_t timeout_ms, conclave_reply_callback done,
                                 void* user) {
  return starting(client, timeout_ms, done, user, [&](Arguments& in) { return conclave::c::put_request(in, key, value, options); });
}

conclave_code conclave_get(conclave_client* client, conclave_bytes key, const conclave_range_options* options, int64_t timeout_ms,
                           conclave_reply** reply, conclave_error* error) {
  return conclave_range(client, conclave_one(key), options, timeout_ms, reply, error);
}
conclave_code conclave_get_async(conclave_client* client, conclave_bytes key, const conclave_range_options* options,
                                 int64_t timeout_ms, conclave_reply_callback done, void* user) {
  return conclave_range_async(client, conclave_one(key), options, timeout_ms, done, user);
}

conclave_code conclave_range(conclave_client* client, conclave_keys keys, const conclave_range_options* options, int64_t timeout_ms,
                             conclave_reply** reply, conclave_error* error) {
  return blocking(client, timeout_ms, reply, error, [&](Arguments& in) { return conclave::c::range_request(in, keys, options); });
}
conclave_code conclave_range_async(conclave_client* client, conclave_keys keys, const conclave_range_options* options,
                                   int64_t timeout_ms, conclave_reply_callback done, void* user) {
  return starting(client, timeout_ms, done, user, [&](Arguments& in) { return conclave::c::range_request(in, keys, options); });
}

conclave_code conclave_delete(conclave_client* client, conclave_keys keys, const conclave_delete_options* options,
                              int64_t timeout_ms, conclave_reply** reply, conclave_error* error) {
  return blocking(client, timeout_ms, reply, error, [&](Arguments& in) { return conclave::c::delete_request(in, keys, options); });
}
conclave_code conclave_delete_async(conclave_client* client, conclave_keys keys, const conclave_delete_options* options,
                                    int64_t timeout_ms, conclave_reply_callback done, void* user) {
  return starting(client, timeout_ms, done, user, [&](Arguments& in) { return conclave::c::delete_request(in, keys, options); });
}

}  // extern "C"
